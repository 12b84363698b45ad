package main

import (
	"context"
	"io"
	"log/slog"

	"lightsout/gateway"
	"lightsout/race"
	"lightsout/storage/export"
)

var _ gateway.Transfers = (*app)(nil)

// Export says what a race is written as.
func (a *app) Export(ctx context.Context, id race.ID, format, table string) (*gateway.Download, error) {
	if format == "" {
		format = export.CSV.String()
	}
	if format == logFormat && table != "" {
		return nil, &race.InvalidError{Faults: []race.Fault{{Field: "table", Message: "is given with format=log", Allowed: "csv, jsonl and parquet: a log is whole"}}}
	}
	f := exportFlags{format: format, table: table}
	if err := checkExport(f); err != nil {
		return nil, err
	}
	e, err := export.New(ctx, a, id, courseOf)
	if err != nil {
		return nil, err
	}
	to := &target{flags: f, export: e, done: exported{Race: id, Format: format}}
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

// ImportLog makes the same race of a log.
func (a *app) ImportLog(ctx context.Context, log io.Reader, id race.ID) (race.Summary, []string, error) {
	made, notes, err := importLog(ctx, a.Store, log, id)
	if err == nil {
		a.log.Info("race imported", slog.String("race", string(made.Race.ID)))
	}
	return made, notes, err
}
