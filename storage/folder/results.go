package folder

import (
	"slices"
	"strconv"
	"strings"

	"lightsout/race"
)

// positions are the codes in results.csv instead of a position.
var positions = []string{"DNF", "DNS", "DSQ", "DQ", "DNQ", "NC"}

// readResults reads the rulings in results.csv: retirements, cars that did not start, disqualifications, penalties.
func (r *reader) readResults() error {
	t, err := r.open(resultsFile, false, "position", "number")
	if err != nil {
		return err
	}
	if t == nil {
		if !r.there(controlFile) {
			r.note("%s is missing: no penalties, retirements or disqualifications are known", resultsFile)
		}
		return nil
	}
	last := r.lastPassing()
	return t.each(func(row *row) error { return r.readResult(row, last) })
}

// readResult reads the rulings of a row; those given after the race count at the car's last passing.
func (r *reader) readResult(row *row, last race.Micros) error {
	car, err := r.carOrNew(row)
	if err != nil {
		return err
	}
	position, reason := strings.TrimSuffix(strings.ToUpper(row.text("position")), ".0"), row.text("reason_retired")
	if _, err := strconv.Atoi(position); err != nil && !slices.Contains(positions, position) {
		return row.wrong("position is %q: expected a number, or one of %s", row.text("position"), strings.Join(positions, ", "))
	}
	gone := race.Micros(1)
	if n := len(r.laps[car]); n > 0 {
		gone = r.laps[car][n-1].end
	}
	switch {
	case position == "DNS":
		r.add(0, rankRuling, car, race.CarNotStarted{Car: car, Reason: reason})
	case position == "DSQ", position == "DQ":
		r.add(last, rankPenalty, car, race.CarDisqualified{Car: car, Reason: reason})
	case reason != "" || position == "DNF":
		r.add(gone, rankRuling, car, race.CarRetired{Car: car, Reason: reason})
	}
	if penalty, _ := row.time("time_penalty", 0); penalty > 0 {
		r.add(last, rankPenalty, car, race.Penalised{Car: car, Amount: penalty})
	}
	return nil
}

// pit is a lap at whose end a car was in the pit lane.
type pit struct {
	car race.CarIdx
	lap int
}

// readStops reads the stops: the car is in the pit lane at the end of the lap.
func (r *reader) readStops() error {
	t, err := r.open(stopsFile, true, "number", "lap") // without stops the file has only a header
	if t == nil {
		return err
	}
	return t.each(func(row *row) error {
		number := int(row.number("number", 0, numberMax))
		in := int(row.number("lap", 1, race.LapsMax))
		lane, _ := row.time("pit_lane", 0)
		stationary, _ := row.time("stationary", 0)
		car, known := r.slots[number]
		switch {
		case row.err != nil:
			return row.err
		case !known:
			return row.wrong("car %d is in no other file", number)
		}
		at := slices.IndexFunc(r.laps[car], func(l lap) bool { return l.number == in })
		if at < 0 {
			r.note("%s:%d: car %d stopped in lap %d, which it did not complete", stopsFile, row.line(), number, in)
			return nil
		}
		r.pits[pit{car, in}] = true
		r.add(r.laps[car][at].end, rankStop, car, race.TyresFitted{Car: car, Stationary: stationary, PitLane: lane})
		return nil
	})
}
