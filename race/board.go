package race

// EventsMax bounds the events that a board remembers; older ones are in the store.
const EventsMax = 500

// Board is the timing tower as a spectator sees it: the fold of a race's facts.
type Board struct {
	Seq    Seq
	Time   Micros
	Head   Head
	Rows   []Row    // by CarIdx
	Order  []CarIdx // by position
	Events []Event  // oldest first, the newest EventsMax
	Result *Classification
}

// Apply folds facts into the board and reports whether they were news.
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
			b.Events = append(b.Events, fact.Event)
			if len(b.Events) > 2*EventsMax {
				b.Events = append([]Event(nil), b.Events[len(b.Events)-EventsMax:]...)
			}
		case HeadChanged:
			b.Head = fact.Head
		case ResultPublished:
			b.Result = &fact.Classification
		case LapCompleted, LapsWithdrawn, PassingJudged, RecordRefused: // history, kept by the store
		}
	}
	return true
}
