package drills

import (
	"context"
	"errors"
	"fmt"
	"io"

	"lightsout/actors/drill"
	"lightsout/gateway"
	"lightsout/race"
)

// Limits of the folder of a drill on a server.
const (
	zipFile      = "folder.zip"
	zipPartBytes = 1 << 20   // that are kept, and sent, at once
	zipRecords   = 1_000_000 // of both logs together; longer logs are left out, and exported with the race
)

// leave keeps the folder of a drill that is judged, as a zip file.
func (d *Drills) leave(ctx context.Context, one *liveDrill, e *evidence, v *drill.Verdict) error {
	left := &leavings{
		began: one.began, traces: [2]*drill.Trace{e.trace, one.trace.Ended()}, info: &e.info, verdict: v, strikes: one.injector.Struck(), clock: one.injector.Began(),
	}
	if len(e.undisturbed.Records)+len(e.drilled.Records) <= zipRecords {
		left.logs = [2][]race.Record{e.undisturbed.Records, e.drilled.Records}
	}
	w := &partsWriter{keep: func(part []byte) error {
		return d.cfg.Store.KeepDrillPart(ctx, one.in.id, one.id, zipFile, part)
	}}
	err := writeZip(w, left.files(d.cfg.Version))
	if err == nil {
		err = w.flush()
	}
	if err != nil {
		return errors.Join(err, d.cfg.Store.DropDrillFile(ctx, one.in.id, one.id, zipFile))
	}
	return d.cfg.Store.DropDrillFile(ctx, one.in.id, one.id, strikesFile) // they are in the folder
}

// partsWriter keeps a file in parts.
type partsWriter struct {
	keep func(part []byte) error
	part []byte
}

// Write is part of io.Writer.
func (w *partsWriter) Write(p []byte) (int, error) {
	w.part = append(w.part, p...)
	if len(w.part) < zipPartBytes {
		return len(p), nil
	}
	return len(p), w.flush()
}

func (w *partsWriter) flush() error {
	if len(w.part) == 0 {
		return nil
	}
	err := w.keep(w.part)
	w.part = w.part[:0]
	return err
}

// Folder is what a drill that is over has left. A drill without a verdict has left a manifest and the strikes that are known.
func (d *Drills) Folder(ctx context.Context, id race.ID, number int) (*gateway.Download, error) {
	of, err := d.find(ctx, id, number)
	if err != nil {
		return nil, err
	}
	if !of.Folder {
		return nil, fmt.Errorf("drill %d of race %s is %s: it leaves a folder with the verdict at the end of the race: %w", number, id, of.Phase, race.ErrConflict)
	}
	write := func(ctx context.Context, w io.Writer) error {
		err := d.cfg.Store.WriteDrillFile(ctx, id, number, zipFile, w)
		if errors.Is(err, race.ErrNotFound) {
			return d.writeInterrupted(ctx, id, &of, w)
		}
		return err
	}
	return &gateway.Download{Name: fmt.Sprintf("%s-drill-%d.zip", id, number), MediaType: "application/zip", Write: write}, nil
}

// find is a drill as it was kept last.
func (d *Drills) find(ctx context.Context, id race.ID, number int) (keptDrill, error) {
	all, err := d.cfg.Store.Drills(ctx, id, false)
	if err != nil {
		return keptDrill{}, fmt.Errorf("read the drills of race %s: %w", id, err)
	}
	for _, of := range all {
		if of.Number == number {
			return readKept(of)
		}
	}
	return keptDrill{}, fmt.Errorf("drill %d of race %s: %w", number, id, race.ErrNotFound)
}

// writeInterrupted writes the folder of a drill that was never judged.
func (d *Drills) writeInterrupted(ctx context.Context, id race.ID, of *keptDrill, w io.Writer) error {
	m := newManifest(of.Scenario, of.StartedAt, d.cfg.Version)
	m.Files = map[string]string{strikesFile: "the strikes that are known, in the order in which they were made; the drill has no verdict: " + of.Text}
	strikes := func(w io.Writer) error {
		err := d.cfg.Store.WriteDrillFile(ctx, id, of.ID, strikesFile, w)
		if errors.Is(err, race.ErrNotFound) { // none was struck
			return nil
		}
		return err
	}
	return writeZip(w, []leftFile{{strikesFile, strikes}, {manifestFile, asJSON(m)}})
}
