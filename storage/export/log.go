package export

import (
	"context"
	"fmt"

	"lightsout/race"
)

// LogWriter writes a log file: records in order, frames between them, then samples, and finally Close.
type LogWriter interface {
	Record(r *race.Record) error
	Frame(f *race.Frame) error
	Samples(list []race.Sample) error
	Close() error
}

// Log writes the whole race in a fixed order: each frame before the first record of a later time, and the samples last. The
// same race always gives the same bytes.
func (e *Export) Log(ctx context.Context, w LogWriter) error {
	p := pager{e: e}
	err := e.src.Frames(ctx, e.id, 0, e.end.Tick, func(f *race.Frame) error {
		if err := p.write(ctx, w, f.Time); err != nil {
			return err
		}
		e.wrote()
		return w.Frame(f)
	})
	if err == nil {
		err = p.write(ctx, w, race.Micros(1<<63-1))
	}
	if err == nil {
		err = e.samples(ctx, w.Samples)
	}
	if err != nil {
		return err
	}
	return w.Close()
}

// pager reads a log page by page.
type pager struct {
	e     *Export
	page  []race.Record
	after race.Seq
}

// write writes the records before the first one of a later time.
func (p *pager) write(ctx context.Context, w LogWriter, until race.Micros) error {
	for p.after < p.e.end.Seq {
		if len(p.page) == 0 {
			var err error
			if p.page, err = p.e.src.Records(ctx, p.e.id, p.after, int(min(recordsPage, p.e.end.Seq-p.after))); err != nil {
				return fmt.Errorf("read the log of race %s: %w", p.e.id, err)
			}
			if len(p.page) == 0 {
				return fmt.Errorf("the log of race %s ends after record %d, %d were expected: %w", p.e.id, p.after, p.e.end.Seq, race.ErrNotFound)
			}
		}
		r := &p.page[0]
		if r.Time > until {
			return nil
		}
		if err := w.Record(r); err != nil {
			return err
		}
		p.page, p.after = p.page[1:], r.Seq
		p.e.wrote()
	}
	return nil
}
