package live

import (
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lightsout/race"
	"lightsout/transport"
)

// crowd is a channel of a large field that a test publishes to.
type crowd struct {
	t   *testing.T
	ch  *channel
	seq race.Seq
}

func newCrowd(t *testing.T, cars int) *crowd {
	t.Helper()
	hub := NewHub(transport.Codec{}, nil)
	c := &crowd{t: t, ch: hub.open(race.Race{ID: "crowd", Lines: []race.Line{{Kind: race.LineFinish}}}, make([]race.Entry, cars), race.Board{})}
	order := make([]race.CarIdx, cars)
	var facts []race.Fact
	for i := range order {
		order[i] = race.CarIdx(i)
		facts = append(facts, race.RowChanged{Row: race.Row{Car: race.CarIdx(i)}})
	}
	c.publish(append(facts, race.OrderChanged{Cars: order})...)
	return c
}

func (c *crowd) publish(facts ...race.Fact) {
	c.seq++
	c.ch.publish([]race.Facts{{Seq: c.seq, Facts: facts}})
}

func (c *crowd) row(car race.CarIdx, laps int) {
	c.publish(race.RowChanged{Row: race.Row{Car: car, Laps: laps}})
}

func (c *crowd) join() *spectator {
	c.t.Helper()
	v := newSpectator(c.ch, nil)
	if err := c.ch.join(v); err != nil {
		c.t.Fatal(err)
	}
	if m := c.take(v); len(m) != 1 {
		c.t.Fatalf("%d messages after joining, expected a snapshot", len(m))
	}
	c.take(v) // its first look
	return v
}

// take returns the messages that a spectator takes now.
func (c *crowd) take(v *spectator) (out []transport.Message) {
	c.t.Helper()
	data, err := c.ch.take(v, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, d := range data {
		m, err := transport.Decode(d)
		if err != nil {
			c.t.Fatal(err)
		}
		out = append(out, m)
	}
	return out
}

// changes returns the rows and the order that a spectator takes now.
func (c *crowd) changes(v *spectator) (rows []race.CarIdx, order race.OrderChanged) {
	c.t.Helper()
	for _, m := range c.take(v) {
		facts, ok := m.(*race.Facts)
		if !ok {
			continue
		}
		for _, f := range facts.Facts {
			switch f := f.(type) {
			case race.RowChanged:
				rows = append(rows, f.Row.Car)
			case race.OrderChanged:
				if len(f.Cars) > 1 {
					order = f
				}
			default: // not of interest here
			}
		}
	}
	slices.Sort(rows)
	return rows, order
}

func TestNarrow_SendsRowsOfCarsInSightAndEventsOfAll(t *testing.T) {
	c := newCrowd(t, 5000)
	v := c.join()
	c.row(3, 1)
	c.row(4000, 1)
	if rows, _ := c.changes(v); !slices.Equal(rows, []race.CarIdx{3}) {
		t.Errorf("looking at the first places: rows of %v", rows)
	}
	c.ch.look(v, &race.Look{From: 3998, To: 4002, Cars: []race.CarIdx{70, -1, -1 << 31, 3999, 9999}})
	if rows, order := c.changes(v); !slices.Equal(rows, []race.CarIdx{70, 3998, 3999, 4000, 4001}) ||
		order.From != 3998 || !slices.Equal(order.Cars, []race.CarIdx{3998, 3999, 4000, 4001}) {
		t.Errorf("newly looked at: rows of %v, order %v", rows, order)
	}
	c.row(3, 2)
	c.row(70, 1)
	c.row(4001, 1)
	c.row(4001, 2)
	if rows, order := c.changes(v); !slices.Equal(rows, []race.CarIdx{70, 4001}) || order.Cars != nil {
		t.Errorf("still looking: rows of %v, order %v", rows, order)
	}
	c.publish(race.OrderChanged{From: 3999, Cars: []race.CarIdx{4500, 3999}}) // a car comes into sight
	if rows, order := c.changes(v); !slices.Equal(rows, []race.CarIdx{4500}) || !slices.Equal(order.Cars, []race.CarIdx{3998, 4500, 3999, 4001}) {
		t.Errorf("a car comes into sight: rows of %v, order %v", rows, order)
	}
	for _, f := range []race.Fact{
		race.EventHappened{Event: race.Event{Kind: race.EventRetired, Car: 17}}, race.PassingJudged{Seq: 9, Car: 17, Verdict: race.Suspect},
	} {
		c.publish(f)
		if m := c.take(v); len(m) != 1 {
			t.Errorf("%T of a car out of sight: %d messages", f, len(m))
		}
	}
	c.publish(race.PassingJudged{Seq: 10, Car: 17})
	if m := c.take(v); len(m) != 0 {
		t.Errorf("an accepted passing of a car out of sight: %v", m)
	}
}

func TestNarrow_SendsThePlacesOfTheLeaderAndOfNamedCars(t *testing.T) {
	c := newCrowd(t, 5000)
	v := c.join()
	c.ch.look(v, &race.Look{From: 100, To: 102, Cars: []race.CarIdx{101, 4000}})
	board := race.Board{Order: slices.Clone(c.ch.board.Order)}
	places := func() (singles []race.OrderChanged) {
		for _, m := range c.take(v) {
			if facts, ok := m.(*race.Facts); ok {
				board.Apply(facts)
				for _, f := range facts.Facts {
					if order, ok := f.(race.OrderChanged); ok && len(order.Cars) == 1 {
						singles = append(singles, order)
					}
				}
			}
		}
		return singles
	}
	single := func(place int, car race.CarIdx) race.OrderChanged {
		return race.OrderChanged{From: place, Cars: []race.CarIdx{car}}
	}
	if got, want := places(), []race.OrderChanged{single(0, 0), single(4000, 4000)}; !cmp.Equal(got, want) {
		t.Errorf("newly looked at: %v, expected %v", got, want)
	}
	c.publish(race.OrderChanged{From: 2000, Cars: []race.CarIdx{2001, 2000}})
	c.publish(race.OrderChanged{From: 3998, Cars: []race.CarIdx{4000, 3998, 3999}})
	if got, want := places(), []race.OrderChanged{single(3998, 4000)}; !cmp.Equal(got, want) {
		t.Errorf("a car that is looked at gains places: %v, expected %v", got, want)
	}
	c.publish(race.OrderChanged{From: 0, Cars: []race.CarIdx{1, 0}})
	if got, want := places(), []race.OrderChanged{single(0, 1)}; !cmp.Equal(got, want) {
		t.Errorf("a new leader: %v, expected %v", got, want)
	}
	c.publish(race.OrderChanged{From: 2000, Cars: []race.CarIdx{2000, 2001}})
	if got := places(); got != nil {
		t.Errorf("nothing in sight changed: %v", got)
	}
	if board.Order[0] != 1 || board.Order[3998] != 4000 {
		t.Errorf("the spectator has %v first and %v in place 3998", board.Order[0], board.Order[3998])
	}
}

// A spectator that reads slowly gets a snapshot in between: what it was sent before does not count any more.
func TestNarrow_SendsWhatIsInSightAgainAfterASnapshot(t *testing.T) {
	c := newCrowd(t, 5000)
	v := c.join()
	c.ch.look(v, &race.Look{From: 100, To: 103, Cars: []race.CarIdx{4000}})
	page := race.Board{Order: slices.Clone(c.ch.board.Order)}
	read := func() {
		for _, m := range c.take(v) {
			switch m := m.(type) {
			case *race.Facts:
				m.Seq = page.Seq + 1 // a look is answered under the number of the record before
				page.Apply(m)
			case *transport.Snapshot:
				page.Order = slices.Clone(m.Board.Order)
			}
		}
	}
	read()
	there := []race.Fact{race.OrderChanged{From: 3999, Cars: []race.CarIdx{4000, 3999}}, race.OrderChanged{From: 101, Cars: []race.CarIdx{102, 101}}}
	back := []race.Fact{race.OrderChanged{From: 3999, Cars: []race.CarIdx{3999, 4000}}, race.OrderChanged{From: 101, Cars: []race.CarIdx{101, 102}}}
	c.publish(there...)
	c.ch.base = c.seq // the ring was overrun
	read()
	c.publish(back...)
	read()
	read()
	if page.Order[4000] != 4000 || page.Order[101] != 101 || page.Order[102] != 102 {
		t.Errorf("places 101, 102 and 4000 are %d, %d and %d", page.Order[101], page.Order[102], page.Order[4000])
	}
}

func TestNarrow_ShowsAllCarsOnTheMapWithinAFewFrames(t *testing.T) {
	const cars = 2500
	c := newCrowd(t, cars)
	v := c.join()
	seen := map[race.CarIdx]bool{}
	for tick := race.Tick(1); tick <= 3; tick++ { // each frame shows the next 1,000 cars
		f := &race.Frame{Tick: tick, LapFraction: make([]uint16, cars), State: make([]race.CarState, cars)}
		f.LapFraction[5] = 77
		c.ch.setFrame(f)
		for _, m := range c.take(v) {
			switch m := m.(type) {
			case *race.CarsFrame:
				if m.Tick != tick || len(m.Cars) != 60 || m.LapFraction[5] != 77 {
					t.Fatalf("the cars in sight: %+v", m)
				}
			case *race.Frame:
				for car := range m.Cars() {
					seen[m.First+race.CarIdx(car)] = true
				}
			}
		}
	}
	if len(seen) != cars {
		t.Errorf("%d of %d cars were seen", len(seen), cars)
	}
}

func TestNarrow_SendsAtMost30KilobytesASecondForAnyFieldSize(t *testing.T) {
	for _, cars := range []int{400, 20_000, 100_000} {
		c := newCrowd(t, cars)
		v := c.join()
		rng := rand.New(rand.NewPCG(1, 2))
		order := make([]race.CarIdx, cars)
		for i := range order {
			order[i] = race.CarIdx(i)
		}
		largest := 0
		for tick := range race.Tick(50) {
			for range cars / 100 {
				car := race.CarIdx(rng.IntN(cars))
				c.publish(race.RowChanged{Row: race.Row{Car: car, Laps: int(tick), GapMS: int64(rng.IntN(100_000))}},
					race.LapCompleted{Lap: race.Lap{Car: car, Number: int(tick) + 1, DurationMS: 90_000}})
			}
			rng.Shuffle(cars, func(i, j int) { order[i], order[j] = order[j], order[i] })
			c.publish(race.OrderChanged{Cars: slices.Clone(order)})
			c.ch.setFrame(&race.Frame{Tick: tick, LapFraction: make([]uint16, cars), State: make([]race.CarState, cars)})
			data, err := c.ch.take(v, nil)
			if err != nil {
				t.Fatal(err)
			}
			sum := 0
			for _, d := range data {
				sum += len(d)
			}
			largest = max(largest, sum)
		}
		if t.Logf("%d cars: at most %d bytes at once", cars, largest); largest > 30_000/5 { // at five a second; here all places in sight change each time
			t.Errorf("%d cars: %d bytes at once", cars, largest)
		}
	}
}

func TestNarrow_SendsLargeLooksLessOften(t *testing.T) {
	c := newCrowd(t, 5000)
	v := newSpectator(c.ch, nil)
	if err := c.ch.join(v); err != nil {
		t.Fatal(err)
	}
	for name, step := range []struct {
		look   *race.Look
		longer bool
	}{{nil, false}, {&race.Look{From: 1000, To: 1010}, false}, {&race.Look{From: 2000, To: 2200}, true}} { // the first is a snapshot
		if step.look != nil {
			c.ch.look(v, step.look)
		}
		data, err := c.ch.take(v, nil)
		if err != nil {
			t.Fatal(err)
		}
		bytes := len(slices.Concat(data...))
		got := v.paceAfter(data, paceMany)
		if (got > paceMany) != step.longer || step.longer && float64(bytes)/got.Seconds() > 30_000 {
			t.Errorf("%d: %v after %d bytes", name, got, bytes)
		}
	}
}

func TestConflate_KeepsTheLastStateOfRowsOrderAndSession(t *testing.T) {
	got := conflate([]race.Fact{
		race.OrderChanged{From: 0, Cars: []race.CarIdx{1, 0, 2}}, race.RowChanged{Row: race.Row{Car: 1, Laps: 1}},
		race.SessionStatusChanged{Session: race.SessionStatus{LeaderLap: 1}}, race.OrderChanged{From: 1, Cars: []race.CarIdx{2, 0}},
		race.RowChanged{Row: race.Row{Car: 1, Laps: 2}}, race.OrderChanged{From: 7, Cars: []race.CarIdx{9}},
		race.SessionStatusChanged{Session: race.SessionStatus{LeaderLap: 2}},
	})
	board, want := race.Board{}, race.Board{}
	board.Apply(&race.Facts{Seq: 1, Facts: got})
	want.Apply(&race.Facts{Seq: 1, Facts: []race.Fact{
		race.OrderChanged{Cars: []race.CarIdx{1, 2, 0}}, race.RowChanged{Row: race.Row{Car: 1, Laps: 2}},
		race.SessionStatusChanged{Session: race.SessionStatus{LeaderLap: 2}}, race.OrderChanged{From: 7, Cars: []race.CarIdx{9}},
	}})
	if len(got) != 4 || !slices.Equal(board.Order[:3], want.Order[:3]) || board.Order[7] != 9 || board.Rows[1].Laps != 2 || board.Session.LeaderLap != 2 {
		t.Errorf("%d facts, %+v, expected %+v", len(got), board, want)
	}
}

// window is a socket that notes how old each frame is when it is sent.
type window struct {
	began time.Time
	ages  []time.Duration
}

func (w *window) Send(data []byte, _ time.Time) error {
	if m, err := transport.Decode(data); err == nil {
		if f, ok := m.(*race.CarsFrame); ok {
			w.ages = append(w.ages, time.Since(w.began)-time.Duration(f.Time)*time.Microsecond)
		}
	}
	return nil
}

func (*window) CloseWith(int, string) {}

func TestNarrow_SendsFramesAsSoonAsTheyArePublished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 400)
		w := &window{began: time.Now()}
		v := newSpectator(c.ch, w)
		if err := c.ch.join(v); err != nil {
			t.Fatal(err)
		}
		go v.watch(time.Second, time.Second)
		for range 50 {
			time.Sleep(100 * time.Millisecond)
			at := race.Micros(time.Since(w.began).Microseconds())
			c.ch.setFrame(&race.Frame{Time: at, LapFraction: make([]uint16, 400), State: make([]race.CarState, 400)})
		}
		v.cut(0, "")
		synctest.Wait()
		if len(w.ages) < 20 || slices.Max(w.ages[2:]) > 10*time.Millisecond {
			t.Errorf("%d frames, with these ages: %v", len(w.ages), w.ages)
		}
	})
}
