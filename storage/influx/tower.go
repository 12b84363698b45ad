package influx

import (
	"fmt"

	"lightsout/race"
)

// tower is the timing tower of a race as it stands, a point a car. The points are at the announcement, a nanosecond apart, so that each is written again
// in its place and all are one series.
type tower struct {
	rows  []race.Row // by car
	stale []race.CarIdx
	is    []bool // by car: it is in stale
}

func (t *tower) enter() {
	t.rows = append(t.rows, race.Row{Car: race.CarIdx(len(t.rows))})
	t.is = append(t.is, false)
	t.mark(race.CarIdx(len(t.rows) - 1))
}

func (t *tower) mark(car race.CarIdx) {
	if !t.is[car] {
		t.is[car] = true
		t.stale = append(t.stale, car)
	}
}

// followTower notes what facts change of the tower.
func (f *follower) followTower(facts []race.Fact) {
	for _, fact := range facts {
		switch v := fact.(type) {
		case race.RowChanged:
			if f.known(v.Row.Car) {
				f.tower.rows[v.Row.Car] = v.Row
				f.tower.mark(v.Row.Car)
			}
		case race.OrderChanged:
			for _, car := range v.Cars {
				if f.known(car) {
					f.tower.mark(car)
				}
			}
		default: // of no row
		}
	}
}

// writeTower writes the rows that changed since the last stretch; with a nil writer they are as they were written.
func (f *follower) writeTower(w *writer) {
	t := &f.tower
	for _, car := range t.stale {
		t.is[car] = false
		if w != nil {
			w.done(f.appendRow(w.line(f, race.NoCar), car))
		}
	}
	t.stale = t.stale[:0]
}

func (f *follower) appendRow(b []byte, car race.CarIdx) []byte {
	r, e := &f.tower.rows[car], &f.entries[car]
	b = append(appendTag(append(b, "tower"...), "race", string(f.id)), ' ')
	b = appendInt(b, "position", int64(f.places[car]))
	b = appendText(b, "driver_number", f.driver(car))
	b = appendText(b, "name_acronym", e.Code)
	b = appendText(b, "name", e.Name)
	b = appendText(b, "team_name", e.Team)
	for _, one := range [...]struct {
		key string
		v   int64
	}{
		{"laps", int64(r.Laps)}, {"gap_ms", r.GapMS}, {"gap_laps", int64(r.GapLaps)}, {"interval_ms", r.IntervalMS}, {"interval_laps", int64(r.IntervalLaps)},
		{"last_ms", r.LastMS}, {"best_ms", r.BestMS}, {"sector_1_ms", r.SectorsMS[0]}, {"sector_2_ms", r.SectorsMS[1]}, {"sector_3_ms", r.SectorsMS[2]},
		{"tyre_age", int64(r.TyreAgeLaps)}, {"stops", int64(r.Stops)}, {"penalty_ms", r.PenaltyMS},
	} {
		b = appendInt(b, one.key, one.v)
	}
	b = appendText(b, "compound", r.Tyre.String())
	b = appendText(b, "state", r.State.String())
	b = appendText(b, "last", minutes(r.LastMS))
	b = appendText(b, "best", minutes(r.BestMS))
	for i, key := range [...]string{"sector_1", "sector_2", "sector_3"} {
		b = appendText(b, key, seconds(r.SectorsMS[i]))
	}
	gap, interval := behind(r.GapMS, r.GapLaps), behind(r.IntervalMS, r.IntervalLaps)
	if f.places[car] == 1 {
		gap, interval = "", ""
	}
	b = appendText(b, "gap", gap)
	b = appendText(b, "interval", interval)
	return appendTime(b, f.announcedAt+1+int64(car))
}

// minutes, seconds and behind write times as the sport does: 1:25.432, 27.183, +1.234 or +1 lap. Nothing is empty.
func minutes(ms int64) string {
	if ms <= 0 {
		return ""
	}
	return fmt.Sprintf("%d:%02d.%03d", ms/60_000, ms/1000%60, ms%1000)
}

func seconds(ms int64) string {
	if ms <= 0 {
		return ""
	}
	return fmt.Sprintf("%d.%03d", ms/1000, ms%1000)
}

func behind(ms int64, laps int) string {
	switch {
	case laps == 1:
		return "+1 lap"
	case laps > 1:
		return fmt.Sprintf("+%d laps", laps)
	case ms <= 0:
		return ""
	case ms < 60_000:
		return "+" + seconds(ms)
	}
	return "+" + minutes(ms)
}
