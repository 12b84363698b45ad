package drills

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"lightsout/actors/drill"
	"lightsout/actors/supervise"
	"lightsout/gateway"
	"lightsout/race"
)

// drilledRace is what the drills of a race that runs share.
type drilledRace struct {
	id       race.ID
	made     *drill.Made
	audience *audience

	mu     sync.Mutex
	at     drill.Stretch // up to the newest durable tick
	newest race.Seq      // durable record, of a batch between two ticks as well
}

// located notes the newest record when the first drill began: ticks may follow that make none.
func (r *drilledRace) located(newest race.Seq) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.newest = max(r.newest, newest)
}

// committed notes a durable batch.
func (r *drilledRace) committed(b *race.Batch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(b.Records); n > 0 {
		r.newest = max(r.newest, b.Records[n-1].Seq)
	}
	if b.Frame != nil {
		r.at = drill.Stretch{Tick: max(r.at.Tick, b.Frame.Tick), Seq: r.newest}
	}
}

// sofar is the race up to its newest durable tick.
func (r *drilledRace) sofar() drill.Stretch {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.at
}

// liveDrill is a drill that this process has begun.
type liveDrill struct {
	id       int
	order    int // for races to come, by which it has begun; 0: none
	in       *drilledRace
	scenario *drill.Scenario
	injector *drill.Injector
	trace    *drill.Trace
	began    time.Time
	filledIn int64       // of the whole engine, at the start of the drill
	settled  atomic.Bool // nothing more is measured

	mu      sync.Mutex
	phase   race.DrillPhase
	text    string
	early   *gateway.EarlyVerdict
	verdict *drill.Verdict
	run     drill.Run
	pace    drill.Pace

	kept keeper
}

// judged reports whether the drill has its verdict, so that later notes are ignored. The lock is held.
func (l *liveDrill) judged() bool { return l.phase >= race.DrillPassed }

// committed notes a durable batch that was handed over at called.
func (l *liveDrill) committed(b *race.Batch, called time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.phase != race.DrillOn {
		return
	}
	now, tick := time.Now(), race.Tick(0)
	l.pace.Commit(&l.run, now)
	if b.Frame != nil {
		tick = b.Frame.Tick
		l.pace.Tick(&l.run, now)
	}
	l.trace.Committed(called, tick)
}

func (l *liveDrill) note(event any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.judged() {
		return
	}
	switch e := event.(type) {
	case supervise.Restarted:
		l.injector.Restarted(e)
		l.run.Restarts[e.Kind]++
	case supervise.SetAside:
		l.run.SetAside++
	case supervise.GivenUp:
		l.run.GivenUp = append(l.run.GivenUp, e.String())
	}
}

// finish ends the strikes of a drill that is on; filledIn is that of the engine. It reports whether the drill was on.
func (l *liveDrill) finish(why string, filledIn int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.phase != race.DrillOn {
		return false
	}
	l.end(why, filledIn)
	return true
}

// end is called with the lock held.
func (l *liveDrill) end(why string, filledIn int64) {
	l.injector.Disarm()
	l.run.Weighed()
	l.run.FilledIn = filledIn - l.filledIn // exact if no other race ran
	l.phase, l.text = race.DrillJudging, why+"; the race up to then is judged now, and the whole race at its end"
}

// abort ends the strikes as soon as a condition of the scenario says so. It reports whether it did.
func (l *liveDrill) abort(filledIn int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.phase != race.DrillOn {
		return false
	}
	if l.run.Aborted = l.injector.Abort(&l.run, &l.pace); l.run.Aborted == "" {
		return false
	}
	l.end(l.run.Aborted, filledIn)
	return true
}

// noted copies the notes on the race.
func (l *liveDrill) noted() *drill.Run {
	l.mu.Lock()
	defer l.mu.Unlock()
	run := l.run
	run.Restarts = maps.Clone(run.Restarts)
	return &run
}

func (l *liveDrill) state() *race.DrillState {
	l.mu.Lock()
	defer l.mu.Unlock()
	return &race.DrillState{Name: l.scenario.Name, Phase: l.phase, Injected: l.injector.Count(), Text: l.text}
}

func (l *liveDrill) dto() gateway.Drill {
	state := l.state()
	l.mu.Lock()
	defer l.mu.Unlock()
	out := gateway.Drill{
		ID: l.id, Name: l.scenario.Name, About: l.scenario.About, Phase: state.Phase.String(), Injected: state.Injected,
		Text: state.Text, StartedAt: l.began, Early: l.early, Folder: l.judged(),
	}
	if l.order > 0 {
		out.Order = &l.order
	}
	if l.verdict != nil {
		out.Verdict = l.verdict
	}
	return out
}

// judgedEarly takes the verdict of the race so far; text is shown if the race goes on.
func (l *liveDrill) judgedEarly(v *gateway.EarlyVerdict, text string, goesOn bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.early = v
	if goesOn {
		l.text = text
	}
	l.settled.Store(true)
}

func (l *liveDrill) become(phase race.DrillPhase, text string, v *drill.Verdict) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.phase, l.text, l.verdict = phase, text, v
	if l.judged() { // everything else is only needed for the verdict
		l.run, l.trace = drill.Run{}, nil
		l.settled.Store(true)
		l.injector.Forget()
	}
}
