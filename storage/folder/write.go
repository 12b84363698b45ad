package folder

import (
	"slices"

	"lightsout/race"
)

// writer numbers the records.
type writer struct {
	out      []race.Record
	rows     map[int]race.Seq // of control.csv
	passings map[int]race.Seq // of passings.csv
	last     race.Micros
}

func (w *writer) add(at race.Micros, author string, b race.Body) race.Seq {
	seq := race.Seq(len(w.out) + 1)
	w.out = append(w.out, race.Record{Seq: seq, Time: at, Author: author, Body: b})
	w.last = max(w.last, at)
	return seq
}

func (w *writer) order(o *order) {
	of := w.rows[o.of]
	if o.passing {
		of = w.passings[o.of]
	}
	w.rows[o.row] = w.add(o.at, o.author, o.body(of))
}

// narrator adds arrivals and orders to the records, and the start and the end if no row gives them.
type narrator struct {
	r            *reader
	w            *writer
	next         int  // index of the next arrival
	begun, ended bool // start and end are written
	inLog        bool // the start is at its place in the exported log
}

func (r *reader) write(w *writer, orders []placedOrder) {
	t := &narrator{r: r, w: w}
	t.inLog = r.numbered && slices.ContainsFunc(orders, func(o placedOrder) bool { return o.kind == "start" })
	for i := range orders {
		t.until(orders[i].after)
		t.take(&orders[i].order)
	}
	t.until(len(r.arrivals))
	t.end()
}

func (t *narrator) start() {
	if !t.begun && !t.inLog {
		t.w.add(0, t.r.starter(), race.Started{})
		t.begun = true
	}
}

func (t *narrator) end() {
	if t.start(); !t.ended {
		t.w.add(t.w.last, "", race.Ended{})
		t.ended = true
	}
}

// until adds the arrivals before the n-th.
func (t *narrator) until(n int) {
	for ; t.next < n; t.next++ {
		a := &t.r.arrivals[t.next]
		if _, dns := a.body.(race.CarNotStarted); !dns {
			t.start()
		}
		t.w.passings[a.row] = t.w.add(a.at, "", a.body)
	}
}

func (t *narrator) take(o *order) {
	switch o.kind {
	case "start":
		if !t.inLog { // the start must precede this order
			return
		}
		t.begun = true
	case "did_not_start", "start_aborted":
	case "end":
		t.start()
		t.ended = true
	case "result":
		if !t.r.numbered {
			t.until(len(t.r.arrivals))
			t.end()
		}
	default:
		t.start()
	}
	t.w.order(o)
}
