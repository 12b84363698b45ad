package archive

import (
	"context"
	"errors"
	"io"

	"lightsout/cmd/internal/cli"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

// Checked is what Check found.
type Checked struct {
	File  string        `json:"file"`
	Sound bool          `json:"sound"`
	Flaws []sqlite.Flaw `json:"flaws"`
	Notes []sqlite.Flaw `json:"notes"` // no damage
}

// Check looks for damage in a file. Its findings are in Checked; an error means that it could not look.
func Check(ctx context.Context, path string, status io.Writer) (*Checked, error) {
	found := &Checked{File: path, Flaws: []sqlite.Flaw{}, Notes: []sqlite.Flaw{}}
	store, err := sqlite.OpenForReading(path, transport.Codec{})
	if errors.Is(err, sqlite.ErrDamaged) {
		found.Flaws = append(found.Flaws, sqlite.Flaw{Text: err.Error()})
		return found, nil
	}
	if err != nil {
		return nil, cli.BadInput("%w", err)
	}
	defer store.Close() //nolint:errcheck // it was only read
	still, done, err := store.Still(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if found.Flaws, err = still.Check(ctx, cli.Bar(status, "looking through records and telemetry")); err != nil {
		return nil, err
	}
	if err := found.races(ctx, still, cli.Bar(status, "timing the races again")); err != nil {
		return nil, err
	}
	found.Sound = len(found.Flaws) == 0
	return found, nil
}
