package document

import (
	"cmp"
	"slices"

	"lightsout/race"
)

// States of a penalty in its document.
const (
	stateAdded    = "added"      // to the race time
	stateServed   = "served"     // it adds nothing
	stateUnserved = "not_served" // so it adds time
	stateRemoved  = "removed"    // it was undone
	stateInForce  = "in_force"   // a deletion or a disqualification
)

var stateLabels = map[string]string{
	stateAdded: "Added", stateServed: "Served", stateUnserved: "Not served", stateRemoved: "Removed", stateInForce: "In force",
}

// ruling is a penalty and its state.
type ruling struct {
	record race.Record
	car    race.CarIdx
	kind   string
	amount int64 // ms; -1 means none
	lap    int   // the deleted lap, or the car's lap then; after its race its last lap
	reason string
	state  string
	by     race.Record // the record that settled it; without Seq none did
	why    string
}

// penalties lists the rulings of the stewards: car, reason, author, and whether it was served or removed.
func penalties(in *Input, d *Document) {
	d.Title = "Penalties"
	d.Columns = append([]Column{
		{Name: "seq", Kind: Number, Label: "Doc"}, {Name: "time", Unit: "ms", Kind: Time, Label: "Given at"},
	}, who()...)
	d.Columns = append(d.Columns,
		Column{Name: "full_name", Label: "Driver"}, Column{Name: "kind", Label: "Penalty"},
		Column{Name: "amount", Unit: "ms", Kind: Gap, Label: "Time"}, Column{Name: "lap", Kind: Number, Label: "Lap"},
		Column{Name: "reason", Label: "Reason"}, Column{Name: "decided_by", Label: "Decided by"},
		Column{Name: "state", Label: "State"}, Column{Name: "settled_by", Label: "Settled by"}, Column{Name: "settled_reason"})
	for _, r := range in.rulings() {
		state := text(r.state).as(stateLabels[r.state])
		if r.state == stateRemoved {
			state = state.set("weak")
		}
		settled := text(r.by.Author)
		if r.why != "" {
			settled = settled.as(race.Isolated(r.by.Author) + ": " + race.Isolated(r.why))
		}
		d.add("", []Cell{number(int(r.record.Seq)), millis(r.record.Time.Millis())}, in.who(r.car), []Cell{
			text(in.entry(r.car).Name), text(r.kind).as(kindLabels[r.kind]), amount(r.amount), positive(r.lap),
			text(r.reason), text(r.record.Author), state, settled, text(r.why),
		})
	}
	if len(d.Rows) == 0 {
		d.note("No penalty was given.")
	}
}

func amount(ms int64) Cell {
	if ms < 0 {
		return Cell{}
	}
	return penalty(ms)
}

const (
	kindLapDeleted   = "lap_deleted"
	kindDisqualified = "disqualified"
)

var kindLabels = map[string]string{
	race.PenaltyTime.String(): "Time", race.PenaltyDriveThrough.String(): "Drive-through",
	race.PenaltyStopAndGo.String(): "Stop-and-go", kindLapDeleted: "Lap deleted", kindDisqualified: "Disqualified",
}

// rulings returns the penalties by record, with the records that settled them.
func (in *Input) rulings() []ruling {
	records := slices.Clone(in.Rulings)
	slices.SortStableFunc(records, func(a, b race.Record) int { return cmp.Compare(a.Seq, b.Seq) })
	undone := undoings(records)
	served := map[race.Seq]race.Record{}
	for _, r := range records {
		if b, ok := r.Body.(race.PenaltyServed); ok && undone[r.Seq].Seq == 0 {
			served[b.Penalty] = r
		}
	}
	var out []ruling
	laps := in.lapIndex()
	for _, r := range records {
		one := ruling{record: r, amount: -1, state: stateInForce}
		switch b := r.Body.(type) {
		case race.Penalised:
			one.car, one.kind, one.reason, one.amount = b.Car, b.Kind.String(), b.Reason, in.amount(b)
			one.lap = laps.at(&r, b.Car)
			one.state = stateAdded
			if b.Kind != race.PenaltyTime {
				one.state = stateUnserved
			}
			if by, ok := served[r.Seq]; ok {
				one.state, one.by = stateServed, by
			}
		case race.LapDeleted:
			one.car, one.kind, one.reason, one.lap = b.Car, kindLapDeleted, b.Reason, laps.deleted(b)
		case race.CarDisqualified:
			one.car, one.kind, one.reason = b.Car, kindDisqualified, b.Reason
			one.lap = laps.at(&r, b.Car)
		default:
			continue
		}
		if by := undone[r.Seq]; by.Seq > 0 {
			one.state, one.by = stateRemoved, by
			if u, ok := by.Body.(race.Undone); ok {
				one.why = u.Reason
			}
		}
		out = append(out, one)
	}
	return out
}

// lapIndex finds the laps to which rulings belong.
type lapIndex struct {
	emitted  map[race.Seq]int        // the lap of a ruling's event
	ends     map[race.CarIdx][]int64 // race time at the end of each lap, in ms
	passings map[race.Seq]int        // the number of the lap that a passing ended
	finished map[race.CarIdx]bool    // took the chequered flag
	distance int
}

func (in *Input) lapIndex() *lapIndex {
	x := &lapIndex{
		emitted: map[race.Seq]int{}, ends: map[race.CarIdx][]int64{}, passings: map[race.Seq]int{}, finished: map[race.CarIdx]bool{}, distance: in.Distance,
	}
	for i := range in.Events {
		if e := &in.Events[i]; e.Kind == race.EventPenalty || e.Kind == race.EventDisqualified {
			x.emitted[e.Of] = e.Lap
		}
	}
	for _, l := range in.lapsByCar() {
		x.ends[l.Car] = append(x.ends[l.Car], l.EndMS)
		if l.Passing > 0 {
			x.passings[l.Passing] = l.Number
		}
	}
	for _, e := range in.Result.Entries {
		x.finished[e.Car] = e.Status == race.StatusFinished
	}
	return x
}

// at returns the lap that a car was on when a ruling was given. A ruling that was undone has no event.
func (x *lapIndex) at(r *race.Record, car race.CarIdx) int {
	if lap, ok := x.emitted[r.Seq]; ok {
		return lap
	}
	ends := x.ends[car]
	done, _ := slices.BinarySearch(ends, r.Time.Millis()+1)
	lap := done + 1
	switch {
	case x.finished[car]:
		lap = min(lap, len(ends))
	case x.distance > 0:
		lap = min(lap, x.distance)
	}
	return max(lap, 1)
}

// deleted returns the current number of a deleted lap: laps before it may have been split or removed since.
func (x *lapIndex) deleted(b race.LapDeleted) int {
	if lap, ok := x.passings[b.Passing]; ok {
		return lap
	}
	return b.Lap
}

// undoings returns the records that undo others and are not undone themselves, by the record that they undo.
func undoings(records []race.Record) map[race.Seq]race.Record {
	out := map[race.Seq]race.Record{}
	for i := len(records) - 1; i >= 0; i-- { // an undoing comes after what it undoes
		if u, ok := records[i].Body.(race.Undone); ok && out[records[i].Seq].Seq == 0 {
			out[u.Of] = records[i]
		}
	}
	return out
}

// amount returns what a penalty adds if it is not served, in ms.
func (in *Input) amount(p race.Penalised) int64 {
	switch {
	case p.Amount > 0:
		return p.Amount.Millis()
	case p.Kind == race.PenaltyDriveThrough:
		return in.Race.Rules.DriveThrough.Millis()
	case p.Kind == race.PenaltyStopAndGo:
		return in.Race.Rules.StopAndGo.Millis()
	}
	return -1
}
