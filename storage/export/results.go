package export

import (
	"context"
	"errors"
	"slices"
	"strings"

	"lightsout/race"
)

var entriesTable = &table[race.Entry]{
	name: "entries", about: "the cars of the race, in the order of the slots",
	columns: []column[race.Entry]{
		{Column{Name: "driver_number", About: "the number painted on the car", Type: Small}, func(_ *Export, r *race.Entry) cell { return whole(r.Number) }},
		{Column{Name: "name_acronym", Type: Text, Optional: true}, func(_ *Export, r *race.Entry) cell { return word(r.Code) }},
		{Column{Name: "full_name", Type: Text, Optional: true}, func(_ *Export, r *race.Entry) cell { return word(r.Name) }},
		{Column{Name: "team_name", Type: Text, Optional: true}, func(_ *Export, r *race.Entry) cell { return word(r.Team) }},
		{Column{Name: "team_colour", About: "rrggbb", Type: Text, Optional: true}, func(_ *Export, r *race.Entry) cell { return word(r.Colour) }},
		{Column{Name: "grid_position", About: "from 1", Type: Small, Optional: true}, func(_ *Export, r *race.Entry) cell { return above(r.Grid, 0) }},
		{Column{Name: "pit_lane_start", Type: Truth}, func(_ *Export, r *race.Entry) cell { return truth(r.PitLaneStart) }},
		{Column{Name: "start_offset_m", Unit: "m", About: "how far behind the finish line the car starts", Type: Small}, func(_ *Export, r *race.Entry) cell { return whole(r.StartOffsetM) }},
		{Column{Name: "transponders", About: "separated by spaces", Type: Text, Optional: true}, func(_ *Export, r *race.Entry) cell { return word(strings.Join(r.Transponders, " ")) }},
	},
	rows: func(_ context.Context, e *Export, emit func(*race.Entry) error, _ func() error) error {
		return all(e.roster.Entries, emit)
	},
}

// all emits a list.
func all[R any](list []R, emit func(*R) error) error {
	for i := range list {
		if err := emit(&list[i]); err != nil {
			return err
		}
	}
	return nil
}

var lapsTable = &table[race.Lap]{
	name: "laps", about: "complete laps, car by car",
	columns: []column[race.Lap]{
		{Column{Name: "driver_number", Type: Small, Optional: true}, func(e *Export, r *race.Lap) cell { return number(e.entry(r.Car)) }},
		{Column{Name: "name_acronym", Type: Text, Optional: true}, func(e *Export, r *race.Lap) cell { return acronym(e.entry(r.Car)) }},
		{Column{Name: "lap_number", About: "from 1", Type: Small}, func(_ *Export, r *race.Lap) cell { return whole(r.Number) }},
		{Column{Name: "date_start", Type: Instant, Optional: true}, func(e *Export, r *race.Lap) cell { return e.date(race.Micros(r.EndMS-r.DurationMS) * race.Millisecond) }},
		{Column{Name: "lap_duration", Unit: "s", Type: Real, Optional: true}, func(_ *Export, r *race.Lap) cell { return seconds(r.DurationMS, 0) }},
		{Column{Name: "duration_sector_1", Unit: "s", Type: Real, Optional: true}, func(_ *Export, r *race.Lap) cell { return seconds(r.SectorsMS[0], 0) }},
		{Column{Name: "duration_sector_2", Unit: "s", Type: Real, Optional: true}, func(_ *Export, r *race.Lap) cell { return seconds(r.SectorsMS[1], 0) }},
		{Column{Name: "duration_sector_3", Unit: "s", Type: Real, Optional: true}, func(_ *Export, r *race.Lap) cell { return seconds(r.SectorsMS[2], 0) }},
		{Column{Name: "lap_duration_ms", Unit: "ms", Type: Whole, Optional: true}, func(_ *Export, r *race.Lap) cell { return above(r.DurationMS, 0) }},
		{Column{Name: "end_ms", Unit: "ms", About: "race time at the line", Type: Whole}, func(_ *Export, r *race.Lap) cell { return whole(r.EndMS) }},
		{Column{Name: "position", About: "at the line, from 1", Type: Small, Optional: true}, func(_ *Export, r *race.Lap) cell { return above(r.Position, 0) }},
		{Column{Name: "compound", Type: Text}, func(_ *Export, r *race.Lap) cell { return text(r.Tyre.String()) }},
		{Column{Name: "tyre_age", Unit: "laps", Type: Small}, func(_ *Export, r *race.Lap) cell { return whole(r.TyreAgeLaps) }},
		{Column{Name: "is_pit_in_lap", Type: Truth}, func(_ *Export, r *race.Lap) cell { return truth(r.PitIn) }},
		{Column{Name: "is_pit_out_lap", Type: Truth}, func(_ *Export, r *race.Lap) cell { return truth(r.PitOut) }},
		{Column{Name: "flag", About: "track status at the line", Type: Text}, func(_ *Export, r *race.Lap) cell { return text(r.Flag.String()) }},
		{Column{Name: "mark", About: "slower, personal_best or session_best", Type: Text}, func(_ *Export, r *race.Lap) cell { return text(r.Mark.String()) }},
		{Column{Name: "is_deleted", About: "it counts for the distance, but not as a best", Type: Truth}, func(_ *Export, r *race.Lap) cell { return truth(r.Deleted) }},
	},
	rows: func(ctx context.Context, e *Export, emit func(*race.Lap) error, stretch func() error) error {
		for car := range e.roster.Entries {
			list, err := e.src.Laps(ctx, e.id, race.CarIdx(car))
			if err != nil {
				return err
			}
			if err := all(list, emit); err != nil {
				return err
			}
		}
		return stretch()
	},
}

var passingsTable = &table[race.PassingRow]{
	name: "passings", about: "passings on timing lines with their verdicts, in the order of the log",
	columns: []column[race.PassingRow]{
		{Column{Name: "seq", About: "of the record", Type: Whole}, func(_ *Export, r *race.PassingRow) cell { return whole(r.Seq) }},
		{Column{Name: "driver_number", Type: Small, Optional: true}, func(e *Export, r *race.PassingRow) cell { return number(e.entry(e.owner(r))) }},
		{Column{Name: "line", About: "counted from 0, the finish line", Type: Small}, func(_ *Export, r *race.PassingRow) cell { return whole(r.Passing.Line) }},
		{Column{Name: "line_kind", About: "finish, sector, mini, speed_trap, pit_entry or pit_exit", Type: Text, Optional: true}, func(e *Export, r *race.PassingRow) cell { return word(e.lineKind(r.Passing.Line)) }},
		{Column{Name: "date", Type: Instant, Optional: true}, func(e *Export, r *race.PassingRow) cell { return e.date(r.Time) }},
		{Column{Name: "time_us", Unit: "us", About: "race time", Type: Whole}, func(_ *Export, r *race.PassingRow) cell { return whole(r.Time) }},
		{Column{Name: "in_pit", Type: Truth}, func(_ *Export, r *race.PassingRow) cell { return truth(r.Passing.InPit) }},
		{Column{Name: "speed_kmh", Unit: "km/h", Type: Small, Optional: true}, func(_ *Export, r *race.PassingRow) cell { return above(r.Passing.SpeedKMH, 0) }},
		{Column{Name: "verdict", About: "accepted, duplicate, suspect, rejected or estimated", Type: Text}, func(_ *Export, r *race.PassingRow) cell { return text(r.Verdict.String()) }},
		{Column{Name: "reason", Type: Text, Optional: true}, func(_ *Export, r *race.PassingRow) cell { return word(r.Reason) }},
		{Column{Name: "split_us", Unit: "us", About: "the proposed time of a missed crossing of the finish line", Type: Whole, Optional: true}, func(_ *Export, r *race.PassingRow) cell {
			return cell{whole: int64(r.Split), missing: r.Split == race.NoTime}
		}},
		{Column{Name: "decoder", Type: Text, Optional: true}, func(_ *Export, r *race.PassingRow) cell { return word(source(r).Decoder) }},
		{Column{Name: "session", Type: Text, Optional: true}, func(_ *Export, r *race.PassingRow) cell { return word(source(r).Session) }},
		{Column{Name: "sequence", Type: Count, Optional: true}, func(_ *Export, r *race.PassingRow) cell {
			return cell{whole: int64(source(r).Sequence), missing: r.Passing.Source == nil}
		}},
		{Column{Name: "transponder", Type: Text, Optional: true}, func(_ *Export, r *race.PassingRow) cell { return word(source(r).Transponder) }},
		{Column{Name: "recorded_at", About: "when it was received", Type: Instant, Optional: true}, func(_ *Export, r *race.PassingRow) cell { return moment(r.RecordedAt) }},
		{Column{Name: "told_us", Unit: "us", About: "race time as reported, by the decoder's own clock; missing for a passing that a marshal inserted", Type: Whole, Optional: true}, func(_ *Export, r *race.PassingRow) cell {
			return cell{whole: int64(r.ReportedTime), missing: r.ReportedTime == race.NoTime}
		}},
		{Column{Name: "told_driver_number", About: "the car as reported; missing if it was reported by transponder", Type: Small, Optional: true}, func(e *Export, r *race.PassingRow) cell { return number(e.entry(r.ReportedCar)) }},
	},
	rows: func(ctx context.Context, e *Export, emit func(*race.PassingRow) error, stretch func() error) error {
		timed := func(r *race.PassingRow) error {
			if r.Time == race.NoTime { // before the start signal
				return nil
			}
			return emit(r)
		}
		for after := race.Seq(0); ; {
			page, err := e.src.Passings(ctx, e.id, after, passingsPage, -1)
			if err != nil {
				return err
			}
			now := slices.IndexFunc(page, func(r race.PassingRow) bool { return r.Seq > e.end.Seq }) // recorded after the export began
			if now >= 0 {
				page = page[:now]
			}
			if err := all(page, timed); err != nil {
				return err
			}
			if err := stretch(); err != nil || len(page) < passingsPage {
				return err
			}
			after = page[len(page)-1].Seq
		}
	},
}

// owner returns the car of a passing. For a passing reported by transponder and not corrected since, it is the car whose entry
// has the transponder.
func (e *Export) owner(r *race.PassingRow) race.CarIdx {
	if r.Passing.Car == race.NoCar && r.Verdict == race.Accepted {
		if car, ok := e.transponders[source(r).Transponder]; ok {
			return car
		}
	}
	return r.Passing.Car
}

func (e *Export) lineKind(line int) string {
	if line < 0 || line >= len(e.summary.Race.Lines) {
		return ""
	}
	return e.summary.Race.Lines[line].Kind.String()
}

func source(r *race.PassingRow) race.Source {
	if r.Passing.Source == nil {
		return race.Source{}
	}
	return *r.Passing.Source
}

var eventsTable = &table[race.Event]{
	name: "events", about: "the messages to spectators, in order",
	columns: []column[race.Event]{
		{Column{Name: "kind", Type: Text}, func(_ *Export, r *race.Event) cell { return text(r.Kind.String()) }},
		{Column{Name: "driver_number", Type: Small, Optional: true}, func(e *Export, r *race.Event) cell { return number(e.entry(r.Car)) }},
		{Column{Name: "lap_number", About: "the car's, or the leader's", Type: Small}, func(_ *Export, r *race.Event) cell { return whole(r.Lap) }},
		{Column{Name: "date", Type: Instant, Optional: true}, func(e *Export, r *race.Event) cell { return e.date(race.Micros(r.TimeMS) * race.Millisecond) }},
		{Column{Name: "time_ms", Unit: "ms", About: "race time", Type: Whole}, func(_ *Export, r *race.Event) cell { return whole(r.TimeMS) }},
		{Column{Name: "value", About: "by kind: a time in ms, or the flag: 0 clear 1 yellow 2 safety_car 3 virtual_safety_car 4 red 5 chequered", Type: Whole}, func(_ *Export, r *race.Event) cell { return whole(r.Value) }},
		{Column{Name: "text", Type: Text, Optional: true}, func(_ *Export, r *race.Event) cell { return word(r.Text) }},
	},
	rows: func(ctx context.Context, e *Export, emit func(*race.Event) error, _ func() error) error {
		list, err := e.src.Events(ctx, e.id)
		if err != nil {
			return err
		}
		return all(list, emit)
	},
}

var classificationTable = &table[race.Classified]{
	name: "classification", about: "the newest result, or the provisional order",
	columns: []column[race.Classified]{
		{Column{Name: "position", About: "from 1", Type: Small, Optional: true}, func(_ *Export, r *race.Classified) cell { return above(r.Position, 0) }},
		{Column{Name: "driver_number", Type: Small, Optional: true}, func(e *Export, r *race.Classified) cell { return number(e.entry(r.Car)) }},
		{Column{Name: "name_acronym", Type: Text, Optional: true}, func(e *Export, r *race.Classified) cell { return acronym(e.entry(r.Car)) }},
		{Column{Name: "laps", Type: Small}, func(_ *Export, r *race.Classified) cell { return whole(r.Laps) }},
		{Column{Name: "status", About: "finished, retired, not_classified, did_not_start or disqualified", Type: Text}, func(_ *Export, r *race.Classified) cell { return text(r.Status.String()) }},
		{Column{Name: "duration", Unit: "s", Type: Real, Optional: true}, func(_ *Export, r *race.Classified) cell { return seconds(r.DurationMS, -1) }},
		{Column{Name: "gap_to_leader", Unit: "s", Type: Real, Optional: true}, func(_ *Export, r *race.Classified) cell { return seconds(r.GapMS, -1) }},
		{Column{Name: "gap_laps", Unit: "laps", Type: Small, Optional: true}, func(_ *Export, r *race.Classified) cell {
			return cell{whole: int64(r.GapLaps), missing: r.Position == 0}
		}},
		{Column{Name: "interval", Unit: "s", About: "to the car ahead", Type: Real, Optional: true}, func(_ *Export, r *race.Classified) cell { return seconds(r.IntervalMS, -1) }},
		{Column{Name: "duration_ms", Unit: "ms", Type: Whole, Optional: true}, func(_ *Export, r *race.Classified) cell { return above(r.DurationMS, -1) }},
		{Column{Name: "gap_ms", Unit: "ms", Type: Whole, Optional: true}, func(_ *Export, r *race.Classified) cell { return above(r.GapMS, -1) }},
		{Column{Name: "interval_ms", Unit: "ms", Type: Whole, Optional: true}, func(_ *Export, r *race.Classified) cell { return above(r.IntervalMS, -1) }},
		{Column{Name: "penalty_ms", Unit: "ms", Type: Whole}, func(_ *Export, r *race.Classified) cell { return whole(r.PenaltyMS) }},
		{Column{Name: "best_lap_ms", Unit: "ms", Type: Whole, Optional: true}, func(_ *Export, r *race.Classified) cell { return above(r.BestLapMS, -1) }},
		{Column{Name: "best_lap", Type: Small, Optional: true}, func(_ *Export, r *race.Classified) cell { return above(r.BestLap, 0) }},
		{Column{Name: "reason", Type: Text, Optional: true}, func(_ *Export, r *race.Classified) cell { return word(r.Reason) }},
	},
	rows: func(ctx context.Context, e *Export, emit func(*race.Classified) error, _ func() error) error {
		c, err := e.src.Classification(ctx, e.id)
		if errors.Is(err, race.ErrNotFound) && e.rules.OrderSoFar != nil {
			c, err = e.rules.OrderSoFar(ctx, e.id)
		}
		if err != nil && !errors.Is(err, race.ErrNotFound) {
			return err
		}
		return all(c.Entries, emit)
	},
}

var resultsTable = &table[race.Version]{
	name: "results", about: "the versions of the result, oldest first, without their lines",
	columns: []column[race.Version]{
		{Column{Name: "version", About: "from 1", Type: Small}, func(_ *Export, r *race.Version) cell { return whole(r.Version) }},
		{Column{Name: "status", About: "provisional, final or amended", Type: Text}, func(_ *Export, r *race.Version) cell { return text(r.Status.String()) }},
		{Column{Name: "author", Type: Text, Optional: true}, func(_ *Export, r *race.Version) cell { return word(r.Author) }},
		{Column{Name: "reason", Type: Text, Optional: true}, func(_ *Export, r *race.Version) cell { return word(r.Reason) }},
		{Column{Name: "seq", About: "of the record that made it", Type: Whole}, func(_ *Export, r *race.Version) cell { return whole(r.Seq) }},
		{Column{Name: "time_us", Unit: "us", About: "race time", Type: Whole}, func(_ *Export, r *race.Version) cell { return whole(r.Time) }},
		{Column{Name: "recorded_at", Type: Instant, Optional: true}, func(_ *Export, r *race.Version) cell { return moment(r.RecordedAt) }},
		{Column{Name: "state_hash", Type: Text}, func(_ *Export, r *race.Version) cell { return text(r.StateHash) }},
	},
	rows: func(ctx context.Context, e *Export, emit func(*race.Version) error, _ func() error) error {
		list, err := e.src.Versions(ctx, e.id)
		if err != nil {
			return err
		}
		return all(list, emit)
	},
}
