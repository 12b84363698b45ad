package folder

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"lightsout/race"
)

// shift moves what came after a suspension, whose length the laps leave out.
type shift struct {
	afterLap int
	from     race.Micros // when the race was suspended
	by       race.Micros
}

// timed is a record with its rank among those of the same time.
type timed struct {
	at   race.Micros
	rank int
	car  race.CarIdx
	body race.Body
}

// Ranks of records of the same instant.
const (
	rankPassing = iota
	rankStop
	rankRuling
	rankFlag
	rankPenalty
)

func (r *reader) readLaps() error {
	t, err := r.open(lapsFile, false, "number", "lap", "lap_time_ms", "elapsed_ms")
	if err != nil {
		return err
	}
	if t == nil {
		return &Error{lapsFile, 0, "is missing: a folder needs it or " + passingsFile}
	}
	return t.each(r.readLap)
}

func (r *reader) readLap(row *row) error {
	number := int(row.number("number", 0, numberMax))
	lap := int(row.number("lap", 1, race.LapsMax))
	duration := race.Micros(row.number("lap_time_ms", 1, timeMaxMS)) * race.Millisecond
	end := race.Micros(row.number("elapsed_ms", 1, timeMaxMS)) * race.Millisecond
	if row.err != nil {
		return row.err
	}
	car, err := r.carOrNew(row)
	if err != nil {
		return err
	}
	if expected := r.lapNo[car] + 1; lap != expected {
		if lap < expected || r.head.LapsComplete == nil || *r.head.LapsComplete {
			return row.wrong("lap %d of car %d is out of order: expected lap %d", lap, number, expected)
		}
		r.note("%s:%d: car %d: laps %d to %d are missing", lapsFile, row.line(), number, expected, lap-1)
	}
	before := race.Micros(0)
	if n := len(r.laps[car]); n > 0 {
		before = r.laps[car][n-1]
	}
	if end <= before {
		return row.wrong("car %d ends lap %d at %v, not after the lap before (%v)", number, lap, end, before)
	}
	if end-before != duration && lap == r.lapNo[car]+1 {
		r.note("%s:%d: car %d, lap %d: lap_time_ms is %v, the crossings are %v apart",
			lapsFile, row.line(), number, lap, duration, end-before)
	}
	r.lapNo[car] = lap
	r.laps[car] = append(r.laps[car], end)
	return nil
}

// readSuspension finds how long a red flag held the race: laps leave it out, the winner's official time does not.
func (r *reader) readSuspension() error {
	at := slices.IndexFunc(r.head.RedFlags, func(f redFlag) bool { return f.Resumed != "N" })
	if at < 0 {
		return nil
	}
	lap, err := strconv.Atoi(r.head.RedFlags[at].Lap)
	if err != nil {
		return &Error{headFile, 0, fmt.Sprintf("the red flag's Lap is %q: expected a number", r.head.RedFlags[at].Lap)}
	}
	t, err := r.open(resultsFile, false, "number", "time_ms", "time_penalty_ms")
	if t == nil {
		return err
	}
	winner := &row{t: t}
	car, known := r.slots[int(winner.number("number", 0, numberMax))]
	total := winner.optional("time_ms", 0, timeMaxMS) - winner.optional("time_penalty_ms", 0, timeMaxMS)
	if winner.err != nil || !known || len(r.laps[car]) == 0 {
		return winner.err
	}
	by := race.Micros(total)*race.Millisecond - r.laps[car][len(r.laps[car])-1]
	if by <= 0 {
		return nil
	}
	r.note("red flag in lap %d: the race was suspended for %v, which the laps leave out", lap, by)
	r.shift = shift{afterLap: lap, by: by}
	for _, ends := range r.laps {
		if len(ends) >= lap {
			r.shift.from = max(r.shift.from, ends[lap-1])
		}
	}
	for _, ends := range r.laps {
		for i := range ends {
			if ends[i] > r.shift.from {
				ends[i] += by
			}
		}
	}
	return nil
}

func (r *reader) add(at race.Micros, rank int, car race.CarIdx, body race.Body) {
	r.timed = append(r.timed, timed{at, rank, car, body})
}

func (r *reader) lastPassing() (last race.Micros) {
	for _, ends := range r.laps {
		if n := len(ends); n > 0 {
			last = max(last, ends[n-1])
		}
	}
	return last
}

// sortLaps makes passings of the laps, and puts all in the order of time.
func (r *reader) sortLaps() error {
	for car, ends := range r.laps {
		for _, end := range ends {
			r.add(end, rankPassing, race.CarIdx(car), race.Passing{Car: race.CarIdx(car)})
		}
	}
	if r.shift.by > 0 {
		r.add(r.shift.from, rankFlag, 0, race.Suspended{})
		r.add(r.shift.from+r.shift.by, rankFlag, 0, race.Resumed{})
	}
	last := r.lastPassing()
	for _, f := range r.head.RedFlags {
		if lap, err := strconv.Atoi(f.Lap); err == nil && f.Resumed == "N" {
			r.add(last, rankFlag, 0, race.Suspended{})
			r.add(last, rankFlag, 1, race.Abandoned{Lap: lap})
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
