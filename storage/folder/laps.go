package folder

import (
	"cmp"
	"slices"

	"lightsout/race"
)

// lap is a lap of a car with the times of the file.
type lap struct {
	number int
	end    race.Micros // race time
	took   race.Micros // as in the file; 0 if missing
	row    int
}

// timed is a record with its rank among the records of the same time.
type timed struct {
	at   race.Micros
	rank int
	car  race.CarIdx
	body race.Body
}

// Ranks of records of the same instant.
const (
	rankResumed = iota
	rankPassing
	rankStop
	rankRuling
	rankFlag
	rankPenalty
)

func (r *reader) readLaps() error {
	t, err := r.open(lapsFile, false, "number", "lap")
	switch {
	case err != nil:
		return err
	case t == nil:
		return &Error{lapsFile, 0, "is missing: a folder needs it or " + passingsFile}
	case !t.has("elapsed") && !t.has("lap_time"):
		return t.missing("elapsed", "lap_time")
	case !t.has("elapsed"):
		r.note("%s has no elapsed time: it is the sum of the lap times", lapsFile)
	}
	return t.each(r.readLap)
}

// readLap reads a lap. If one of its two times is missing, it is computed from the other.
func (r *reader) readLap(row *row) error {
	one := lap{number: int(row.number("lap", 1, race.LapsMax)), row: row.line()}
	end, ends := row.time("elapsed", 1)
	took, timed := row.time("lap_time", 1)
	if row.err != nil {
		return row.err
	}
	car, err := r.carOrNew(row)
	if err != nil {
		return err
	}
	number := r.entries[car].Number
	var before lap
	if n := len(r.laps[car]); n > 0 {
		before = r.laps[car][n-1]
	}
	if expected := before.number + 1; one.number != expected {
		if one.number < expected || r.head.LapsComplete == nil || *r.head.LapsComplete {
			return row.wrong("lap %d of car %d is out of order: expected lap %d", one.number, number, expected)
		}
		r.note("%s:%d: car %d: laps %d to %d are missing", lapsFile, row.line(), number, expected, one.number-1)
		timed = timed && ends // the lap time covers more than this lap
	}
	one.end = end
	if timed {
		one.took = took
	}
	switch {
	case !ends && !timed:
		return row.wrong("lap %d of car %d has no time: expected a lap time, or when it ended", one.number, number)
	case !ends:
		one.end = before.end + took
	case end <= before.end:
		return row.wrong("car %d ends lap %d at %v, not after the lap before (%v)", number, one.number, end, before.end)
	}
	r.laps[car] = append(r.laps[car], one)
	return nil
}

// mismatchesMax is how many laps with inconsistent times are named.
const mismatchesMax = 10

// noteMismatches names the laps whose lap time differs from the time between their crossings for no known reason.
func (r *reader) noteMismatches() {
	more := 0
	for car, laps := range r.laps {
		before := lap{}
		for _, l := range laps {
			apart := l.end - before.end
			if l.took == 0 || l.took == apart || l.number != before.number+1 || r.stood(before.end, l.end) {
				before = l
				continue
			}
			if more++; more <= mismatchesMax {
				r.note("%s:%d: car %d, lap %d: the lap time is %v, the crossings are %v apart",
					lapsFile, l.row, r.entries[car].Number, l.number, l.took, apart)
			}
			before = l
		}
	}
	if more > mismatchesMax {
		r.note("%s: %d more laps have another time than their crossings are apart", lapsFile, more-mismatchesMax)
	}
}

func (r *reader) add(at race.Micros, rank int, car race.CarIdx, body race.Body) {
	r.timed = append(r.timed, timed{at, rank, car, body})
}

func (r *reader) lastPassing() (last race.Micros) {
	for _, laps := range r.laps {
		if n := len(laps); n > 0 {
			last = max(last, laps[n-1].end)
		}
	}
	return last
}

// sortLaps converts the laps to passings and sorts all records by time.
func (r *reader) sortLaps() error {
	for car, laps := range r.laps {
		for _, l := range laps {
			r.add(l.end, rankPassing, race.CarIdx(car), race.Passing{Car: race.CarIdx(car), InPit: r.pits[pit{race.CarIdx(car), l.number}]})
		}
	}
	for _, s := range r.suspensions {
		r.add(s.from, rankFlag, 0, race.Suspended{})
		r.add(s.to(), rankResumed, 0, race.Resumed{})
	}
	last := r.lastPassing()
	for _, f := range r.head.RedFlags {
		if !bool(f.Resumed) && !r.flagged {
			r.add(last, rankFlag, 0, race.Suspended{})
			r.add(last, rankFlag, 1, race.Abandoned{Lap: int(f.Lap)})
		}
	}
	slices.SortStableFunc(r.timed, func(a, b timed) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.rank, b.rank), cmp.Compare(a.car, b.car))
	})
	for _, t := range r.timed {
		r.arrivals = append(r.arrivals, arrival{at: t.at, body: t.body})
	}
	return nil
}
