package folder

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"

	"lightsout/race"
)

// readResults takes the rulings from results.csv: who retired, did not start, was disqualified or penalised.
func (r *reader) readResults() error {
	t, err := readTable(r.dir, resultsFile, "position", "number", "time_penalty_ms", "reason_retired")
	if errors.Is(err, fs.ErrNotExist) {
		r.note("%s is missing: no penalties, retirements or disqualifications are known", resultsFile)
		return nil
	}
	if err != nil {
		return err
	}
	last := r.lastPassing()
	return t.each(func(row *row) error {
		number := int(row.number("number", 0, numberMax))
		car, known := r.slots[number]
		if !known {
			if err := r.enter(row, entryOf(row)); err != nil {
				return err
			}
			car = r.slots[number]
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
	})
}

func (r *reader) readStops() error {
	t, err := readTable(r.dir, stopsFile, "number", "lap")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		var empty *Error
		if errors.As(err, &empty) && empty.Line == 0 {
			return nil // a race in which nobody stopped has a header alone
		}
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
			r.note("%s:%d: car %d stopped in lap %d, which it did not complete", stopsFile, row.t.lines[row.at], number, lap)
			return nil
		}
		r.add(r.laps[car][lap-1], rankStop, car, race.TyresFitted{Car: car})
		return nil
	})
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

// race puts the records in order: head, entries, start, and the rest by time.
func (r *reader) race() *Race {
	most := 0
	for car, ends := range r.laps {
		most = max(most, len(ends))
		for _, end := range ends {
			r.add(end, rankPassing, race.CarIdx(car), race.Passing{Car: race.CarIdx(car)})
		}
	}
	last := r.lastPassing()
	if r.shift.by > 0 {
		r.add(r.shift.from, rankFlag, 0, race.Suspended{})
		r.add(r.shift.from+r.shift.by, rankFlag, 0, race.Resumed{})
	}
	for _, f := range r.head.RedFlags {
		if lap, err := strconv.Atoi(f.Lap); err == nil && f.Resumed == "N" {
			r.add(last, rankFlag, 0, race.Suspended{})
			r.add(last, rankFlag, 1, race.Abandoned{Lap: lap})
		}
	}
	r.add(last, rankEnd, 0, race.Ended{})
	slices.SortStableFunc(r.timed, func(a, b timed) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.rank, b.rank), cmp.Compare(a.car, b.car))
	})
	return &Race{Records: r.records(most, last), Notes: r.notes}
}

func (r *reader) records(most int, last race.Micros) []race.Record {
	scheduled := r.head.Laps
	if r.head.ScheduledLaps != nil {
		scheduled = *r.head.ScheduledLaps
	}
	if scheduled <= 0 {
		scheduled = most
	}
	rules := race.F1(scheduled)
	var out []race.Record
	add := func(at race.Micros, body race.Body) {
		out = append(out, race.Record{Seq: race.Seq(len(out) + 1), Time: at, Body: body})
	}
	name := r.head.Name
	if name == "" {
		name = string(r.id)
	} else if r.head.Year > 0 {
		name = fmt.Sprintf("%s %d", name, r.head.Year)
	}
	add(0, race.Announced{Race: race.Race{
		ID: r.id, Name: name, Kind: race.External, Cars: len(r.entries), Rules: rules,
		Lines: []race.Line{{Kind: race.LineFinish, Sector: 3}},
	}})
	r.paint()
	for _, e := range r.entries {
		add(0, race.Entered{Entry: e})
	}
	if short := scheduled - r.head.Laps; short > 0 && r.head.Laps > 0 && len(r.head.RedFlags) == 0 && last < rules.RunningLimit {
		r.note("the race was %d laps short of its distance, with no red flag and time left: aborted starts", short)
		for range short {
			add(0, race.StartAborted{})
		}
	}
	started := false
	for _, t := range r.timed {
		if _, dns := t.body.(race.CarNotStarted); !dns && !started {
			add(0, race.Started{})
			started = true
		}
		add(t.at, t.body)
	}
	return out
}

// teamColours are told apart on dark and on light ground; teams take them in alphabetical order.
var teamColours = []string{
	"e4572e", "17a2b8", "8e6bbf", "3fa34d", "d4a017", "4f7cac", "d16ba5", "8a8d91", "b5651d", "5c6bc0", "00a896", "c0504d",
}

func (r *reader) paint() {
	var teams []string
	for _, e := range r.entries {
		teams = append(teams, e.Team)
	}
	slices.Sort(teams)
	teams = slices.Compact(teams)
	for i := range r.entries {
		at, _ := slices.BinarySearch(teams, r.entries[i].Team)
		r.entries[i].Colour = teamColours[at%len(teamColours)]
	}
}
