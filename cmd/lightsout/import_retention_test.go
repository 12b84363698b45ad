package main

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lightsout/cmd/internal/archive"
	"lightsout/race"
	"lightsout/storage/sqlite"
)

// paused is a log that does something when half of it was read.
type paused struct {
	r    io.Reader
	half int
	do   func()
}

func (p *paused) Read(b []byte) (int, error) {
	if p.half <= 0 && p.do != nil {
		p.do()
		p.do = nil
	}
	n, err := p.r.Read(b[:min(len(b), 512)])
	p.half -= n
	return n, err
}

func TestImport_RetentionSparesARaceThatIsBeingImported(t *testing.T) {
	long(t)
	want := mustOpenStore(t, mustRaceFile(t, "--cars", "40", "--speed", "10000")) // at full speed it would be dated by race time, and end ahead of now
	id := race.ID("kart")
	log := mustLog(t, want, id)
	s := mustOpenStore(t, filepath.Join(t.TempDir(), "races.db"))
	policy := sqlite.Retention{Races: time.Nanosecond, Telemetry: time.Nanosecond, SizeBytes: 1}
	var did sqlite.Retained
	in := &paused{r: bytes.NewReader(log), half: len(log) / 2, do: func() {
		settled := make(chan error, 1)
		s.Settle(func(err error) { settled <- err })
		if err := <-settled; err != nil {
			t.Error(err)
		}
		var err error
		if did, err = s.Retain(context.Background(), policy); err != nil {
			t.Error(err)
		}
	}}
	if _, _, err := archive.ImportLog(context.Background(), s, in, ""); err != nil {
		t.Fatal(err)
	}
	if in.do != nil {
		t.Fatal("nothing was retained on the way")
	}
	if len(did.Races)+len(did.Telemetry) > 0 {
		t.Errorf("taken on the way: %+v", did)
	}
	if diff := cmp.Diff(mustReadAll(t, want, id), mustReadAll(t, s, id)); diff != "" {
		t.Errorf("the import is not whole:\n%s", diff)
	}
	did, err := s.Retain(context.Background(), policy)
	if diff := cmp.Diff([]race.ID{id}, did.Races); diff != "" || err != nil {
		t.Errorf("once it is there: %+v %v", did, err)
	}
}
