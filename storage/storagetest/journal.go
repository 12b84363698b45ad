package storagetest

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lightsout/race"
)

// Journal is the part of a store that all stores have.
type Journal interface {
	Append(b *race.Batch, ready func(error))
	AppendFacts(id race.ID, facts []race.Facts)
	Load(id race.ID, ready func(race.Position, error))
	Read(id race.ID, after race.Seq, limit int, ready func([]race.Record, error))
	Close() error
}

// text is a snapshot for tests.
type text string

// AppendBinary implements race.Snapshot.
func (s text) AppendBinary(b []byte) ([]byte, error) { return append(b, s...), nil }

// Batches returns a small race in batches: an announcement, and three ticks. Records are numbered.
func Batches(id race.ID) []*race.Batch {
	seq := race.Seq(0)
	batch := func(count uint64, bodies ...race.Body) *race.Batch {
		b := &race.Batch{Race: id, Count: count, Snapshot: text(fmt.Sprintf("after %d", count))}
		for _, body := range bodies {
			seq++
			b.Records = append(b.Records, race.Record{Seq: seq, Time: race.Micros(count) * 1000, RecordedAt: 1, Body: body})
		}
		if count > 1 {
			b.Frame = frame(race.Tick(count))
		}
		return b
	}
	info := race.Race{
		ID: id, Name: "A race", Circuit: "c", CircuitText: "circuit c\n", Cars: 2, Seed: 1<<64 - 1, TickHz: 10, Speed: 2,
		Lines: []race.Line{{Kind: race.LineFinish, Sector: 3}}, Rules: race.F1(2),
	}
	return []*race.Batch{
		batch(1, race.Announced{Race: info}, race.Entered{Entry: race.Entry{Number: 7, Code: "AAA", Colour: "ff0000", Grid: 1}},
			race.Entered{Entry: race.Entry{Number: 9, Code: "BBB", Colour: "00ff00", Grid: 2}}, race.Started{}),
		batch(2, race.Passing{Car: 0, Line: 0}, race.Passing{Car: 1, Line: 0, InPit: true, SpeedKMH: 80}),
		batch(3),
		batch(4, race.CarRetired{Car: 1, Reason: "engine"}, race.Ended{}),
	}
}

func frame(tick race.Tick) *race.Frame {
	return &race.Frame{
		Tick: tick, Time: race.Micros(tick) * 100_000, LapFraction: []uint16{uint16(tick) * 100, 65535},
		State: []race.CarState{race.Running, race.InPit}, Lap: []uint16{1, 2}, SpeedDKMH: []uint16{3000, uint16(tick)},
		RPM50: []uint8{200, 100}, Throttle: []uint8{100, 0}, Brake: []uint8{0, 100}, GearDRS: []uint8{8 | race.DRSOpen, 1},
	}
}

// MustAppend appends a batch and waits until it is durable.
func MustAppend(t testing.TB, j Journal, b *race.Batch) {
	t.Helper()
	done := make(chan error, 1)
	j.Append(b, func(err error) { done <- err })
	if err := <-done; err != nil {
		t.Fatalf("append batch %d: %v", b.Count, err)
	}
}

// MustLoad returns the position of a race.
func MustLoad(t testing.TB, j Journal, id race.ID) race.Position {
	t.Helper()
	type answer struct {
		p   race.Position
		err error
	}
	done := make(chan answer, 1)
	j.Load(id, func(p race.Position, err error) { done <- answer{p, err} })
	a := <-done
	if a.err != nil {
		t.Fatal(a.err)
	}
	return a.p
}

// MustRead reads records.
func MustRead(t *testing.T, j Journal, id race.ID, after race.Seq, limit int) []race.Record {
	t.Helper()
	type answer struct {
		r   []race.Record
		err error
	}
	done := make(chan answer, 1)
	j.Read(id, after, limit, func(r []race.Record, err error) { done <- answer{r, err} })
	a := <-done
	if a.err != nil {
		t.Fatal(a.err)
	}
	return a.r
}

// Contract tests every journal. open returns an empty one.
func Contract(t *testing.T, open func(t *testing.T) Journal) {
	mustOpen := func(t *testing.T) Journal {
		t.Helper()
		j := open(t)
		t.Cleanup(func() {
			if err := j.Close(); err != nil {
				t.Error(err)
			}
		})
		return j
	}
	t.Run("an unknown race has an empty position", func(t *testing.T) {
		if p := MustLoad(t, mustOpen(t), "none"); p.Seq != 0 || p.Count != 0 || p.Info != nil || p.Snapshot != nil {
			t.Errorf("got %+v", p)
		}
	})
	t.Run("what was appended is read in order, page by page", func(t *testing.T) { readsPages(t, mustOpen(t)) })
	t.Run("the position is that of the last batch", func(t *testing.T) { tellsPosition(t, mustOpen(t)) })
	t.Run("answers come in the order of the calls", func(t *testing.T) { answersInOrder(t, mustOpen(t)) })
	t.Run("the keys of reports are returned in order", func(t *testing.T) { remembersRequests(t, mustOpen(t)) })
	t.Run("an existing record is refused and nothing changes", func(t *testing.T) { refusesDoubles(t, mustOpen(t)) })
}

func readsPages(t *testing.T, j Journal) {
	var want []race.Record
	for _, b := range Batches("r") {
		MustAppend(t, j, b)
		want = append(want, b.Records...)
	}
	var got []race.Record
	for {
		page := MustRead(t, j, "r", race.Seq(len(got)), 3)
		if len(page) == 0 {
			break
		}
		got = append(got, page...)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func tellsPosition(t *testing.T, j Journal) {
	for _, b := range Batches("r") {
		MustAppend(t, j, b)
		p := MustLoad(t, j, "r")
		if p.Count != b.Count || string(p.Snapshot) != fmt.Sprintf("after %d", b.Count) {
			t.Errorf("after batch %d: %d, %q", b.Count, p.Count, p.Snapshot)
		}
		if n := len(b.Records); n > 0 && p.Seq != b.Records[n-1].Seq {
			t.Errorf("after batch %d: seq %d", b.Count, p.Seq)
		}
		if p.Info == nil || p.Info.ID != "r" {
			t.Errorf("after batch %d: the race info is %+v", b.Count, p.Info)
		}
	}
}

func remembersRequests(t *testing.T, j Journal) {
	MustAppend(t, j, Batches("r")[0])
	want := []race.Request{
		{Key: "b", Hash: 1<<63 + 5, First: 5, Records: 1, Samples: 2, Repeated: 3}, {Key: "a", Hash: 7, First: 6},
	}
	MustAppend(t, j, &race.Batch{Race: "r", Count: 2, Request: &want[0], Records: []race.Record{
		{Seq: 5, Time: 1, RecordedAt: 1, Body: race.Passing{}},
	}})
	MustAppend(t, j, &race.Batch{Race: "r", Count: 3, Request: &want[1]})
	p := MustLoad(t, j, "r")
	if diff := cmp.Diff(want, p.Requests); diff != "" || p.Count != 3 || p.Seq != 5 {
		t.Errorf("position %d, %d: %s", p.Count, p.Seq, diff)
	}
}

func answersInOrder(t *testing.T, j Journal) {
	order := make(chan int, 10)
	for i, b := range Batches("r") {
		j.Append(b, func(error) { order <- 2 * i })
		j.Load("r", func(race.Position, error) { order <- 2*i + 1 })
	}
	for i := range 8 {
		if got := <-order; got != i {
			t.Fatalf("answer %d came as number %d", got, i)
		}
	}
}

func refusesDoubles(t *testing.T, j Journal) {
	batches := Batches("r")
	MustAppend(t, j, batches[0])
	again := make(chan error, 1)
	j.Append(batches[0], func(err error) { again <- err })
	if err := <-again; err == nil {
		t.Error("the same records were accepted twice")
	}
	MustAppend(t, j, batches[1])
	if n := len(MustRead(t, j, "r", 0, 100)); n != 6 {
		t.Errorf("%d records, expected 6", n)
	}
}
