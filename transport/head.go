package transport

import "lightsout/race"

// raceItems are the items of every announcement; telemetry_every follows if it or the setup is set, then the setup if it is.
const raceItems = 11

// ruleItems are the items of every rule set; the first crossing and the finish window follow if they are set.
const ruleItems = 11

func (w *writer) announced(r *race.Race) {
	every := r.TelemetryEvery > 0 || r.Setup != ""
	w.array(raceItems + given(every) + given(r.Setup != ""))
	w.str(string(r.ID))
	w.str(r.Name)
	w.int(int64(r.Kind))
	w.str(r.Circuit)
	w.str(r.CircuitText)
	w.lines(r.Lines)
	rules := r.Rules
	more := rules.FirstCrossing != race.EndsLap || rules.FinishWindow != 0 // left out if the race has neither
	w.array(ruleItems + 2*given(more))
	w.str(r.Rules.Name)
	w.int(int64(r.Rules.Laps))
	w.int(int64(r.Rules.RunningLimit))
	w.int(int64(r.Rules.WindowLimit))
	w.int(int64(r.Rules.Precision))
	w.int(int64(r.Rules.ClassifiedPermille))
	w.int(int64(r.Rules.DeadTime))
	w.int(int64(r.Rules.MinLap))
	w.int(int64(r.Rules.DriveThrough))
	w.int(int64(r.Rules.StopAndGo))
	w.bool(r.Rules.MustFinish)
	if more {
		w.int(int64(rules.FirstCrossing))
		w.int(int64(rules.FinishWindow))
	}
	w.int(int64(r.Cars))
	w.uint(r.Seed)
	w.int(int64(r.TickHz))
	w.float(r.Speed)
	if every {
		w.int(int64(r.TelemetryEvery))
	}
	if r.Setup != "" {
		w.str(r.Setup)
	}
}

func (w *writer) entry(e *race.Entry) {
	w.array(9)
	w.int(int64(e.Number))
	w.str(e.Code)
	w.str(e.Name)
	w.str(e.Team)
	w.str(e.Colour)
	w.int(int64(e.Grid))
	w.bool(e.PitLaneStart)
	w.int(int64(e.StartOffsetM))
	w.array(len(e.Transponders))
	for _, t := range e.Transponders {
		w.str(t)
	}
}

func (r *reader) announced() (v race.Race) {
	items := r.array("race", raceItems, raceItems+64)
	if r.err != nil {
		return v
	}
	v.ID, v.Name = race.ID(r.str("id")), r.str("name")
	v.Kind = enum[race.Kind](r, "kind", 2)
	v.Circuit, v.CircuitText = r.str("circuit"), r.str("circuit text")
	v.Lines = r.lines()
	v.Rules = r.rules()
	v.Cars = int(r.intIn("cars", 0, race.CarsMax))
	v.Seed, v.TickHz, v.Speed = r.uint("seed"), int(r.int("tick_hz")), r.float("speed")
	known := raceItems
	if items > known {
		v.TelemetryEvery = int(r.intIn("telemetry_every", 0, race.TelemetryEveryMax))
		known++
	}
	if items > known {
		v.Setup = r.str("setup")
		known++
	}
	r.rest(items - known)
	return v
}

func (r *reader) rules() (v race.RuleSet) {
	items := r.array("rules", ruleItems, ruleItems+64)
	if r.err != nil {
		return v
	}
	v = race.RuleSet{
		Name: r.str("rules"), Laps: int(r.int("laps")),
		RunningLimit: race.Micros(r.int("running_limit")), WindowLimit: race.Micros(r.int("window_limit")),
		Precision:          race.Micros(r.int("precision")),
		ClassifiedPermille: int(r.int("classified_permille")), DeadTime: race.Micros(r.int("dead_time")),
		MinLap: race.Micros(r.int("min_lap")), DriveThrough: race.Micros(r.int("drive_through")),
		StopAndGo: race.Micros(r.int("stop_and_go")), MustFinish: r.bool("must_finish"),
	}
	known := ruleItems
	if items >= ruleItems+2 {
		known += 2
		v.FirstCrossing = enum[race.FirstCrossing](r, "first crossing", 2)
		v.FinishWindow = race.Micros(r.int("finish_window"))
	}
	r.rest(items - known)
	return v
}

func (r *reader) entry() (e race.Entry) {
	r.tuple("entry", 9, func() {
		e.Number = int(r.int("number"))
		e.Code, e.Name, e.Team, e.Colour = r.str("code"), r.str("name"), r.str("team"), r.str("colour")
		e.Grid, e.PitLaneStart, e.StartOffsetM = int(r.int("grid")), r.bool("pit_lane_start"), int(r.int("offset"))
		r.list("transponders", func(int) { e.Transponders = append(e.Transponders, r.str("transponder")) })
	})
	return e
}
