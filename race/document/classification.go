package document

import (
	"fmt"

	"lightsout/race"
	"lightsout/race/view"
)

// classification lists the cars in the order of the result; cars that are not classified have headings of their own.
func classification(in *Input, d *Document) {
	d.Title = statusTitle(&in.Result) + " classification"
	d.Columns = append([]Column{{Name: "position", Kind: Number, Label: "Pos"}}, who()...)
	d.Columns = append(d.Columns,
		Column{Name: "full_name", Label: "Driver"}, Column{Name: "team_name", Label: "Team"},
		Column{Name: "laps", Kind: Number, Label: "Laps"}, Column{Name: "status", Label: "Status"},
		Column{Name: "duration", Unit: "ms", Kind: Time, Label: "Time"},
		Column{Name: "gap", Unit: "ms", Kind: Gap, Label: "Gap"}, Column{Name: "gap_laps", Kind: Number},
		Column{Name: "interval", Unit: "ms", Kind: Gap, Label: "Interval"},
		Column{Name: "average_speed", Unit: "km/h", Kind: Decimal, Label: "km/h"},
		Column{Name: "penalty", Unit: "ms", Kind: Gap, Label: "Penalty"},
		Column{Name: "best_lap", Unit: "ms", Kind: Time, Label: "Best lap"}, Column{Name: "best_lap_number", Kind: Number, Label: "Lap"},
		Column{Name: "reason", Label: "Reason"}, Column{Name: "distance", Unit: "m", Kind: Number},
		Column{Name: "race", only: inCSV}, Column{Name: "date", only: inCSV}, Column{Name: "circuit_name", only: inCSV},
		Column{Name: "circuit_length", Unit: "m", Kind: Number, only: inCSV},
		Column{Name: "race_laps", Kind: Number, only: inCSV}, Column{Name: "race_distance", Unit: "m", Kind: Number, only: inCSV})
	f := &d.figures
	whole := []Cell{text(in.Race.Name), text(in.Started), text(f.circuit), positive(f.lengthM), positive(f.laps), positive(f.distanceM(f.laps))}
	best := fastest(in.Result.Entries)
	for _, e := range in.Result.Entries {
		who := in.entry(e.Car)
		line := view.NewClassified(e, who)
		position, gapLaps := orNone(line.Position), orNone(line.GapLaps)
		if e.Position == 0 {
			position = position.as(statusShort(e.Status))
		}
		gap, interval := orNone(line.GapMS), orNone(line.IntervalMS)
		switch {
		case e.Position == 1:
			gap, interval = gap.as("–"), interval.as("–")
		case e.Status == race.StatusRetired:
			gap = gap.as(statusShort(e.Status))
		case e.Position > 0 && e.GapLaps > 0:
			gap = gap.as(laps(e.GapLaps))
		}
		bestLap := orNone(line.BestLapMS)
		if bestLap.Known && e.BestLapMS == best {
			bestLap = bestLap.set("best")
		}
		d.add(section(e.Status), []Cell{position}, in.who(e.Car), []Cell{
			text(who.Name), text(who.Team), number(e.Laps), in.status(e.Status), orNone(line.DurationMS), gap, gapLaps,
			interval, positive(f.average(&e)), penalty(e.PenaltyMS), bestLap, orNone(line.BestLap), text(e.Reason), positive(f.distanceM(e.Laps)),
		}, whole)
		if bestLap.Mark != "" {
			d.note("Fastest lap: %d %s, %s on lap %d.", who.Number, race.Isolated(nameOf(who)), duration(e.BestLapMS), e.BestLap)
		}
	}
}

// status returns the status of a car. The page shows it only before there is a result; in a result the position, the gap or
// the heading implies it.
func (in *Input) status(s race.ClassifiedStatus) Cell {
	c := text(s.String())
	if in.Result.Version > 0 {
		c.Blank = true
		return c
	}
	return c.as(s.Words())
}

// penalty returns the time added to a race time; the page leaves no cell blank.
func penalty(ms int64) Cell {
	if ms == 0 {
		return Cell{Known: true, Blank: true}
	}
	return applies(ms).as(seconds(ms))
}

// fastest returns the best lap of all, in ms; -1 if there is none.
func fastest(entries []race.Classified) int64 {
	best := int64(-1)
	for _, e := range entries {
		if e.BestLapMS >= 0 && (best < 0 || e.BestLapMS < best) {
			best = e.BestLapMS
		}
	}
	return best
}

// statusTitle returns the title's prefix for the status of the result.
func statusTitle(v *race.Version) string {
	switch {
	case v.Version == 0:
		return "Unofficial"
	case v.Status == race.Final:
		return "Final"
	case v.Status == race.Amended:
		return "Amended"
	}
	return "Provisional"
}

// statusShort returns the text in the place of a position or a gap.
func statusShort(s race.ClassifiedStatus) string {
	switch s {
	case race.StatusRetired:
		return "DNF"
	case race.StatusNotClassified:
		return "NC"
	case race.StatusDidNotStart:
		return "DNS"
	case race.StatusDisqualified:
		return "DSQ"
	case race.StatusFinished, race.StatusWaiting, race.StatusRunning, race.StatusStopped, race.StatusNotRunning:
	}
	return ""
}

// section returns the heading of a car; empty for classified cars.
func section(s race.ClassifiedStatus) string {
	switch s {
	case race.StatusNotClassified:
		return "Not classified"
	case race.StatusDidNotStart:
		return "Did not start"
	case race.StatusDisqualified:
		return "Disqualified"
	case race.StatusFinished, race.StatusRetired, race.StatusWaiting, race.StatusRunning, race.StatusStopped, race.StatusNotRunning:
	}
	return ""
}

func laps(n int) string {
	if n == 1 {
		return "+1 lap"
	}
	return fmt.Sprintf("+%d laps", n)
}
