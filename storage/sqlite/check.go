package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"lightsout/race"
)

// Flaw is something wrong with what a file holds.
type Flaw struct {
	Race race.ID `json:"race,omitempty"` // empty: it concerns the file
	Text string  `json:"text"`
}

// flawsMax is how many flaws of one kind of a race are told.
const flawsMax = 20

// checker looks for flaws.
type checker struct {
	*Store
	flaws       []Flaw
	done, total int64
	progress    func(done, total int64)
}

// Check looks whether the file is sound, each log is without gaps and can be read, each block of telemetry can be read, and
// what follows from the logs is kept. progress is called now and then.
func (s *Store) Check(ctx context.Context, progress func(done, total int64)) ([]Flaw, error) {
	c := &checker{Store: s, progress: progress, flaws: []Flaw{}}
	err := each(ctx, s.read, func(r *sql.Rows) error {
		var text string
		err := r.Scan(&text)
		if text != "ok" {
			c.flaw("", "%s", text)
		}
		return err
	}, "PRAGMA integrity_check(20)")
	if err != nil {
		c.flaw("", "the file cannot be looked through: %v", err)
		return c.flaws, ctx.Err()
	}
	err = s.read.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM records) + (SELECT count(*) FROM telemetry) + (SELECT count(*) FROM frames)").Scan(&c.total)
	if err != nil {
		c.flaw("", "rows cannot be counted: %v", err)
		return c.flaws, ctx.Err()
	}
	heads, err := s.heads(ctx)
	if err != nil {
		c.flaw("", "the list of races cannot be read: %v", err)
		return c.flaws, ctx.Err()
	}
	for _, h := range heads {
		for _, look := range []func(context.Context, head) error{c.checkLog, c.checkBlocks} {
			if err := look(ctx, h); err != nil {
				c.flaw(h.id, "it cannot be read: %v", err)
			}
		}
	}
	lagging, err := s.Lagging(ctx)
	if err != nil {
		c.flaw("", "what follows from the logs cannot be compared with them: %v", err)
	}
	for _, id := range lagging {
		c.flaw(id, "what follows from its log is not kept up to its end (`lightsout serve` catches up when it starts)")
	}
	return c.flaws, ctx.Err()
}

func (c *checker) flaw(id race.ID, format string, args ...any) {
	c.flaws = append(c.flaws, Flaw{Race: id, Text: fmt.Sprintf(format, args...)})
}

func (c *checker) step() {
	if c.done++; c.progress != nil && c.done%256 == 0 {
		c.progress(c.done, c.total)
	}
}

// head is what the list of races says of a race's log.
type head struct {
	id         race.ID
	last, cars int64
}

func (s *Store) heads(ctx context.Context) (out []head, err error) {
	err = each(ctx, s.read, func(r *sql.Rows) error {
		var h head
		err := r.Scan(&h.id, &h.last, &h.cars)
		out = append(out, h)
		return err
	}, "SELECT id, last_seq, cars FROM races ORDER BY created_at, id")
	return out, err
}

// checkLog looks for gaps and for records that cannot be read.
func (c *checker) checkLog(ctx context.Context, h head) error {
	next, told := int64(1), 0
	err := each(ctx, c.read, func(r *sql.Rows) error {
		c.step()
		var seq int64
		var body sql.RawBytes
		if err := r.Scan(&seq, &body); err != nil {
			return err
		}
		if seq != next {
			c.flaw(h.id, "records %d to %d are missing", next, seq-1)
		}
		next = seq + 1
		if body == nil || told >= flawsMax {
			return nil
		}
		if _, err := c.codec.DecodeRecord(body); err != nil {
			told++
			c.flaw(h.id, "record %d cannot be read: %v", seq, err)
		}
		return nil
	}, "SELECT seq, body FROM records WHERE race = ? ORDER BY seq", string(h.id))
	if err == nil && next <= h.last {
		c.flaw(h.id, "records %d to %d are missing", next, h.last)
	}
	return err
}

// checkBlocks looks for blocks that cannot be read, or that are not of the cars and ticks that they are kept under.
func (c *checker) checkBlocks(ctx context.Context, h head) error {
	told := 0
	look := func(where string, data []byte, want block, ticks int64) {
		c.step()
		b, err := c.decodeBlock(data)
		if err == nil && (b.first != want.first || b.tick != want.tick || int64(len(b.times)) != ticks || b.cars != want.cars) {
			err = errors.New("it is of other cars or ticks")
		}
		if err != nil && told < flawsMax {
			told++
			c.flaw(h.id, "telemetry of %s: %v", where, err)
		}
	}
	err := each(ctx, c.read, func(r *sql.Rows) error {
		var firstCar, lastCar, firstTick, lastTick int64
		var data sql.RawBytes
		if err := r.Scan(&firstCar, &lastCar, &firstTick, &lastTick, &data); err != nil {
			return err
		}
		look(fmt.Sprintf("cars %d to %d, ticks %d to %d", firstCar, lastCar, firstTick, lastTick), data,
			block{first: race.CarIdx(firstCar), cars: int(lastCar - firstCar + 1), tick: race.Tick(firstTick)}, lastTick-firstTick+1)
		return nil
	}, "SELECT first_car, last_car, first_tick, last_tick, data FROM telemetry WHERE race = ?", string(h.id))
	if err != nil {
		return err
	}
	return each(ctx, c.read, func(r *sql.Rows) error {
		var tick int64
		var data sql.RawBytes
		if err := r.Scan(&tick, &data); err != nil {
			return err
		}
		look(fmt.Sprintf("tick %d", tick), data, block{cars: int(h.cars), tick: race.Tick(tick)}, 1)
		return nil
	}, "SELECT tick, data FROM frames WHERE race = ?", string(h.id))
}
