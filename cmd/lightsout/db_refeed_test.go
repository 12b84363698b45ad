package main

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"lightsout/cmd/internal/cli"
	"lightsout/race"
	"lightsout/storage/influx"
	"lightsout/storage/sqlite"
	"lightsout/storage/storagetest"
	"lightsout/transport"
)

func TestDBRefeed_ForgetsCursorsAndWhatWasRefused(t *testing.T) {
	const day = int64(24 * 3600e9)
	prepare := func(t *testing.T) (string, *sqlite.Store) {
		file := filepath.Join(t.TempDir(), "races.db")
		store, err := sqlite.Open(file, transport.Codec{}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		for i, id := range []race.ID{"old", "new"} {
			b := (storagetest.Field{ID: id, Cars: 3}).Info()
			b.Records[0].RecordedAt = 20_000*day + int64(i)*10*day // 2024-10-04 and ten days later
			storagetest.MustAppend(t, store, b)
			end, err := store.FeedEnd(t.Context(), id)
			if err = errors.Join(err, store.MoveCursor(t.Context(), influx.FeedName, id, end), store.DeadLetter(t.Context(), influx.FeedName, id, "p", "r")); err != nil {
				t.Fatal(err)
			}
		}
		if err := store.RegisterFeed(t.Context(), influx.FeedName); err != nil {
			t.Fatal(err)
		}
		return file, store
	}
	for args, want := range map[string]string{"old": "[old]", "all": "[old new]", "all --since 2024-10-10": "[new]", "all --since 2030-01-01T00:00:00Z": "[]"} {
		file, store := prepare(t)
		if _, _, err := command(t, append([]string{"db", "refeed", file}, strings.Fields(args)...)...); !errors.Is(err, cli.ErrBadInput) {
			t.Errorf("while a server has the file: %v", err)
		}
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
		if out, _, err := command(t, append([]string{"db", "refeed", file}, strings.Fields(args)...)...); err != nil || !strings.HasPrefix(out, fmt.Sprint(len(strings.Fields(want)))+" ") && want != "[]" {
			t.Errorf("%s: %v: %s", args, err, out)
		}
		after, err := sqlite.OpenForReading(file, transport.Codec{})
		if err != nil {
			t.Fatal(err)
		}
		unfed, err := after.Unfed(t.Context(), influx.FeedName)
		if err != nil || fmt.Sprint(unfed) != want {
			t.Errorf("%s: %v are to be fed, %v; expected %s", args, unfed, err, want)
		}
		for _, id := range []race.ID{"old", "new"} {
			left, err := after.Rejected(t.Context(), influx.FeedName, id, 10)
			if err != nil || (len(left) == 0) != strings.Contains(want, string(id)) {
				t.Errorf("%s: %d refused points of %s are left, %v", args, len(left), id, err)
			}
		}
		if err := after.Close(); err != nil {
			t.Fatal(err)
		}
	}
	file, store := prepare(t)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	for args, says := range map[string]string{"nobody": "race nobody: not found", "old --since 2024-10-10": "it means something for all", "all --since soon": `--since is "soon": allowed is a date`} {
		if _, _, err := command(t, append([]string{"db", "refeed", file}, strings.Fields(args)...)...); !errors.Is(err, cli.ErrBadInput) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, expected %q", args, err, says)
		}
	}
}
