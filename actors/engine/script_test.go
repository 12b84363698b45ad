package engine

import (
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lightsout/actors/simulator"
	"lightsout/actors/supervise"
	"lightsout/race"
	"lightsout/race/drive"
	"lightsout/storage/memory"
)

// kept is a batch with the snapshot that it carried.
type kept struct {
	race.Batch
	Field []byte
}

// shared is a link that keeps batches as a shared log would, and acknowledges each at once.
type shared struct {
	mu      sync.Mutex
	batches []kept
	more    sync.Cond
}

func newShared() *shared {
	s := &shared{}
	s.more.L = &s.mu
	return s
}

// until waits for a number of batches, or for the race's end.
func (s *shared) until(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.batches) < n && !s.over() {
		s.more.Wait()
	}
}

func (s *shared) over() bool {
	n := len(s.batches)
	return n > 0 && len(s.batches[n-1].Records) > 0 && s.batches[n-1].Records[len(s.batches[n-1].Records)-1].Body == race.Body(race.Ended{})
}

func (s *shared) Submit(b *race.Batch, ack func(race.Ack)) {
	s.mu.Lock()
	if n := len(s.batches); n == 0 || b.Count > s.batches[n-1].Count {
		field, err := b.Snapshot.AppendBinary(nil)
		if err != nil {
			panic(err)
		}
		k := kept{*b, field}
		k.Snapshot = nil
		s.batches = append(s.batches, k)
	}
	s.more.Broadcast()
	s.mu.Unlock()
	ack(race.Ack{Count: b.Count})
}

// run starts a race whose batches go to the link, and waits for its end. command, if there is one, is called while it runs.
func (s *shared) run(t *testing.T, start simulator.StartRace, fault func(supervise.Strike), command func(*Engine)) error {
	t.Helper()
	watch := &ends{over: make(chan string, 1)}
	e, err := New(Config{
		Journal: memory.New(), Spectators: NewWatcher(), Observer: watch, Log: slog.New(slog.DiscardHandler), Fault: killsOnly(fault),
		Link: func(simulator.Link) simulator.Link { return s },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Stop(t.Context())
	if err := e.Start(start); err != nil {
		return err
	}
	if command != nil {
		command(e)
	}
	select {
	case why := <-watch.over:
		if why != "" {
			t.Log(why)
			return simulator.ErrMadeOtherwise
		}
	case <-time.After(time.Minute):
		t.Fatal("the race does not end")
	}
	return nil
}

type ends struct{ over chan string }

func (e *ends) RaceOver(race.ID)                    { e.over <- "" }
func (e *ends) RaceFailed(_ race.ID, reason string) { e.over <- reason }

var scriptOrder = race.Order{Circuit: "kartwerk", Cars: 5, Laps: 3, Seed: 11, TickHz: 10, Speed: 1000}

// commanded runs a race under random commands. Some are refused; those are not in the log.
func commanded(t *testing.T, seed uint64) []kept {
	t.Helper()
	info, model := mustMake(t, scriptOrder, "script")
	r := rand.New(rand.NewPCG(seed, 1))
	log := newShared()
	err := log.run(t, simulator.StartRace{Info: info, Model: model, Start: seed%2 == 0}, nil, func(e *Engine) {
		control := func(c race.Control) any { return simulator.ControlRace{ID: "control", Control: c} }
		rule := func(b race.Body) any {
			return simulator.RuleRace{ID: "rule", Record: race.Record{Time: race.NoTime, Author: "steward", Body: b}}
		}
		do := func(command any) { _, _ = e.Command(t.Context(), info.ID, command) } // some come too late, and that is right
		do(control(race.ControlStart))
		for n := range 12 {
			log.until(2 + 80*n + r.IntN(60))
			switch car := race.CarIdx(r.IntN(scriptOrder.Cars)); r.IntN(8) {
			case 0:
				do(control(race.ControlPause))
				do(rule(race.Penalised{Car: car, Kind: race.PenaltyTime, Amount: 5 * race.Second}))
				do(control(race.ControlResume))
			case 1:
				do(rule(race.FlagShown{Flag: race.FlagYellow}))
			case 2:
				do(rule(race.FlagShown{Flag: race.FlagClear}))
			case 3:
				do(rule(race.Suspended{}))
				do(rule(race.Resumed{}))
			case 4:
				do(rule(race.CarDisqualified{Car: car, Reason: "weight"}))
			case 5:
				do(rule(race.CarRetired{Car: car, Reason: "puncture"}))
			default:
				do(simulator.CommandCars{ID: "pit", Inputs: drive.Inputs{PitCall: []race.CarIdx{car}}, Author: "wall"})
			}
		}
		if seed%3 == 0 {
			do(control(race.ControlStop))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return log.batches
}

// successor starts a race again after its first n batches, with the others as its script.
func successor(t *testing.T, was []kept, n int) simulator.StartRace {
	t.Helper()
	info, model := mustMake(t, scriptOrder, "script")
	start := simulator.StartRace{Info: info, Model: model}
	for i := range was[n:] {
		start.Script = append(start.Script, was[n+i].Made())
	}
	if n > 0 {
		start.From = &race.Position{Count: was[n-1].Count, Snapshot: was[n-1].Field}
		for _, b := range was[:n] {
			start.From.Seq += race.Seq(len(b.Records))
		}
	}
	return start
}

func TestScript_MakesEveryBatchAgain(t *testing.T) {
	seeds := uint64(4)
	if testing.Short() {
		seeds = 1
	}
	for seed := range seeds {
		was := commanded(t, seed)
		r := rand.New(rand.NewPCG(seed, 2))
		for try := range 4 {
			n := r.IntN(len(was))
			if try == 0 {
				n = 0 // from the grid
			}
			var killed sync.Once
			fault := func(at supervise.Strike) { // the race dies amid the script
				if at.Kind == "race" && try%2 == 1 {
					if _, ok := at.Message.(*simulator.RowDone); ok {
						killed.Do(func() { panic("killed") })
					}
				}
			}
			again := newShared()
			if err := again.run(t, successor(t, was, n), fault, nil); err != nil {
				t.Fatalf("seed %d from %d: %v", seed, n, err)
			}
			if diff := cmp.Diff(was[n:], again.batches); diff != "" {
				t.Fatalf("seed %d from %d of %d: %s", seed, n, len(was), diff)
			}
		}
	}
}

func TestScript_ThatCannotBeRightFailsTheRace(t *testing.T) {
	was := commanded(t, 3)
	i := slices.IndexFunc(was, func(b kept) bool { return b.Tick && len(b.Inputs) > 0 && b.Inputs[0].Seq > 0 })
	if i < 0 {
		t.Fatal("no command was recorded with a tick")
	}
	for name, change := range map[string]func(m *race.Made){
		"another hash":     func(m *race.Made) { m.Hash++ },
		"a command less":   func(m *race.Made) { m.Inputs, m.Taken = m.Inputs[1:], m.Taken-1 },
		"no tick":          func(m *race.Made) { m.Tick = false },
		"another number":   func(m *race.Made) { m.Count++ },
		"takes too much":   func(m *race.Made) { m.Taken += 3 },
		"an unknown car":   func(m *race.Made) { m.Inputs = []race.Input{{Cars: &race.CarsInput{PitCall: []race.CarIdx{99}}}} },
		"takes what isn't": func(m *race.Made) { m.Inputs = nil },
	} {
		start := successor(t, was, 0)
		change(&start.Script[i])
		if err := newShared().run(t, start, nil, nil); err == nil {
			t.Errorf("%s: the race was made again", name)
		}
	}
}
