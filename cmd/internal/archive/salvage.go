package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"lightsout/cmd/internal/cli"
	"lightsout/race"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

// Salvage saves what can be read of a damaged file into a new one, and derives the rest from the saved logs.
func Salvage(ctx context.Context, damaged, path string, status io.Writer) (*sqlite.Salvaged, error) {
	saved, err := sqlite.Salvage(ctx, damaged, path, transport.Codec{}, func(what string) { fmt.Fprintln(status, "saving "+what) })
	if err != nil {
		return nil, asSalvageInput(err)
	}
	log := slog.New(slog.DiscardHandler)
	store, err := sqlite.Open(path, transport.Codec{}, log)
	if err != nil {
		return nil, err
	}
	fmt.Fprintln(status, "working out what follows from the logs")
	lagging, err := store.Lagging(ctx)
	if err == nil {
		err = CatchUp(ctx, store, lagging, log)
	}
	if err == nil {
		err = compareResults(ctx, store, saved)
	}
	return saved, errors.Join(err, store.Close())
}

func asSalvageInput(err error) error {
	if errors.Is(err, race.ErrConflict) {
		return cli.BadInput("%w", err)
	}
	return err
}

// compareResults compares the results that follow from the saved logs with the stored ones: a difference is damage that no checksum found.
func compareResults(ctx context.Context, store *sqlite.Store, saved *sqlite.Salvaged) error {
	for i := range saved.Races {
		r := &saved.Races[i]
		if _, err := Settled(ctx, store, r.ID); err != nil {
			return err
		}
		versions, err := store.Versions(ctx, r.ID)
		if err != nil {
			return err
		}
		for _, v := range versions {
			if was, known := r.Hashes[v.Version]; known && was != v.StateHash {
				r.Notes = append(r.Notes, fmt.Sprintf("version %d of its result is not what was kept: its log is damaged where no check sees it", v.Version))
			}
		}
	}
	return nil
}
