package sqlite_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"lightsout/race"
	"lightsout/storage/sqlite"
	"lightsout/storage/storagetest"
)

func TestLimit_FeedContinuesWhileTheFileIsFullSoThatRetentionCanFreeSpace(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "races.db"))
	defer mustClose(t, s)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := s.RegisterFeed(ctx, "slow"); err != nil {
		t.Fatal(err)
	}
	overOf(t, s, "old", time.Hour, 500)
	if err := s.Limit(ctx, 1); err != nil {
		t.Fatal(err)
	}
	batches := (storagetest.Field{ID: "runs", Cars: 500}).Batches(350)
	written := make(chan error, 1)
	go func() { written <- oneByOne(s, batches) }()
	moved := make(chan error, 1)
	go func() { // fails first
		var err error
		for n := race.Tick(1); err == nil && s.Failing() == nil && ctx.Err() == nil; n++ {
			err = s.MoveCursor(ctx, "slow", "old", race.FeedCursor{Seq: 2, Tick: n, Count: 1})
		}
		moved <- err
	}()
	if err := <-moved; err != nil || s.Failing() == nil {
		t.Fatalf("a cursor waits for room: %v; the commits fail with %v", err, s.Failing())
	}
	if err := s.MoveCursor(ctx, "slow", "old", race.FeedCursor{Seq: 2, Tick: 300, Count: 302}); err != nil {
		t.Fatal(err)
	}
	if got := mustRetain(t, s, sqlite.Retention{Telemetry: time.Minute}); len(got.Telemetry) != 1 {
		t.Fatalf("%+v", got)
	}
	select {
	case err := <-written:
		if err != nil {
			t.Fatal(err)
		}
	case <-ctx.Done():
		t.Fatal("the race still waits after space was freed")
	}
}

// oneByOne appends each batch after the one before is durable, so that ticks are stored before their blocks.
func oneByOne(s *sqlite.Store, batches []*race.Batch) error {
	answer := make(chan error, 1)
	for _, b := range batches {
		s.Append(b, func(err error) { answer <- err })
		if err := <-answer; err != nil {
			return err
		}
	}
	return nil
}
