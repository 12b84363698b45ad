package archive

import (
	"context"
	"io"
	"log/slog"

	"lightsout/gateway"
	"lightsout/race"
	"lightsout/storage/export"
	"lightsout/storage/sqlite"
)

var _ gateway.Transfers = (*Transfers)(nil)

// Transfers exports and imports whole races of a server.
type Transfers struct {
	store      *sqlite.Store
	orderSoFar func(ctx context.Context, id race.ID) (race.Classification, error)
	log        *slog.Logger
}

// NewTransfers joins transfers to the store of a server; orderSoFar is the classification of a race without a result.
func NewTransfers(
	store *sqlite.Store, orderSoFar func(ctx context.Context, id race.ID) (race.Classification, error), log *slog.Logger,
) *Transfers {
	return &Transfers{store, orderSoFar, log}
}

// Export prepares the download of a race.
func (t *Transfers) Export(ctx context.Context, id race.ID, format, table string) (*gateway.Download, error) {
	if format == "" {
		format = export.CSV.String()
	}
	if format == logFormat && table != "" {
		return nil, &race.InvalidError{Faults: []race.Fault{{Field: "table", Message: "is given with format=log", Allowed: "csv, jsonl and parquet: a log is whole"}}}
	}
	f := ExportOptions{Format: format, Table: table}
	if err := checkExport(f); err != nil {
		return nil, err
	}
	e, err := export.New(ctx, t.store, id, export.Rules{Course: courseOf, OrderSoFar: t.orderSoFar})
	if err != nil {
		return nil, err
	}
	to := &target{flags: f, export: e, done: Exported{Race: id, Format: format}}
	as, _ := export.ParseFormat(format) // it was checked
	d := &gateway.Download{Name: fileName(id, format, table), MediaType: as.MediaType()}
	d.Write = func(ctx context.Context, w io.Writer) error { return to.single(ctx, as, w) }
	switch {
	case format == logFormat:
		d.MediaType = "application/vnd.lightsout.log"
	case table == "":
		d.Name, d.MediaType = string(id)+"-"+format+".zip", "application/zip"
		d.Write = func(ctx context.Context, w io.Writer) error { return to.zip(ctx, as, w) }
	}
	return d, nil
}

// ImportLog stores the race of a log.
func (t *Transfers) ImportLog(ctx context.Context, log io.Reader, id race.ID) (race.Summary, []string, error) {
	made, notes, err := ImportLog(ctx, t.store, log, id)
	if err == nil {
		t.log.Info("race imported", slog.String("race", string(made.Race.ID)))
	}
	return made, notes, err
}
