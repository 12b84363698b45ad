package drive

import "lightsout/race"

// Events returns the records, other than passings, of the tick from prev to next, in a fixed order: flags, then tyres, then
// retirements, by car. Tyres on the grid are recorded in the first tick. Flags that race control ordered with Inputs are
// included.
func (m *Model) Events(prev, next *Field) []race.Record {
	var records []race.Record
	add := func(body race.Body) { records = append(records, race.Record{Time: next.Time, Body: body}) }
	flags(prev, next, add)
	var retired []race.Record
	for i := range next.Rows {
		r, was := &next.Rows[i], &prev.Rows[i]
		if prev.Tick == 0 {
			add(race.TyresFitted{Car: race.CarIdx(i), Compound: was.Compound, AgeLaps: int(was.TyreAge)})
		}
		if r.Stops != was.Stops {
			add(race.TyresFitted{Car: race.CarIdx(i), Compound: r.Compound, Stationary: race.Micros(r.StationaryUS)})
		}
		if r.State == race.Retired && was.State != race.Retired {
			retired = append(retired, race.Record{Time: next.Time, Body: race.CarRetired{Car: race.CarIdx(i), Reason: r.Reason.String()}})
		}
	}
	records = append(records, retired...)
	if len(records) > 0 && prev.Tick == 0 {
		for i := range records {
			if _, ok := records[i].Body.(race.TyresFitted); ok {
				records[i].Time = 0
			}
		}
	}
	return records
}

func flags(prev, next *Field, add func(race.Body)) {
	if next.ChequeredAt != race.NoTime {
		if prev.ChequeredAt == race.NoTime {
			add(race.FlagShown{Flag: race.FlagChequered})
		}
		return
	}
	if next.Flag != prev.Flag {
		if prev.Flag == race.FlagRed {
			add(race.Resumed{})
		}
		add(race.FlagShown{Flag: next.Flag})
		if next.Flag == race.FlagRed {
			add(race.Suspended{})
		}
	}
	for s := range sectors {
		was, is := prev.YellowUntil[s] > prev.Tick, next.YellowUntil[s] > next.Tick
		switch {
		case is && !was:
			add(race.FlagShown{Flag: race.FlagYellow, Sector: s + 1})
		case was && !is && next.Flag == prev.Flag:
			add(race.FlagShown{Flag: race.FlagClear, Sector: s + 1})
		}
	}
}
