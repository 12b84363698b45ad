package folder

import (
	"cmp"
	"fmt"
	"slices"
	"sort"

	"lightsout/race"
)

// race assembles the records in order: race info, entries, start, then arrivals and orders.
func (r *reader) race() (*Race, error) {
	rules, err := r.rules()
	if err != nil {
		return nil, err
	}
	w := &writer{rows: map[int]race.Seq{}, passings: map[int]race.Seq{}}
	w.add(0, "", race.Announced{Race: race.Race{
		ID: r.id, Name: r.name(), Kind: race.External, Cars: len(r.entries), Rules: rules, Lines: r.lines,
	}})
	r.paint()
	for _, e := range r.entries {
		w.add(0, "", race.Entered{Entry: e})
	}
	for range r.abortedStarts(rules) {
		w.add(0, "", race.StartAborted{})
	}
	if err := r.resolve(); err != nil {
		return nil, err
	}
	place := r.placed
	if r.numbered = r.allNumbered(); r.numbered {
		place = r.placedBySeq
	}
	orders, err := place()
	if err != nil {
		return nil, err
	}
	r.write(w, orders)
	return &Race{Records: w.out, Notes: r.notes}, nil
}

func (r *reader) name() string {
	switch {
	case r.head.Name == "":
		return string(r.id)
	case r.head.Year > 0:
		return fmt.Sprintf("%s %d", r.head.Name, r.head.Year)
	}
	return r.head.Name
}

// distance returns the distance of a race whose file names none: the most laps of a car, or the most passings of one car on
// the finish line that are far enough apart.
func (r *reader) distance() (most int) {
	for _, laps := range r.laps {
		most = max(most, len(laps))
	}
	type owner struct {
		car race.CarIdx
		box string
	}
	passings := map[owner][]race.Micros{}
	for _, a := range r.arrivals {
		if p, ok := a.body.(race.Passing); ok && a.row > 0 && p.Line == 0 {
			whose := owner{car: p.Car}
			if p.Car == race.NoCar {
				whose.box = p.Source.Transponder
			}
			passings[whose] = append(passings[whose], a.at)
		}
	}
	for _, times := range passings {
		slices.Sort(times)
		laps, last := 0, race.Micros(0)
		for _, at := range times {
			if at-last >= race.F1(1).MinLap {
				laps, last = laps+1, at
			}
		}
		most = max(most, laps)
	}
	most = min(max(most, 1), race.LapsMax)
	if r.there(passingsFile) {
		r.note("%s names no distance: it is taken to be the most laps of a car, %d", headFile, most)
	}
	return most
}

// abortedStarts returns the laps missing to the scheduled distance for no other reason found in the laps.
func (r *reader) abortedStarts(rules race.RuleSet) int {
	short := r.head.scheduled() - r.head.Laps
	if r.there(passingsFile) || short <= 0 || r.head.Laps <= 0 || len(r.head.RedFlags) > 0 ||
		rules.RunningLimit > 0 && r.lastPassing() >= rules.RunningLimit {
		return 0
	}
	r.note("the race was %d laps short of its distance, with no red flag and time left: aborted starts", short)
	return short
}

// placedOrder is an order with the number of arrivals before it.
type placedOrder struct {
	order
	after int
}

// resolve finds the rows to which orders refer by the records of the exported log.
func (r *reader) resolve() error {
	passings, orders := map[int64]int{}, map[int64]*order{}
	for _, a := range r.arrivals {
		passings[a.seq] = a.row
	}
	for i := range r.orders {
		orders[r.orders[i].seq] = &r.orders[i]
	}
	for i := range r.orders {
		o := &r.orders[i]
		if o.ofSeq == 0 {
			continue
		}
		row, crossing := passings[o.ofSeq]
		of, order := orders[o.ofSeq]
		switch {
		case o.passing && crossing:
			o.of = row
		case order && of != o && (!o.passing || of.kind == "insert" || of.kind == "split"):
			o.of, o.passing = of.row, false
		default:
			return &Error{controlFile, o.row, fmt.Sprintf("of_seq is %d: expected the seq of what it is about in %s or %s",
				o.ofSeq, passingsFile, controlFile)}
		}
	}
	return nil
}

// allNumbered reports whether all rows have the number of their record in the exported log.
func (r *reader) allNumbered() bool {
	for _, a := range r.arrivals {
		if a.seq == 0 {
			return false
		}
	}
	for i := range r.orders {
		if r.orders[i].seq == 0 {
			return false
		}
	}
	return len(r.arrivals) > 0
}

// placedBySeq puts arrivals and orders into the order of the exported log.
func (r *reader) placedBySeq() ([]placedOrder, error) {
	slices.SortStableFunc(r.arrivals, func(a, b arrival) int { return cmp.Compare(a.seq, b.seq) })
	orders := make([]placedOrder, len(r.orders))
	for i, o := range r.orders {
		after, _ := slices.BinarySearchFunc(r.arrivals, o.seq, func(a arrival, seq int64) int { return cmp.Compare(a.seq, seq) })
		orders[i] = placedOrder{o, after}
	}
	slices.SortStableFunc(orders, func(a, b placedOrder) int { return cmp.Compare(a.seq, b.seq) })
	passings, seen := map[int]int{}, map[int]bool{}
	for i, a := range r.arrivals {
		passings[a.row] = i
	}
	for i := range orders {
		o := &orders[i]
		known := o.of == 0 || seen[o.of]
		if o.passing {
			at, there := passings[o.of]
			known = there && at < o.after
		}
		if !known {
			return nil, &Error{controlFile, o.row, "its seq is lower than that of what it is about: expected a higher one"}
		}
		seen[o.row] = true
	}
	return orders, nil
}

// placed sorts the orders by time and computes how many arrivals come before each: an order on the race or a car comes at its
// time, a ruling on passings or laps after all passings up to its time have arrived.
func (r *reader) placed() ([]placedOrder, error) {
	orders := make([]placedOrder, len(r.orders))
	for i, o := range r.orders {
		orders[i].order = o
	}
	slices.SortStableFunc(orders, func(a, b placedOrder) int { return cmp.Compare(a.at, b.at) })
	r.resumptions(orders)
	n := len(r.arrivals)
	soon, late := make([]race.Micros, n), make([]race.Micros, n) // the newest arrival so far, the oldest still to come
	for i, a := range r.arrivals {
		soon[i] = a.at
		if i > 0 {
			soon[i] = max(soon[i-1], a.at)
		}
	}
	for i := n - 1; i >= 0; i-- {
		late[i] = r.arrivals[i].at
		if i < n-1 {
			late[i] = min(late[i+1], late[i])
		}
	}
	place, floor := map[int]int{}, 0
	for i := range orders {
		o := &orders[i]
		times := late
		if o.urgent() {
			times = soon
		}
		o.after = max(floor, sort.Search(n, func(i int) bool { return times[i] > o.at }))
		switch {
		case o.passing:
			o.after = max(o.after, 1+slices.IndexFunc(r.arrivals, func(a arrival) bool { return a.row == o.of }))
		case o.of > 0:
			at, before := place[o.of]
			if !before {
				return nil, &Error{controlFile, o.row, fmt.Sprintf("of_row is %d, which comes later: expected a row before it in time", o.of)}
			}
			o.after = max(o.after, at)
		case o.kind == "end" || o.kind == "result":
			floor = o.after
		}
		place[o.row] = o.after
	}
	slices.SortStableFunc(orders, func(a, b placedOrder) int { return cmp.Compare(a.after, b.after) })
	return orders, nil
}

// urgent reports whether an order does not depend on earlier passings or laps.
func (o *order) urgent() bool {
	switch o.kind {
	case "clear", "yellow", "safety_car", "virtual_safety_car", "red", "start_aborted", "start",
		"chequered", "suspended", "resumed", "held", "released", "time", "drive_through", "stop_and_go", "retired", "did_not_start", "disqualified",
		"tyres":
		return true
	}
	return false
}

// resumptions converts red flags to suspensions, and the flags that clear them to resumptions.
func (r *reader) resumptions(orders []placedOrder) {
	open := 0 // the row of the current red flag
	for i := range orders {
		o := &orders[i]
		switch {
		case o.kind == "red", o.kind == "suspended":
			o.body = is(race.Suspended{})
			open = o.row
		case o.kind == "clear" && open > 0 && o.whole:
			o.body = is(race.Resumed{})
			open = 0
		case o.kind == "resumed", o.kind == "abandoned", o.kind == "undo" && o.of == open:
			open = 0
		}
	}
}

// starter returns the author of the start signal.
func (r *reader) starter() string {
	for _, o := range r.orders {
		if o.kind == "start" {
			return o.author
		}
	}
	return ""
}

// teamColours can be distinguished on dark and on light ground; they are assigned to the teams in alphabetical order.
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
		if r.entries[i].Colour == "" {
			r.entries[i].Colour = teamColours[at%len(teamColours)]
		}
	}
}
