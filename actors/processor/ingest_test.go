package processor_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/anthdm/hollywood/actor"

	"lightsout/actors/processor"
	"lightsout/actors/supervise"
	"lightsout/race"
	"lightsout/storage/memory"
)

// heldJournal commits when it is let.
type heldJournal struct {
	processor.Journal
	mu     sync.Mutex
	held   []func()
	hold   bool
	appear chan struct{} // a batch came
}

func (j *heldJournal) Append(b *race.Batch, ready func(error)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.hold {
		j.Journal.Append(b, ready)
		return
	}
	j.held = append(j.held, func() { j.Journal.Append(b, ready) })
	j.appear <- struct{}{}
}

func (j *heldJournal) release() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.hold = false
	for _, commit := range j.held {
		commit()
	}
}

type noSpectators struct{}

func (noSpectators) Open(race.Race, []race.Entry)      {}
func (noSpectators) Publish(race.ID, []race.Facts)     {}
func (noSpectators) Picture(id race.ID, f *race.Frame) {}

type house struct {
	t       *testing.T
	system  *supervise.System
	root    *actor.PID
	journal *heldJournal
}

func mustHouse(t *testing.T) *house {
	t.Helper()
	system, err := supervise.NewSystem(supervise.Config{})
	if err != nil {
		t.Fatal(err)
	}
	store := memory.New()
	h := &house{t: t, system: system, journal: &heldJournal{Journal: store, appear: make(chan struct{}, 100)}}
	h.root = system.Spawn(supervise.Spec{Kind: "processor", ID: "1", Producer: processor.Producer(processor.Config{
		Journal: h.journal, Spectators: noSpectators{}, Log: slog.New(slog.DiscardHandler),
	})})
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := errors.Join(system.Stop(ctx), store.Close()); err != nil {
			t.Error(err)
		}
	})
	return h
}

func (h *house) ask(msg any) *actor.Response {
	return h.system.Engine().Request(h.root, msg, time.Minute)
}

func (h *house) answer(r *actor.Response) processor.Ingested {
	h.t.Helper()
	v, err := r.Result()
	taken, ok := v.(processor.Ingested)
	if err != nil || !ok {
		h.t.Fatalf("answered %v, %v", v, err)
	}
	return taken
}

func (h *house) open(id race.ID) {
	h.t.Helper()
	in := &race.Report{New: true, Records: []race.Record{
		{Body: race.Announced{Race: race.Race{ID: id, Rules: race.Kart(1000), Lines: []race.Line{{Kind: race.LineFinish, Sector: 3}}}}},
		{Body: race.Entered{Entry: race.Entry{Number: 1}}}, {Body: race.Started{}},
	}}
	if taken := h.answer(h.ask(processor.Ingest{ID: id, Report: in})); taken.Err != nil || taken.Result.Last != 3 {
		h.t.Fatalf("answered %+v", taken)
	}
}

func samples(n int) *race.Report { return &race.Report{Samples: make([]race.Sample, n)} }

func TestIngest_AnswersWhenTheBatchIsDurableAndBoundsWhatIsInFlight(t *testing.T) {
	h := mustHouse(t)
	h.open("r")
	h.journal.hold = true
	first := h.ask(processor.Ingest{ID: "r", Report: samples(150_000)})
	<-h.journal.appear // it is on the way, and not durable
	if taken := h.answer(h.ask(processor.Ingest{ID: "r", Report: samples(150_000)})); !errors.Is(taken.Err, race.ErrBusy) {
		t.Errorf("answered %+v, expected that it is busy", taken)
	}
	second := h.ask(processor.Ingest{ID: "r", Report: samples(10)})
	<-h.journal.appear
	h.journal.release()
	for i, r := range []*actor.Response{first, second} {
		if taken := h.answer(r); taken.Err != nil || taken.Result.Samples != []int{150_000, 10}[i] {
			t.Errorf("answered %+v", taken)
		}
	}
}

func TestIngest_RepeatedReportIsAnsweredWhenTheFirstIsDurable(t *testing.T) {
	h := mustHouse(t)
	h.open("r")
	h.journal.hold = true
	passing := &race.Report{Records: []race.Record{{Time: 30 * race.Second, Body: race.Passing{Source: &race.Source{Decoder: "d", Sequence: 1}}}}}
	named := &race.Report{Key: "k", Hash: 1, Records: []race.Record{{Time: 60 * race.Second, Body: race.Passing{}}}}
	var asked []*actor.Response
	for _, in := range []*race.Report{passing, named} {
		asked = append(asked, h.ask(processor.Ingest{ID: "r", Report: in}))
		<-h.journal.appear
	}
	again, namedAgain := h.ask(processor.Ingest{ID: "r", Report: passing}), h.ask(processor.Ingest{ID: "r", Report: named})
	other := h.ask(processor.Ingest{ID: "r", Report: &race.Report{Key: "k", Hash: 2}})
	if taken := h.answer(other); !errors.Is(taken.Err, race.ErrKeyReused) { // the repeats before it were handled, and wait
		t.Errorf("answered %+v", taken)
	}
	h.journal.release()
	for _, r := range asked {
		if taken := h.answer(r); taken.Err != nil || taken.Result.Records != 1 {
			t.Errorf("answered %+v", taken)
		}
	}
	if taken := h.answer(again); taken.Err != nil || taken.Result.Repeated != 1 || taken.Result.Records != 0 {
		t.Errorf("the repeat was answered %+v", taken)
	}
	if taken := h.answer(namedAgain); taken.Err != nil || !taken.Result.Again || taken.Result.First != 5 {
		t.Errorf("the repeat of a name was answered %+v", taken)
	}
}

func TestIngest_RefusesReportsThatHaveNoPlaceInTheLog(t *testing.T) {
	h := mustHouse(t)
	if taken := h.answer(h.ask(processor.Ingest{ID: "none", Report: samples(1)})); !errors.Is(taken.Err, race.ErrNotFound) {
		t.Errorf("answered %+v", taken)
	}
	h.open("r")
	if taken := h.answer(h.ask(processor.Ingest{ID: "r", Report: &race.Report{New: true}})); !errors.Is(taken.Err, race.ErrConflict) {
		t.Errorf("answered %+v", taken)
	}
	twice := &race.Report{Records: []race.Record{{Body: race.Started{}}}}
	if taken := h.answer(h.ask(processor.Ingest{ID: "r", Report: twice})); taken.Err != nil || len(taken.Result.Refused) != 1 || taken.Result.Refused[0].Seq != 4 {
		t.Errorf("answered %+v, expected that the rulebook refuses a second start", taken)
	}
}

func TestProcessor_ForgottenRaceIsRestoredFromItsLog(t *testing.T) {
	h := mustHouse(t)
	h.open("r")
	for n := range 3 {
		forgotten, err := h.ask(processor.Forget{ID: "r"}).Result()
		if _, ok := forgotten.(processor.Forgotten); !ok || err != nil {
			t.Fatalf("answered %v, %v", forgotten, err)
		}
		in := &race.Report{Records: []race.Record{{Time: race.Micros(n+1) * 30 * race.Second, Body: race.Passing{}}}}
		if taken := h.answer(h.ask(processor.Ingest{ID: "r", Report: in})); taken.Err != nil || taken.Result.First != race.Seq(4+n) {
			t.Errorf("answered %+v", taken)
		}
	}
	v, err := h.ask(processor.GetClassification{ID: "r"}).Result()
	c, ok := v.(processor.Classification)
	if err != nil || !ok || c.Err != nil || c.Result.Entries[0].Laps != 3 {
		t.Errorf("answered %+v, %v", v, err)
	}
}
