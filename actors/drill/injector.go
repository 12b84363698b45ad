package drill

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anthdm/hollywood/actor"

	"lightsout/actors/simulator"
	"lightsout/actors/supervise"
	"lightsout/race"
)

// maxInjected bounds the strikes that are listed; all are counted.
const maxInjected = 10_000

// Members are the numbers of actors by kind, and the tick rate of the race; TickHz 0 means 10.
type Members struct{ Cars, Checkpoints, TickHz int }

// Surroundings are what a fault strikes that is no actor. What is nil is not there, and faults of it do nothing.
type Surroundings struct {
	// Size is how many bytes a batch has on its way; without it a batch has none.
	Size func(*race.Batch) int
	// Join brings spectators who never read.
	Join func(number int)
	// Server strikes the process in which the race runs.
	Server func(*Fault)
}

// Injector strikes while a race runs. Its methods may be called from any goroutine.
type Injector struct {
	scenario *Scenario
	members  Members
	faults   []*armed
	tick     race.Micros  // length of a tick
	now      atomic.Int64 // race time of the newest tick
	disarmed atomic.Bool
	replay   *replay // nil: chance decides

	meter *meter
	pools map[pool][]int // with mu
	asked atomic.Int64   // when the feed's actor asked for its newest stretch
	// Gates that faults close for a while.
	store, link, influx gate
	torn, failing       span
	around              Surroundings

	mu     sync.Mutex
	count  int
	list   []Injected
	late   map[*simulator.Crossed]bool
	counts map[string]uint64 // messages that are about no tick
	// poisoned are the cars that must be lost, by ID.
	poisoned map[string]bool
}

// armed is a fault and its progress.
type armed struct {
	*Fault
	place        int
	verb, object string
	fired        atomic.Int64 // periods that have begun, of gates
	slow         atomic.Bool  // what is slow was so for the first time

	mu     sync.Mutex
	struck map[string]int64 // by ID: the newest period in which it was struck; by period or message where there is one actor
	chosen map[int64]map[int]bool
}

// NewInjector arms a scenario's faults.
func NewInjector(s *Scenario, m Members) *Injector {
	if m.TickHz == 0 {
		m.TickHz = 10
	}
	in := &Injector{
		scenario: s, members: m, tick: race.Second / race.Micros(m.TickHz), late: map[*simulator.Crossed]bool{}, counts: map[string]uint64{},
		poisoned: map[string]bool{}, meter: newMeter(), pools: map[pool][]int{}, around: Surroundings{Size: func(*race.Batch) int { return 0 }},
	}
	for i := range s.Faults {
		f := &armed{Fault: &s.Faults[i], place: i, struck: map[string]int64{}, chosen: map[int64]map[int]bool{}}
		f.verb, f.object, _ = f.what()
		in.faults = append(in.faults, f)
	}
	return in
}

// Surround says what is around the race. It must be called before the first tick is noted.
func (in *Injector) Surround(s Surroundings) { in.around = s }

// Strike kills, or returns how long an actor stalls. It is the Fault of supervise.Config.
func (in *Injector) Strike(at supervise.Strike) (stall time.Duration) {
	switch at.Message.(type) {
	case actor.Started, actor.Stopped: // lifecycle messages are never struck
		if at.Kind == "feed" {
			in.asked.Store(time.Now().UnixNano())
		}
		return 0
	}
	instants := in.instantsOf(at)
	if at.When == supervise.AfterReceive {
		in.did(at, instants)
	}
	if in.disarmed.Load() {
		return 0
	}
	for _, i := range instants {
		if i.tick > 0 && at.Kind != "publisher" { // facts of a repeat are of before
			in.advance(i.tick)
		}
	}
	for _, f := range in.faults {
		if f.object != at.Kind {
			continue
		}
		if n := slices.IndexFunc(instants, func(i instant) bool { return in.strikes(f, at, i) }); n >= 0 {
			stall = max(stall, in.strike(f, at, instants[n]))
		}
	}
	return stall
}

// strikes reports whether a fault strikes an actor at a message.
func (in *Injector) strikes(f *armed, at supervise.Strike, i instant) bool {
	if in.replay != nil {
		return f.verb != "hits" && in.replay.take(in.injected(f, at, i))
	}
	if f.verb != "poison" && in.spared(at, in.time(i)) {
		return false
	}
	switch f.verb {
	case "kill", "stall":
		return in.due(f, at, i)
	case "panic":
		all := f.Number == 0 && f.Share == 0
		return !i.after && !at.Retried && f.period(in.time(i)) > 0 && (all || in.picks(f, at, 0)) &&
			in.chance(f, uint64(i.tick)+i.count<<32, at.ID, i.message) < f.Chance && (many(at.Kind) || f.new(i.message, int64(i.tick)+int64(i.count)<<32))
	case "poison":
		return i.tick > 0 && !i.after && f.period(in.time(i)) > 0 && in.picks(f, at, 0)
	}
	return false
}

// strike does what a fault says to an actor.
func (in *Injector) strike(f *armed, at supervise.Strike, i instant) time.Duration {
	s := in.injected(f, at, i)
	in.note(s)
	if f.verb == "poison" {
		in.meter.lose(keyOf(at.Kind, at.ID), &s)
	} else {
		in.meter.begin(keyOf(at.Kind, at.ID), &s, time.Now())
	}
	switch f.verb {
	case "kill":
		panic(supervise.Killed{By: fmt.Sprintf("fault %d", f.place+1)})
	case "panic":
		panic(errors.New("a bug, by order of the drill"))
	case "poison":
		in.poison(at)
		panic(errors.New("poisoned, by order of the drill"))
	}
	return time.Duration(f.For)
}

// advance notes the race time, and closes gates that are due.
func (in *Injector) advance(tick race.Tick) {
	to := race.Micros(tick) * in.tick
	for {
		was := in.now.Load()
		if int64(to) <= was {
			return
		}
		if in.now.CompareAndSwap(was, int64(to)) {
			break
		}
	}
	for _, f := range in.faults {
		begin := in.beginning(f)
		if begin == nil {
			continue
		}
		// A slower actor may be the first to see a tick: the moment is that at which the period begins.
		period := f.period(to)
		if began := f.begins(period, in.tick); began > 0 {
			tick = began
		}
		s := Injected{At: race.Micros(tick) * in.tick, Fault: f.place + 1, What: f.verb, Tick: tick}
		if in.replay == nil && f.once(period) || in.replay != nil && in.replay.take(s) {
			in.note(s)
			if recovers(f.verb) {
				in.meter.begin(f.verb, &s, time.Now())
			} else {
				in.meter.mark(&s)
			}
			begin(time.Duration(f.For))
		}
	}
}

// period counts a fault's strikes up to a race time; 0 before the first one and outside of its window.
func (f *armed) period(at race.Micros) int64 {
	from := f.first()
	if at < from || f.Until > 0 && at > f.Until.Micros() {
		return 0
	}
	if f.Every == 0 {
		return 1
	}
	return 1 + int64((at-from)/f.Every.Micros())
}

func (f *armed) first() race.Micros { return max(f.At, f.From).Micros() }

// begins is the first tick of a period, 0 if there is none.
func (f *armed) begins(period int64, tick race.Micros) race.Tick {
	if period == 0 {
		return 0
	}
	at := f.first() + race.Micros(period-1)*f.Every.Micros()
	return race.Tick(max(1, (at+tick-1)/tick))
}

// once reports whether a period is new.
func (f *armed) once(period int64) bool {
	for {
		was := f.fired.Load()
		if period <= was {
			return false
		}
		if f.fired.CompareAndSwap(was, period) {
			return true
		}
	}
}

// due reports whether an actor must be struck at this message.
func (in *Injector) due(f *armed, at supervise.Strike, i instant) bool {
	now := in.time(i)
	period := f.period(now)
	retried := at.Retried && at.Kind != "publisher" // its messages have as many records as there happen to be: another one may be due
	if retried || period == 0 || now == 0 || at.When != in.moment(f, at, period) || ticks(at.Kind) && i.tick == 0 {
		return false
	}
	if f.Rate > 0 {
		if in.chance(f, uint64(i.tick), at.ID, "") >= 1-math.Exp(-f.Rate*float64(in.tick)/float64(race.Second)) {
			return false
		}
		period = int64(i.tick)
	}
	switch {
	case at.Kind == "race": // one of a tick's messages, for they come in any order
		return in.partOf(f, i, period) && f.new(strconv.FormatInt(period, 10), 1)
	case !many(at.Kind): // a message with many records may be about later periods as well
		return f.new(strconv.FormatInt(period, 10), 1)
	case at.Kind == "checkpoint" && i.message != "end of tick": // crossings come in any order
		return false
	}
	return (f.Rate > 0 || in.picks(f, at, period)) && f.new(at.ID, period)
}

// moment is when a kill strikes: as the fault says, or by chance.
func (in *Injector) moment(f *armed, at supervise.Strike, period int64) supervise.When {
	switch {
	case f.When == "before", f.When == "" && f.verb != "kill":
		return supervise.BeforeReceive
	case f.When == "after":
		return supervise.AfterReceive
	}
	if in.chance(f, uint64(period), at.ID, "moment") < 0.5 {
		return supervise.BeforeReceive
	}
	return supervise.AfterReceive
}

// new reports whether an actor was not struck in this period yet.
func (f *armed) new(id string, period int64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.struck[id] >= period {
		return false
	}
	f.struck[id] = period
	return true
}

// picks reports whether an actor is among those that a period strikes.
func (in *Injector) picks(f *armed, at supervise.Strike, period int64) bool {
	id, err := strconv.Atoi(at.ID)
	if err != nil {
		return false
	}
	began := f.first()
	if period > 0 && f.Rate == 0 {
		began = race.Micros(f.begins(period, in.tick)) * in.tick
	}
	among := in.mayBe(f.object, began)
	if f.Share > 0 {
		share := f.Share
		if among != nil { // the same number of all, as far as that is allowed
			share *= float64(in.members.of(f.object)) / float64(len(among))
		}
		return (among == nil || slices.Contains(among, id)) && in.chance(f, uint64(period), at.ID, "share") < share
	}
	of, number := in.members.of(f.object), max(1, f.Number)
	if among != nil {
		of = len(among)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	chosen, known := f.chosen[period]
	if !known {
		chosen = map[int]bool{}
		rng := rand.New(rand.NewPCG(in.scenario.Seed, uint64(f.place)<<32|uint64(period)))
		for _, i := range rng.Perm(of)[:min(number, of)] {
			if among != nil {
				i = among[i]
			}
			chosen[i] = true
		}
		delete(f.chosen, period-2) // actors are a period apart at most
		f.chosen[period] = chosen
	}
	return chosen[id]
}

// chance is a number from 0 to 1 that follows from the seed, the fault, a count and names.
func (in *Injector) chance(f *armed, n uint64, names ...string) float64 {
	h := in.scenario.Seed ^ uint64(f.place+1)*0x9e3779b97f4a7c15 ^ n*0xbf58476d1ce4e5b9
	for _, name := range names {
		for _, b := range []byte(name) {
			h = (h ^ uint64(b)) * 0x100000001b3
		}
		h ^= 0xff
	}
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return float64((h^h>>31)>>11) / (1 << 53)
}

func (in *Injector) note(s Injected) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.count++
	if len(in.list) < maxInjected {
		in.list = append(in.list, s)
	}
}

// Disarm ends all faults.
func (in *Injector) Disarm() { in.disarmed.Store(true) }

// Forget disarms the faults, and frees what is remembered of the strikes except their count.
func (in *Injector) Forget() {
	in.Disarm()
	in.meter.clear()
	in.mu.Lock()
	in.list, in.late, in.poisoned = nil, map[*simulator.Crossed]bool{}, map[string]bool{}
	in.mu.Unlock()
	for _, f := range in.faults {
		f.mu.Lock()
		f.struck, f.chosen = map[string]int64{}, map[int64]map[int]bool{}
		f.mu.Unlock()
	}
}

// Count is how many strikes there were so far.
func (in *Injector) Count() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.count
}

// Injected lists the first strikes in the order of the race, and counts all of them.
func (in *Injector) Injected() (int, []Injected) {
	in.mu.Lock()
	defer in.mu.Unlock()
	list := append([]Injected(nil), in.list...)
	slices.SortStableFunc(list, Injected.compare)
	return in.count, list
}
