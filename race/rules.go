package race

import (
	"errors"
	"fmt"
)

// RuleSet is the rulebook as data; it is stored with the race, so that a result can be worked out again.
type RuleSet struct {
	Name string `json:"name"`
	// Laps is the distance; 0 means by time alone.
	Laps int `json:"laps"`
	// RunningLimit ends the race one lap after the leader's next crossing, counted without suspensions; 0: none.
	RunningLimit Micros `json:"running_limit_us"`
	// WindowLimit ends the race at the leader's next crossing, suspensions counted; 0: none.
	WindowLimit Micros `json:"window_limit_us"`
	// Precision at which laps and gaps are decided; each crossing is truncated to it once.
	Precision Micros `json:"precision_us"`
	// ClassifiedPermille is the part of the winner's laps that a car needs to be classified, rounded down.
	ClassifiedPermille int `json:"classified_permille"`
	// DeadTime within which a second hit on the same line is the same passing.
	DeadTime Micros `json:"dead_time_us"`
}

// F1 is the preset of a Formula 1 grand prix. Source: FIA Formula One Sporting Regulations 2022, articles 5
// (distance, two hours running, three hours overall) and 6 (90 % of the winner's laps).
func F1(laps int) RuleSet {
	return RuleSet{
		Name: "f1", Laps: laps,
		RunningLimit: 2 * Hour, WindowLimit: 3 * Hour,
		Precision: Millisecond, ClassifiedPermille: 900, DeadTime: 3 * Second,
	}
}

// Validate reports every fault of the rule set.
func (r RuleSet) Validate() error {
	var faults []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	check(r.Laps >= 0 && r.Laps <= LapsMax, "laps is %d: allowed is 0 (by time) to %d", r.Laps, LapsMax)
	check(r.RunningLimit >= 0, "running_limit_us is negative: allowed is 0 (none) or more")
	check(r.WindowLimit >= 0, "window_limit_us is negative: allowed is 0 (none) or more")
	check(r.Laps > 0 || r.RunningLimit > 0 || r.WindowLimit > 0, "a race needs laps or a time limit: all are 0")
	check(r.Precision >= 1 && r.Precision <= Second, "precision_us is %d: allowed is 1 to %d", r.Precision, Second)
	check(r.ClassifiedPermille >= 0 && r.ClassifiedPermille <= 1000,
		"classified_permille is %d: allowed is 0 to 1000", r.ClassifiedPermille)
	check(r.DeadTime >= 0, "dead_time_us is negative: allowed is 0 or more")
	return errors.Join(faults...)
}
