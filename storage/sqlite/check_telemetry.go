package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
)

// patch is the range of cars and ticks of a row of telemetry, both ends included.
type patch struct{ firstCar, lastCar, firstTick, lastTick int64 }

func (p patch) String() string {
	if p.firstTick == p.lastTick {
		return fmt.Sprintf("telemetry of cars %d to %d, tick %d", p.firstCar, p.lastCar, p.firstTick)
	}
	return fmt.Sprintf("telemetry of cars %d to %d, ticks %d to %d", p.firstCar, p.lastCar, p.firstTick, p.lastTick)
}

// telemetryChecker checks a race's telemetry.
type telemetryChecker struct {
	*checker
	info     raceInfo
	patches  []patch
	findings int // rows that cannot be decoded, or are outside the race
}

// checkTelemetry looks for blocks that cannot be decoded, that have other cars and ticks than their row or than the race, and
// for ticks that are stored twice or missing.
func (c *checker) checkTelemetry(ctx context.Context, h raceInfo) error {
	t := &telemetryChecker{checker: c, info: h}
	err := each(ctx, c.read, t.block, "SELECT first_car, last_car, first_tick, last_tick, data FROM telemetry WHERE race = ?", string(h.id))
	if err == nil {
		err = each(ctx, c.read, t.frame, "SELECT tick, data FROM frames WHERE race = ?", string(h.id))
	}
	t.coverage()
	return err
}

// block checks a row of telemetry.
func (t *telemetryChecker) block(r *sql.Rows) error {
	var p patch
	var data sql.RawBytes
	if err := r.Scan(&p.firstCar, &p.lastCar, &p.firstTick, &p.lastTick, &data); err != nil {
		return err
	}
	got, err := t.patchOf(data)
	if err == nil && got != p {
		err = errors.New("it is of other cars or ticks")
	}
	t.take(p, err)
	return nil
}

// frame checks a row of frames.
func (t *telemetryChecker) frame(r *sql.Rows) error {
	var tick int64
	var data sql.RawBytes
	if err := r.Scan(&tick, &data); err != nil {
		return err
	}
	p, err := t.patchOf(data)
	if err == nil && (p.firstTick != tick || p.lastTick != tick) {
		err = errors.New("it is of other ticks")
	}
	if err != nil {
		p = patch{0, int64(t.info.slots()) - 1, tick, tick}
	}
	t.take(p, err)
	return nil
}

// take adds the range of a row; err is what is wrong with it.
func (t *telemetryChecker) take(p patch, err error) {
	t.step()
	if err == nil && (p.firstCar < 0 || p.lastCar >= int64(t.info.slots()) || p.firstTick < 0 || p.lastTick > t.info.lastTick) {
		err = fmt.Errorf("the race has %d cars and goes to tick %d", t.info.slots(), t.info.lastTick)
	}
	if err == nil {
		t.patches = append(t.patches, p)
		return
	}
	if t.findings++; t.findings <= flawsMax {
		t.flaw(t.info.id, "%v: %v", p, err)
	}
}

// patchOf decodes a row and returns its range.
func (c *checker) patchOf(data []byte) (patch, error) {
	b, err := c.decodeBlock(data)
	if err != nil {
		return patch{}, err
	}
	return patch{int64(b.first), int64(b.first) + int64(b.cars) - 1, int64(b.tick), int64(b.tick) + int64(len(b.times)) - 1}, nil
}

// coverage looks for ticks of a car that are stored twice or missing. Ticks missing at the beginning were deleted by
// retention.
func (t *telemetryChecker) coverage() {
	slices.SortFunc(t.patches, func(a, b patch) int {
		return cmp.Or(cmp.Compare(a.firstTick, b.firstTick), cmp.Compare(a.firstCar, b.firstCar))
	})
	reached := make([]int64, t.info.slots()) // by car: its last tick; 0 means none yet
	var twice, missing []patch
	for _, p := range t.patches {
		for car := p.firstCar; car <= p.lastCar; car++ {
			last := reached[car]
			switch {
			case last > 0 && p.firstTick <= last:
				twice = grow(twice, patch{car, car, p.firstTick, min(last, p.lastTick)})
			case last > 0 && p.firstTick > last+1:
				missing = grow(missing, patch{car, car, last + 1, p.firstTick - 1})
			}
			reached[car] = max(last, p.lastTick)
		}
	}
	for car, last := range reached {
		if last > 0 && last < t.info.lastTick {
			missing = grow(missing, patch{int64(car), int64(car), last + 1, t.info.lastTick})
		}
	}
	t.report(twice, "it is there twice")
	if t.findings == 0 { // otherwise the unreadable rows were reported already
		t.report(missing, "it is missing")
	}
}

// grow merges a car's ticks into those of the car before it.
func grow(list []patch, p patch) []patch {
	if n := len(list); n > 0 {
		if last := &list[n-1]; last.lastCar+1 == p.firstCar && last.firstTick == p.firstTick && last.lastTick == p.lastTick {
			last.lastCar = p.lastCar
			return list
		}
	}
	return append(list, p)
}

func (t *telemetryChecker) report(list []patch, what string) {
	for _, p := range list[:min(flawsMax, len(list))] {
		t.flaw(t.info.id, "%v: %s", p, what)
	}
	if more := len(list) - flawsMax; more > 0 {
		t.flaw(t.info.id, "%d more pieces of telemetry: %s", more, what)
	}
}
