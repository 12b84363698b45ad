package sqlite_test

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lightsout/storage/sqlite"
	"lightsout/storage/storagetest"
	"lightsout/transport"
)

// flaky is a disk on which every 97th write breaks off in the middle and every seventh sync fails: a commit that is tried again has a chance.
type flaky struct {
	on            atomic.Bool
	writes, syncs atomic.Int64
	torn, failed  atomic.Int64
}

func (f *flaky) Write(n int) int {
	if f.on.Load() && f.writes.Add(1)%97 == 0 {
		f.torn.Add(1)
		return n / 2
	}
	return n
}

func (f *flaky) Sync() bool {
	if f.on.Load() && f.syncs.Add(1)%7 == 0 {
		f.failed.Add(1)
		return false
	}
	return true
}

// A disk that fails again and again delays commits. It changes nothing that is stored, neither seen through the store nor by the next one that
// opens the file.
func TestOpenOn_ADiskThatFailsOnlyDelays(t *testing.T) {
	var log bytes.Buffer
	file, disk := filepath.Join(t.TempDir(), "races.db"), &flaky{}
	s, err := sqlite.OpenOn(disk, file, transport.Codec{}, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	disk.on.Store(true)
	field := storagetest.Field{ID: "runs", Cars: 200}
	batches := field.Batches(150)
	if err := oneByOne(s, batches); err != nil {
		t.Fatal(err)
	}
	want := storagetest.MustRead(t, s, "runs", 0, 1<<20)
	disk.on.Store(false)
	if disk.torn.Load() == 0 || disk.failed.Load() == 0 || !strings.Contains(log.String(), "commits fail; races wait") || !strings.Contains(log.String(), "commits succeed again") {
		t.Errorf("%d writes broke off and %d syncs failed, and the log says %s", disk.torn.Load(), disk.failed.Load(), log.String())
	}
	mustClose(t, s)
	again := mustOpen(t, file)
	defer mustClose(t, again)
	if at := storagetest.MustLoad(t, again, "runs"); at.Count != batches[len(batches)-1].Count {
		t.Errorf("the file ends at %+v", at)
	}
	if got := storagetest.MustRead(t, again, "runs", 0, 1<<20); len(got) != len(want) || len(got) == 0 {
		t.Errorf("%d records, %d were seen before", len(got), len(want))
	}
	sound := mustOpen(t, filepath.Join(t.TempDir(), "sound.db"))
	defer mustClose(t, sound)
	if err := oneByOne(sound, field.Batches(150)); err != nil {
		t.Fatal(err)
	}
	if flaws, usual := mustCheck(t, again), mustCheck(t, sound); !cmp.Equal(flaws, usual) {
		t.Errorf("the file has flaws: %v; on a sound disk it has %v", flaws, usual)
	}
}

func TestContract_OnADiskThatFails(t *testing.T) {
	storagetest.Contract(t, func(t *testing.T) storagetest.Journal {
		disk := &flaky{}
		s, err := sqlite.OpenOn(disk, filepath.Join(t.TempDir(), "races.db"), transport.Codec{}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		disk.on.Store(true)
		return s
	})
}

func mustCheck(t *testing.T, s *sqlite.Store) []sqlite.Flaw {
	t.Helper()
	flaws, err := s.Check(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return flaws
}
