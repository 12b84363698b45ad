package race

import (
	"errors"
	"fmt"
	"strings"
)

// RuleSet is the rulebook as data. It is stored with the race, so that a result can be recomputed.
type RuleSet struct {
	Name string `json:"name"`
	// Laps is the distance; 0 means a race by time.
	Laps int `json:"laps"`
	// RunningLimit ends the race one lap after the leader's next crossing, suspensions not counted; 0 means no limit.
	RunningLimit Micros `json:"running_limit_us"`
	// WindowLimit ends the race at the leader's next crossing, suspensions counted; 0 means no limit.
	WindowLimit Micros `json:"window_limit_us"`
	// Precision is the resolution of laps and gaps; each crossing is truncated to it once.
	Precision Micros `json:"precision_us"`
	// ClassifiedPermille is the part of the winner's laps that a car needs to be classified, rounded down.
	ClassifiedPermille int `json:"classified_permille"`
	// DeadTime is the time within which a second passing on the same line is a duplicate.
	DeadTime Micros `json:"dead_time_us"`
	// MinLap is the shortest plausible lap; a passing that would make a shorter one is suspect. 0 means no limit.
	MinLap Micros `json:"min_lap_us"`
	// DriveThrough and StopAndGo are added to the race time of a car that did not serve the penalty.
	DriveThrough Micros `json:"drive_through_us"`
	StopAndGo    Micros `json:"stop_and_go_us"`
	// MustFinish classifies only cars that took the chequered flag.
	MustFinish bool `json:"must_finish"`
	// FirstCrossing is the effect of a car's first crossing of the finish line; races stored without it use EndsLap.
	FirstCrossing FirstCrossing `json:"first_crossing"`
	// FinishWindow is how long after the chequered flag a crossing still counts; 0 means until the race is stopped.
	FinishWindow Micros `json:"finish_window_us"`
}

// F1 is the preset of a Formula 1 grand prix. Source: FIA Formula One Sporting Regulations 2022, articles 5 (distance,
// two hours running, three hours overall), 6 (90 % of the winner's laps) and 54 (20 s for a drive-through that was not
// served, 30 s for a stop-and-go).
func F1(laps int) RuleSet {
	return RuleSet{
		Name: "f1", Laps: laps,
		RunningLimit: 2 * Hour, WindowLimit: 3 * Hour,
		Precision: Millisecond, ClassifiedPermille: 900, DeadTime: 3 * Second, MinLap: 15 * Second,
		DriveThrough: 20 * Second, StopAndGo: 30 * Second,
	}
}

// Endurance is the preset of a race by time. Source: FIA WEC Sporting Regulations, chapter on the finish: the flag is shown
// at the leader's first crossing after the time; a car must take it and have covered 70 % of the winner's distance.
// Unserved penalties are converted at the stewards' discretion there; the figures of F1 are taken.
func Endurance(limit Micros) RuleSet {
	r := F1(0)
	r.Name, r.RunningLimit, r.WindowLimit = "endurance", 0, limit
	r.ClassifiedPermille, r.MustFinish, r.MinLap = 700, true, 30*Second
	return r
}

// Kart is the preset of a kart race by laps. Source: CIK-FIA General Prescriptions: a car that does not finish is classified
// by the laps it covered. Short laps need a short dead time; the penalties and the five minutes to take the flag are a usual
// choice of national series.
func Kart(laps int) RuleSet {
	return RuleSet{
		Name: "kart", Laps: laps, Precision: Millisecond, DeadTime: 2 * Second, MinLap: 8 * Second,
		DriveThrough: 10 * Second, StopAndGo: 20 * Second, FinishWindow: 5 * Minute,
	}
}

// Presets are the names of the known rule sets.
var Presets = []string{"f1", "endurance", "kart"}

// Preset returns a rule set by name, for a race of laps or, if laps is 0, of limit.
func Preset(name string, laps int, limit Micros) (RuleSet, error) {
	var r RuleSet
	switch name {
	case "f1":
		r = F1(laps)
	case "endurance":
		r = Endurance(limit)
		r.Laps = laps
	case "kart":
		r = Kart(laps)
	default:
		_, err := parse("rule set", Presets, name)
		return r, err
	}
	if limit > 0 {
		r.WindowLimit = limit
	}
	return r, nil
}

// Validate returns every fault of the rule set.
func (r RuleSet) Validate() error {
	var faults []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	check(r.Laps >= 0 && r.Laps <= LapsMax, "laps is %d: allowed is 0 (by time) to %d", r.Laps, LapsMax)
	check(r.Laps > 0 || r.RunningLimit > 0 || r.WindowLimit > 0, "a race needs laps or a time limit: all are 0")
	check(r.Precision >= 1 && r.Precision <= Second, "precision_us is %d: allowed is 1 to %d", r.Precision, Second)
	check(r.ClassifiedPermille >= 0 && r.ClassifiedPermille <= 1000,
		"classified_permille is %d: allowed is 0 to 1000", r.ClassifiedPermille)
	for _, t := range []struct {
		name string
		v    Micros
	}{
		{"running_limit_us", r.RunningLimit}, {"window_limit_us", r.WindowLimit}, {"dead_time_us", r.DeadTime},
		{"min_lap_us", r.MinLap}, {"drive_through_us", r.DriveThrough}, {"stop_and_go_us", r.StopAndGo},
		{"finish_window_us", r.FinishWindow},
	} {
		check(t.v >= 0 && t.v <= TimeMax, "%s is %d: allowed is 0 (none) to %d", t.name, t.v, TimeMax)
	}
	check(r.FirstCrossing <= StartsLap, "first_crossing is %d: allowed are %s", r.FirstCrossing, strings.Join(firstCrossingNames, ", "))
	return errors.Join(faults...)
}
