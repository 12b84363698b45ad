package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"lightsout/race"
)

// Flaw is a fault in the contents of a file.
type Flaw struct {
	Race race.ID `json:"race,omitempty"` // empty if it concerns the whole file
	Text string  `json:"text"`
}

// flawsMax is how many flaws of one kind are reported for a race.
const flawsMax = 20

// checker collects flaws.
type checker struct {
	*Store
	flaws       []Flaw
	done, total int64
	progress    func(done, total int64)
}

// Check verifies a file: SQLite's own integrity, that each log has no gaps and can be decoded, that each block of telemetry
// can be decoded and covers its ticks once, and that the tables agree with the log. It does not apply the rules to the log. It
// calls progress at intervals.
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
		c.flaw("", "the file cannot be checked: %v", err)
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
		c.flaw("", "rows without a race cannot be searched: %v", err)
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

// raceInfo is a race's row in the list of races.
type raceInfo struct {
	id                        race.ID
	name, kind, circuit       string
	cars, laps                int
	status                    race.Status
	lastSeq, lastCount, facts int64
	started, lastTick         int64
}

// slots bounds the cars that can have telemetry, even if the list is wrong.
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

// checkStrays looks for rows of races that are not in the list of races.
func (c *checker) checkStrays(ctx context.Context) error {
	for _, table := range ofRaces {
		err := each(ctx, c.read, func(r *sql.Rows) error {
			var id race.ID
			var n int64
			err := r.Scan(&id, &n)
			c.flaw(id, "it is not in the list of races, but %d rows of %s belong to it", n, table)
			return err
		}, "SELECT race, count(*) FROM "+table+" WHERE race <> '' AND race NOT IN (SELECT id FROM races) GROUP BY race")
		if err != nil {
			return err
		}
	}
	return nil
}
