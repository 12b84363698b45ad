package folder

import (
	"strconv"

	"lightsout/race"
)

// readResults takes the rulings from results.csv: who retired, did not start, was disqualified or penalised.
func (r *reader) readResults() error {
	t, err := r.open(resultsFile, false, "position", "number", "time_penalty_ms", "reason_retired")
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

// readResult takes the rulings of a row; those that came after the race are of its last passing.
func (r *reader) readResult(row *row, last race.Micros) error {
	car, err := r.carOrNew(row)
	if err != nil {
		return err
	}
	position, reason := row.text("position"), row.text("reason_retired")
	if _, err := strconv.Atoi(position); err != nil {
		row.oneOf("position", "DNF", "DNS", "DSQ", "DNQ", "NC")
	}
	gone := race.Micros(1)
	if n := len(r.laps[car]); n > 0 {
		gone = r.laps[car][n-1]
	}
	switch {
	case position == "DNS":
		r.add(0, rankRuling, car, race.CarNotStarted{Car: car, Reason: reason})
	case position == "DSQ":
		r.add(last, rankPenalty, car, race.CarDisqualified{Car: car, Reason: reason})
	case reason != "" || position == "DNF":
		r.add(gone, rankRuling, car, race.CarRetired{Car: car, Reason: reason})
	}
	if ms := row.optional("time_penalty_ms", 0, timeMaxMS); ms > 0 {
		r.add(last, rankPenalty, car, race.Penalised{Car: car, Amount: race.Micros(ms) * race.Millisecond})
	}
	return nil
}

func (r *reader) readStops() error {
	t, err := r.open(stopsFile, true, "number", "lap") // where nobody stopped it has a header alone
	if t == nil {
		return err
	}
	return t.each(func(row *row) error {
		number := int(row.number("number", 0, numberMax))
		lap := int(row.number("lap", 1, race.LapsMax))
		car, known := r.slots[number]
		switch {
		case row.err != nil:
			return row.err
		case !known:
			return row.wrong("car %d is in no other file", number)
		case lap > len(r.laps[car]):
			r.note("%s:%d: car %d stopped in lap %d, which it did not complete", stopsFile, row.line(), number, lap)
			return nil
		}
		r.add(r.laps[car][lap-1], rankStop, car, race.TyresFitted{Car: car})
		return nil
	})
}
