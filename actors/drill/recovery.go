package drill

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"lightsout/actors/processor"
	"lightsout/actors/supervise"
)

// Recovery is how long actors of a kind needed after faults: until the next incarnation was ready, and until the first thing that others
// wait for. A fault that replaces no actor, such as a stall, has no restart; one that comes too late in the race may have no progress.
type Recovery struct {
	Restart  Times `json:"restart" expr:"restart"`
	Progress Times `json:"progress" expr:"progress"`
	// Without counts the faults after which there was no progress to the end of the race.
	Without int `json:"without_progress" expr:"without_progress"`
}

// Times are percentiles of durations, by nearest rank. Where Count is 0, there was none.
type Times struct {
	Count int   `json:"count" expr:"count"`
	P50US int64 `json:"p50_us" expr:"p50_us"`
	P99US int64 `json:"p99_us" expr:"p99_us"`
	MaxUS int64 `json:"max_us" expr:"max_us"`
}

func timesOf(all []time.Duration) Times {
	if len(all) == 0 {
		return Times{}
	}
	all = slices.Sorted(slices.Values(all))
	at := func(share float64) int64 {
		return all[max(0, int(math.Ceil(share*float64(len(all))))-1)].Microseconds()
	}
	return Times{Count: len(all), P50US: at(0.5), P99US: at(0.99), MaxUS: at(1)}
}

// Struck is a strike with the clock's times: when it was made, and how long recovery took; nil where there was none.
type Struck struct {
	Injected
	ClockUS    int64  `json:"clock_us"` // since the race began, or the drill
	RestartUS  *int64 `json:"restart_us"`
	ProgressUS *int64 `json:"progress_us"`
}

// samplesMax bounds the durations that are kept of a kind.
const samplesMax = 1 << 18

// meter measures recovery from the moment of each fault. Its methods may be called from any goroutine.
type meter struct {
	open atomic.Int64 // faults without progress so far

	mu      sync.Mutex
	began   time.Time
	waiting map[string][]*outage // by key
	marks   map[string]int64     // the newest that was done, of actors that are one of a kind
	kinds   map[string]*durations
	listed  map[Injected][]*outage
}

// outage is a fault that an actor has not recovered from.
type outage struct {
	at       time.Time
	settled  int64 // what was done before the fault: it counts for nothing if it comes again
	restart  time.Duration
	progress time.Duration
	lost     bool // poisoned: no progress is waited for
}

type durations struct {
	restarts, progresses []time.Duration
	waiting              int
}

func newMeter() *meter {
	return &meter{
		began: time.Now(), waiting: map[string][]*outage{}, marks: map[string]int64{}, kinds: map[string]*durations{}, listed: map[Injected][]*outage{},
	}
}

// keyOf tells actors apart: those that are one of a kind by the kind, for it is one race that is drilled.
func keyOf(kind, id string) string {
	if many(kind) {
		return kind + " " + id
	}
	return kind
}

func kindOf(key string) string {
	kind, _, _ := strings.Cut(key, " ")
	return kind
}

// of is called with the lock held.
func (m *meter) of(kind string) *durations {
	d := m.kinds[kind]
	if d == nil {
		d = &durations{}
		m.kinds[kind] = d
	}
	return d
}

// begin notes a fault at this moment.
func (m *meter) begin(key string, s *Injected, at time.Time) *outage {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := &outage{at: at, settled: m.marks[key], restart: -1, progress: -1}
	if len(m.waiting[key]) == samplesMax {
		return o
	}
	if many(kindOf(key)) && s != nil {
		o.settled = int64(s.Tick) - 1
		if s.After && (s.Message == "tick" || s.Message == "end of tick") {
			o.settled++
		}
	}
	if s != nil && len(m.listed) < maxInjected {
		m.listed[*s] = append(m.listed[*s], o)
	}
	m.waiting[key] = append(m.waiting[key], o)
	m.of(kindOf(key)).waiting++
	m.open.Add(1)
	return o
}

// mark notes when a fault was made from which nobody recovers.
func (m *meter) mark(s *Injected) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.listed) < maxInjected {
		m.listed[*s] = append(m.listed[*s], &outage{at: time.Now(), restart: -1, progress: -1})
	}
}

// lose notes a fault that the actor must not recover from.
func (m *meter) lose(key string, s *Injected) {
	o := m.begin(key, s, time.Now())
	m.mu.Lock()
	defer m.mu.Unlock()
	if !o.lost {
		o.lost = true
		m.of(kindOf(key)).waiting--
	}
}

// restarted notes a new incarnation. Deaths that no fault of the drill has caused count from the death.
func (m *meter) restarted(key string, took time.Duration) {
	now := time.Now()
	m.mu.Lock()
	found := false
	for _, o := range slices.Backward(m.waiting[key]) {
		if o.restart >= 0 { // so have all before it
			break
		}
		found, o.restart = true, now.Sub(o.at)
		m.of(kindOf(key)).restarts = sample(m.of(kindOf(key)).restarts, o.restart)
	}
	m.mu.Unlock()
	if found {
		return
	}
	o := m.begin(key, nil, now.Add(-took))
	m.mu.Lock()
	defer m.mu.Unlock()
	o.restart = took
	m.of(kindOf(key)).restarts = sample(m.of(kindOf(key)).restarts, took)
}

func sample(all []time.Duration, d time.Duration) []time.Duration {
	if len(all) < samplesMax {
		all = append(all, d)
	}
	return all
}

// progress notes that an actor has done what others wait for. It began that at called; mark counts such things, -1 if nothing does.
func (m *meter) progress(key string, mark int64, called time.Time) {
	lone := !many(kindOf(key)) && mark >= 0
	if m.open.Load() == 0 && !lone {
		return
	}
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.waiting[key] = slices.DeleteFunc(m.waiting[key], func(o *outage) bool {
		if o.lost || mark >= 0 && mark <= o.settled || called.Before(o.at) {
			return false
		}
		o.progress = now.Sub(o.at)
		d := m.of(kindOf(key))
		d.progresses = sample(d.progresses, o.progress)
		d.waiting--
		m.open.Add(-1)
		return true
	})
	if lone {
		m.marks[key] = max(m.marks[key], mark)
	}
}

// recovery is what was measured so far, by kind.
func (m *meter) recovery() map[string]Recovery {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[string]Recovery{}
	for kind, d := range m.kinds {
		out[kind] = Recovery{Restart: timesOf(d.restarts), Progress: timesOf(d.progresses), Without: d.waiting}
	}
	return out
}

// restarts counts the restarts that were measured, by kind.
func (m *meter) restarts() map[string]int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[string]int64{}
	for kind, d := range m.kinds {
		out[kind] = int64(len(d.restarts))
	}
	return out
}

// struck are the strikes with what was measured of each.
func (m *meter) struck(strikes []Injected) []Struck {
	m.mu.Lock()
	defer m.mu.Unlock()
	us := func(d time.Duration) *int64 {
		if d < 0 {
			return nil
		}
		return new(d.Microseconds())
	}
	out, seen := make([]Struck, len(strikes)), map[Injected]int{}
	for i, s := range strikes {
		out[i].Injected = s
		if of := m.listed[s]; seen[s] < len(of) {
			o := of[seen[s]]
			out[i].ClockUS, out[i].RestartUS, out[i].ProgressUS = o.at.Sub(m.began).Microseconds(), us(o.restart), us(o.progress)
		}
		seen[s]++
	}
	return out
}

// clear frees what was measured.
func (m *meter) clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.waiting, m.marks, m.kinds, m.listed = map[string][]*outage{}, map[string]int64{}, map[string]*durations{}, map[Injected][]*outage{}
	m.open.Store(0)
}

// Restarted takes the fact of a restart. Those of other races must not be given.
func (in *Injector) Restarted(e supervise.Restarted) {
	in.meter.restarted(keyOf(e.Kind, e.PID.ID[strings.LastIndexByte(e.PID.ID, '/')+1:]), e.Took)
}

// Recovery is how long the actors needed after faults so far, by kind; store, link and influx are those of what was away.
func (in *Injector) Recovery() map[string]Recovery { return in.meter.recovery() }

// Struck lists the first strikes in the order of the race, with the clock's times.
func (in *Injector) Struck() []Struck {
	_, list := in.Injected()
	return in.meter.struck(list)
}

// Begin starts the clock of Struck.
func (in *Injector) Begin() {
	in.meter.mu.Lock()
	defer in.meter.mu.Unlock()
	in.meter.began = time.Now()
}

// Began is when the clock of Struck began.
func (in *Injector) Began() time.Time { return in.meter.began }

// did notes that an actor has handled a message to its end, if others wait for that.
func (in *Injector) did(at supervise.Strike, instants []instant) {
	now := time.Now()
	switch at.Kind {
	case "car", "checkpoint":
		for _, i := range instants {
			if i.message == "tick" || i.message == "end of tick" {
				in.meter.progress(keyOf(at.Kind, at.ID), int64(i.tick), now)
			}
		}
	case "publisher":
		for _, i := range instants {
			if seq, err := strconv.ParseInt(strings.TrimPrefix(i.message, "record "), 10, 64); err == nil {
				in.meter.progress(at.Kind, seq, now)
			}
		}
	case "processor":
		if len(instants) > 0 {
			in.meter.progress(at.Kind, -1, now)
		}
	case "simulator":
		in.meter.progress(at.Kind, -1, now)
	case "feed":
		in.fed(at, now)
	}
}

// fed notes that a stretch has come to InfluxDB which was asked for after the fault. An answer to a dead incarnation is none.
func (in *Injector) fed(at supervise.Strike, now time.Time) {
	asked := time.Unix(0, in.asked.Swap(now.UnixNano()))
	if processor.Fed(at.Message) && !at.Retried {
		in.meter.progress("feed", -1, asked)
		in.meter.progress("influx", -1, asked)
	}
}
