package drill

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
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

// Injected is a strike that happened.
type Injected struct {
	// At is race time.
	At race.Micros `json:"time_us"`
	// Fault is the fault's place in the scenario, from 1; What was struck.
	Fault int    `json:"fault"`
	What  string `json:"what"`
}

// Members are the numbers of actors by kind, and the tick rate of the race; TickHz 0 means 10.
type Members struct{ Cars, Checkpoints, TickHz int }

// Injector strikes while a race runs. Its methods may be called from any goroutine.
type Injector struct {
	scenario *Scenario
	members  Members
	faults   []*armed
	tick     race.Micros  // length of a tick
	now      atomic.Int64 // race time of the newest tick
	disarmed atomic.Bool

	// Gates that faults close for a while.
	store, link, influx gate

	mu    sync.Mutex
	count int
	list  []Injected
	late  map[*simulator.Crossed]bool
	// poisoned are the cars that must be lost, by ID.
	poisoned map[string]bool
}

// armed is a fault and its progress.
type armed struct {
	*Fault
	place        int
	verb, object string
	fired        atomic.Int64 // periods that have begun, for kinds with one actor
	messages     atomic.Uint64

	mu     sync.Mutex
	struck map[string]int64 // by ID: the period after the last one in which the actor was struck
	chosen map[int64]map[int]bool
}

// NewInjector arms a scenario's faults.
func NewInjector(s *Scenario, m Members) *Injector {
	if m.TickHz == 0 {
		m.TickHz = 10
	}
	in := &Injector{scenario: s, members: m, tick: race.Second / race.Micros(m.TickHz), late: map[*simulator.Crossed]bool{}, poisoned: map[string]bool{}}
	for i := range s.Faults {
		f := &armed{Fault: &s.Faults[i], place: i, struck: map[string]int64{}, chosen: map[int64]map[int]bool{}}
		f.verb, f.object, _ = f.what()
		in.faults = append(in.faults, f)
	}
	return in
}

// tickOf is the tick of a message; 0 if it has none.
func tickOf(msg any) race.Tick {
	switch msg := msg.(type) {
	case *simulator.Tick:
		return msg.N
	case *simulator.Crossed:
		return msg.N
	case *simulator.CloseTick:
		return msg.N
	}
	return 0
}

// Strike kills, or returns how long an actor stalls. It is the Fault of supervise.Config.
func (in *Injector) Strike(at supervise.Strike) (stall time.Duration) {
	switch at.Message.(type) {
	case actor.Started, actor.Stopped: // lifecycle messages are never struck
		return 0
	}
	if in.disarmed.Load() {
		return 0
	}
	tick := tickOf(at.Message)
	if tick > 0 {
		in.advance(race.Micros(tick) * in.tick)
	}
	for _, f := range in.faults {
		if f.object == at.Kind {
			stall = max(stall, in.strike(f, at, tick))
		}
	}
	return stall
}

// strike does what a fault says to an actor, if it is due.
func (in *Injector) strike(f *armed, at supervise.Strike, tick race.Tick) (stall time.Duration) {
	begins := at.When == supervise.BeforeReceive
	switch f.verb {
	case "kill":
		if in.due(f, at, tick) {
			in.note(f, at)
			panic(supervise.Killed{By: fmt.Sprintf("fault %d", f.place+1)})
		}
	case "stall":
		if in.due(f, at, tick) {
			in.note(f, at)
			return time.Duration(f.For)
		}
	case "panic":
		if begins && !at.Retried && in.chance(f, f.message(at, tick), at.ID, messageKey(at.Message)) < f.Chance {
			in.note(f, at)
			panic(errors.New("a bug, by order of the drill"))
		}
	case "poison":
		if tick > 0 && begins && race.Micros(tick)*in.tick >= f.At.micros() && in.picks(f, at, 0) {
			in.note(f, at)
			in.poison(at)
			panic(errors.New("poisoned, by order of the drill"))
		}
	}
	return 0
}

// message numbers a message for chance: by its tick if the actor is one of many, otherwise by how many came before it. If all messages of a tick
// were struck alike, a race that dies of one would die of every repeat.
func (f *armed) message(at supervise.Strike, tick race.Tick) uint64 {
	if at.Kind == "car" || at.Kind == "checkpoint" {
		return uint64(tick)
	}
	return f.messages.Add(1)
}

// messageKey distinguishes the messages of a tick.
func messageKey(msg any) string {
	if crossed, ok := msg.(*simulator.Crossed); ok {
		return strconv.Itoa(int(crossed.Crossing.Car))
	}
	return fmt.Sprintf("%T", msg)
}

// advance notes the race time, and closes gates that are due.
func (in *Injector) advance(to race.Micros) {
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
		g := &in.store
		switch f.verb {
		case "link":
			g = &in.link
		case "influx":
			g = &in.influx
		case "store":
		default:
			continue
		}
		if f.once(f.period(to)) {
			in.note(f, supervise.Strike{Kind: f.verb})
			g.close(time.Duration(f.For))
		}
	}
}

// period counts a fault's strikes up to a race time; 0 before the first one.
func (f *armed) period(at race.Micros) int64 {
	from := f.From.micros()
	if f.At > 0 {
		from = f.At.micros()
	}
	if at < from || f.Until > 0 && at > f.Until.micros() {
		return 0
	}
	if f.Every == 0 {
		return 1
	}
	return 1 + int64((at-from)/f.Every.micros())
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
func (in *Injector) due(f *armed, at supervise.Strike, tick race.Tick) bool {
	if at.Retried || at.When != in.moment(f, at) {
		return false
	}
	now := race.Micros(in.now.Load())
	if tick > 0 {
		now = race.Micros(tick) * in.tick
	}
	period := f.period(now)
	switch {
	case period == 0 || now == 0:
		return false
	case f.object != "car" && f.object != "checkpoint":
		return f.once(period)
	case tick == 0:
		return false
	case f.Rate > 0:
		return in.chance(f, uint64(tick), at.ID, "") < 1-math.Exp(-f.Rate*float64(in.tick)/float64(race.Second)) && f.new(at.ID, int64(tick))
	}
	return in.picks(f, at, period) && f.new(at.ID, period)
}

// moment is when a kill strikes: as the fault says, or by chance.
func (in *Injector) moment(f *armed, at supervise.Strike) supervise.When {
	switch {
	case f.When == "before", f.When == "" && f.verb != "kill":
		return supervise.BeforeReceive
	case f.When == "after":
		return supervise.AfterReceive
	}
	if in.chance(f, uint64(f.period(race.Micros(in.now.Load()))), at.ID, "moment") < 0.5 {
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
	if f.Share > 0 {
		return in.chance(f, uint64(period), at.ID, "share") < f.Share
	}
	id, err := strconv.Atoi(at.ID)
	if err != nil {
		return false
	}
	of, number := in.members.Cars, max(1, f.Number)
	if f.object == "checkpoint" {
		of = in.members.Checkpoints
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	chosen, known := f.chosen[period]
	if !known {
		chosen = map[int]bool{}
		rng := rand.New(rand.NewPCG(in.scenario.Seed, uint64(f.place)<<32|uint64(period)))
		for _, i := range rng.Perm(of)[:min(number, of)] {
			chosen[i] = true
		}
		clear(f.chosen) // of an older period
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

// Intercept loses, doubles and delays passings. It is the Intercept of supervise.Config.
func (in *Injector) Intercept(at supervise.Strike) supervise.Action {
	crossed, ok := at.Message.(*simulator.Crossed)
	if !ok || at.Retried || in.disarmed.Load() {
		return supervise.Pass
	}
	for _, f := range in.faults {
		if f.verb != "hits" || in.chance(f, uint64(crossed.N), at.ID, strconv.Itoa(int(crossed.Crossing.Car))) >= f.Chance {
			continue
		}
		switch f.object {
		case "lose":
			in.note(f, at)
			return supervise.Lose
		case "double":
			in.note(f, at)
			return supervise.Double
		case "late":
			if in.delay(crossed) {
				in.note(f, at)
				return supervise.Later
			}
		}
	}
	return supervise.Pass
}

// delay reports whether a passing was not delayed before.
func (in *Injector) delay(crossed *simulator.Crossed) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.late[crossed] {
		return false
	}
	if len(in.late) > 10_000 { // they arrived long ago
		clear(in.late)
	}
	in.late[crossed] = true
	return true
}

func (in *Injector) note(f *armed, at supervise.Strike) {
	what := at.Kind
	if at.ID != "" && (at.Kind == "car" || at.Kind == "checkpoint") {
		what += " " + at.ID
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.count++
	if len(in.list) < maxInjected {
		in.list = append(in.list, Injected{race.Micros(in.now.Load()), f.place + 1, what})
	}
}

// Disarm ends all faults.
func (in *Injector) Disarm() { in.disarmed.Store(true) }

// Forget disarms the faults, and frees what is remembered of the strikes except their count.
func (in *Injector) Forget() {
	in.Disarm()
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

// Injected lists the first strikes, and counts all of them.
func (in *Injector) Injected() (int, []Injected) {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.count, append([]Injected(nil), in.list...)
}
