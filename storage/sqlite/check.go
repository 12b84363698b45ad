package sqlite

import (
	"context"
	"database/sql"
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

// Check looks whether the file is sound: what SQLite wrote is whole, each log is without gaps and can be read, each block of
// telemetry can be read and is there once, and the tables say of a race what its log says. What a log means is not looked
// at. progress is called now and then.
func (s *Store) Check(ctx context.Context, progress func(done, total int64)) ([]Flaw, error) {
	still, done, err := s.Still(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	c := &checker{Store: still, progress: progress, flaws: []Flaw{}}
	err = each(ctx, c.read, func(r *sql.Rows) error {
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
	err = c.read.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM records) + (SELECT count(*) FROM telemetry) + (SELECT count(*) FROM frames)").Scan(&c.total)
	if err != nil {
		c.flaw("", "rows cannot be counted: %v", err)
		return c.flaws, ctx.Err()
	}
	heads, err := c.heads(ctx)
	if err != nil {
		c.flaw("", "the list of races cannot be read: %v", err)
		return c.flaws, ctx.Err()
	}
	for _, h := range heads {
		for _, look := range []func(context.Context, raceInfo) error{c.checkLog, c.checkTelemetry, c.checkRows} {
			if err := look(ctx, h); err != nil {
				c.flaw(h.id, "it cannot be read: %v", err)
			}
		}
	}
	if err := c.checkStrays(ctx); err != nil {
		c.flaw("", "rows of no race cannot be looked for: %v", err)
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

// raceInfo is what the list of races says of a race.
type raceInfo struct {
	id                        race.ID
	name, kind, circuit       string
	cars, laps                int
	status                    race.Status
	lastSeq, lastCount, facts int64
	started, lastTick         int64
}

// slots is how many cars can have telemetry, whatever the list says.
func (h *raceInfo) slots() int { return min(max(h.cars, 0), race.CarsMax) }

func (s *Store) heads(ctx context.Context) (out []raceInfo, err error) {
	err = each(ctx, s.read, func(r *sql.Rows) error {
		var h raceInfo
		var status int
		err := r.Scan(&h.id, &h.name, &h.kind, &h.circuit, &h.cars, &h.laps, &status, &h.lastSeq, &h.lastCount, &h.facts,
			&h.started, &h.lastTick)
		h.status = race.Status(status)
		out = append(out, h)
		return err
	}, `SELECT id, name, kind, circuit, cars, laps, status, last_seq, last_count, facts_seq, started_at, last_tick
		FROM races ORDER BY created_at, id`)
	return out, err
}

// checkStrays looks for rows of races that are not in the list.
func (c *checker) checkStrays(ctx context.Context) error {
	for _, table := range ofRaces {
		err := each(ctx, c.read, func(r *sql.Rows) error {
			var id race.ID
			var n int64
			err := r.Scan(&id, &n)
			c.flaw(id, "it is not in the list of races, but %d rows of %s are of it", n, table)
			return err
		}, "SELECT race, count(*) FROM "+table+" WHERE race <> '' AND race NOT IN (SELECT id FROM races) GROUP BY race")
		if err != nil {
			return err
		}
	}
	return nil
}
