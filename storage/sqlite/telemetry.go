package sqlite

import (
	"context"
	"fmt"

	"lightsout/race"
	"lightsout/race/sabotage"
)

// gathering holds the frames of a race until they fill their blocks. Until then each frame is a row of the table frames, so
// that a commit writes little and loses nothing.
type gathering struct {
	race    race.ID
	frames  []*race.Frame
	written int // number of frames in the table
	touched bool
}

func (g *gathering) full() bool {
	n := len(g.frames)
	return n >= blockTicks || n > 0 && n*g.frames[0].Cars() >= blockSamples
}

// continues reports whether a frame is the next one of the same cars.
func (g *gathering) continues(f *race.Frame) bool {
	n := len(g.frames)
	return n == 0 || g.frames[n-1].Tick+1 == f.Tick && g.frames[n-1].Cars() == f.Cars() && g.frames[n-1].First == f.First
}

// frame adds a frame to its race's gathering.
func (w *txWriter) frame(ctx context.Context, id race.ID, f *race.Frame) error {
	if !whole(f) {
		return fmt.Errorf("its columns are not of one length: %w", race.ErrConflict)
	}
	g, err := w.gathering(ctx, id)
	if err != nil {
		return err
	}
	if !g.continues(f) {
		if err := w.closeBlocks(ctx, g); err != nil {
			return err
		}
	}
	g.frames = append(g.frames, f)
	if g.full() {
		return w.closeBlocks(ctx, g)
	}
	if !g.touched {
		g.touched = true
		w.touched = append(w.touched, g)
	}
	return nil
}

// gathering returns the gathering of a race; after a restart it reads the frames from the table.
func (w *txWriter) gathering(ctx context.Context, id race.ID) (*gathering, error) {
	if g := w.store.open[id]; g != nil {
		return g, nil
	}
	g := &gathering{race: id}
	list, err := w.store.openFrames(ctx, w.tx, id, 0, 1<<62, -1)
	if err != nil {
		return nil, err
	}
	for _, f := range list {
		if g.full() || !g.continues(f) {
			if err := w.closeBlocks(ctx, g); err != nil {
				return nil, err
			}
		}
		g.frames = append(g.frames, f)
		g.written++
	}
	w.store.open[id] = g
	return g, nil
}

// closeBlocks replaces single frames by blocks of a few cars each.
func (w *txWriter) closeBlocks(ctx context.Context, g *gathering) error {
	if n := len(g.frames); sabotage.On(sabotage.StoreBlock) && n > 1 {
		g.frames = g.frames[:n-1]
	}
	id, info := string(g.race), g.frames[0]
	first, last := int64(info.Tick), int64(g.frames[len(g.frames)-1].Tick)
	if g.written > 0 {
		if err := w.exec(ctx, "DELETE FROM frames WHERE race = ? AND tick BETWEEN ? AND ?", id, first, last); err != nil {
			return err
		}
	}
	raw, zipped := w.store.raw, w.store.zipped
	for from := 0; from < info.Cars(); from += blockCars {
		cars := min(blockCars, info.Cars()-from)
		raw = appendBlock(raw[:0], g.frames, from, cars)
		zipped = w.store.zip.EncodeAll(raw, zipped[:0])
		car := int64(info.First) + int64(from)
		err := w.exec(ctx, "INSERT OR REPLACE INTO telemetry VALUES (?,?,?,?,?,?)", id, car, car+int64(cars)-1, first, last, zipped)
		if err != nil {
			return err
		}
	}
	w.store.raw, w.store.zipped = raw, zipped
	g.frames, g.written = nil, 0
	return nil
}

// endTelemetry closes a race's last blocks.
func (w *txWriter) endTelemetry(ctx context.Context, id race.ID) error {
	g, err := w.gathering(ctx, id)
	if err != nil {
		return err
	}
	if len(g.frames) > 0 {
		if err := w.closeBlocks(ctx, g); err != nil {
			return err
		}
	}
	delete(w.store.open, id)
	return nil
}

// telemetry writes the commit's frames that are not in a block yet. They are not compressed: that would cost more than writing
// them, and blocks replace them soon.
func (w *txWriter) telemetry(ctx context.Context) error {
	for _, g := range w.touched {
		g.touched = false
		for i := g.written; i < len(g.frames); i++ {
			w.store.raw = appendBlock(w.store.raw[:0], g.frames[i:i+1], 0, g.frames[i].Cars())
			err := w.exec(ctx, "INSERT OR REPLACE INTO frames VALUES (?,?,?)", string(g.race), int64(g.frames[i].Tick), w.store.raw)
			if err != nil {
				return err
			}
		}
		g.written = len(g.frames)
	}
	return nil
}
