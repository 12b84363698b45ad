package race

import "slices"

// EventsMax bounds the events that a board keeps; the store has the older ones.
const EventsMax = 500

// Board is the timing tower as a spectator sees it: the fold of a race's facts.
type Board struct {
	Seq     Seq
	Time    Micros
	Session SessionStatus
	Rows    []Row    // by CarIdx
	Order   []CarIdx // by position
	Events  []Event  // by CompareEvents, the newest EventsMax at least
	Result  *Classification
}

// Apply folds facts into the board. It returns false and does nothing if the board already has them.
func (b *Board) Apply(f *Facts) bool {
	if f.Seq <= b.Seq {
		return false
	}
	b.Seq, b.Time = f.Seq, f.Time
	for _, fact := range f.Facts {
		switch fact := fact.(type) {
		case RowChanged:
			for int(fact.Row.Car) >= len(b.Rows) {
				b.Rows = append(b.Rows, Row{Car: CarIdx(len(b.Rows))})
			}
			b.Rows[fact.Row.Car] = fact.Row
		case OrderChanged:
			for len(b.Order) < fact.From+len(fact.Cars) {
				b.Order = append(b.Order, NoCar)
			}
			copy(b.Order[fact.From:], fact.Cars)
		case EventHappened:
			b.withdraw(fact.Event.Name())
			b.insert(fact.Event)
		case EventWithdrawn:
			b.withdraw(fact.Event)
		case SessionStatusChanged:
			b.Session = fact.Session
		case ResultPublished:
			b.Result = &fact.Classification
		case LapCompleted, LapsWithdrawn, PassingJudged, RecordRefused: // the store keeps their history
		}
	}
	return true
}

func (b *Board) withdraw(name EventName) {
	for i := len(b.Events) - 1; i >= 0; i-- { // most amended events are recent
		if b.Events[i].Name() == name {
			b.Events = slices.Concat(b.Events[:i], b.Events[i+1:]) // spectators may still read the old slice
			return
		}
	}
}

func (b *Board) insert(e Event) {
	n := len(b.Events)
	if n == 0 || CompareEvents(b.Events[n-1], e) <= 0 {
		b.Events = append(b.Events, e)
	} else {
		at, _ := slices.BinarySearchFunc(b.Events, e, CompareEvents)
		b.Events = slices.Concat(b.Events[:at], []Event{e}, b.Events[at:])
	}
	if len(b.Events) > 2*EventsMax {
		b.Events = slices.Clone(b.Events[len(b.Events)-EventsMax:])
	}
}
