package drills

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"lightsout/actors/drill"
	"lightsout/actors/simulator"
	"lightsout/cmd/internal/archive"
	"lightsout/gateway"
	"lightsout/race"
	"lightsout/race/drive"
)

// strikesShown is how many strikes a verdict on a server lists.
const strikesShown = 20

// Ended judges the drills of a race in the background; failure says why the race failed, and is empty if it did not.
func (d *Drills) Ended(id race.ID, failure string) { go d.over(context.Background(), id, failure) }

func (d *Drills) over(ctx context.Context, id race.ID, failure string) {
	d.mu.Lock()
	of := d.hooks.of(id)
	for _, one := range of {
		one.finish("the race is over", d.cfg.Counters.FilledIn())
		one.become(race.DrillJudging, "the race undisturbed is run beside it", nil)
	}
	d.hooks.activate(id, nil)
	d.hooks.made.Delete(id)
	d.hooks.touch(id)
	d.mu.Unlock()
	if len(of) == 0 {
		return
	}
	in := of[0].in
	defer in.audience.leave()
	d.judging.Lock()
	defer d.judging.Unlock()
	for _, one := range of {
		d.save(ctx, one)
	}
	var e *evidence
	var err error
	if failure == "" {
		e, err = d.evidence(ctx, in)
	}
	for _, one := range of {
		noted := one.noted() // a verdict forgets it
		switch {
		case failure != "":
			one.become(race.DrillFailed, "the race failed: "+failure, nil)
		case err != nil:
			one.become(race.DrillFailed, "it cannot be judged: "+err.Error(), nil)
		default:
			d.judge(ctx, one, e)
		}
		d.save(ctx, one)
		d.tell(id, one, noted)
	}
	d.hooks.touch(id)
}

// tell logs how a drill has ended, with its counts.
func (d *Drills) tell(id race.ID, one *liveDrill, noted *drill.Run) {
	is, restarts := one.state(), int64(0)
	for _, n := range noted.Restarts {
		restarts += n
	}
	d.cfg.Log.Info("a drill is over", slog.String("race", string(id)), slog.Int("drill", one.id), slog.String("name", is.Name),
		slog.String("phase", is.Phase.String()), slog.Int("strikes", is.Injected), slog.Int64("restarts", restarts),
		slog.Int("set_aside", noted.SetAside), slog.Int("given_up", len(noted.GivenUp)), slog.String("text", is.Text))
}

// evidence is a race that is over, and the same race undisturbed.
type evidence struct {
	drilled     drill.Run // what does not depend on the drill
	undisturbed *drill.Run
	trace       *drill.Trace // of the undisturbed race
	info        race.Race
}

// judge gives a drill its verdict.
func (d *Drills) judge(ctx context.Context, one *liveDrill, e *evidence) {
	run := one.noted()
	run.Records, run.Result, run.Retired, run.Answers = e.drilled.Records, e.drilled.Result, e.drilled.Retired, e.drilled.Answers
	run.Spectators, run.Fed = e.drilled.Spectators, e.drilled.Fed
	v := drill.Judge(one.scenario, one.injector, e.undisturbed, run)
	if err := unlessGone(d.leave(ctx, one, e, v)); err != nil {
		d.cfg.Log.Error("the folder of a drill cannot be kept", slog.Int("drill", one.id), slog.Any("err", err))
	}
	v.Strikes = slices.Clone(v.Strikes[:min(strikesShown, len(v.Strikes))])
	if v.Passed {
		one.become(race.DrillPassed, "the faults changed nothing but the restart counters", v)
	} else {
		one.become(race.DrillFailed, strings.Join(v.Broken, "; "), v)
	}
}

// errRuled says that the undisturbed race cannot be run, because what race control did is not known.
var errRuled = errors.New("race control ruled on the race before the server was started again, or after its end, so it cannot be run again undisturbed")

// script is how the undisturbed race is made. What race control did before this process is not known tick by tick, nor what it ruled after the end.
func (r *drilledRace) script(log []race.Record) ([]race.Made, error) {
	ruled := func(of race.Record) bool {
		return of.Author != "" || of.Body == (race.Held{}) || of.Body == (race.Abandoned{})
	}
	script, made, ok := r.made.Script()
	if !ok {
		script, made = drill.Without(r.made.Retired()), 0
	}
	if slices.ContainsFunc(log[min(made, len(log)):], ruled) {
		return nil, errRuled
	}
	return script, nil
}

// evidence reads a race that is over, and runs it undisturbed.
func (d *Drills) evidence(ctx context.Context, in *drilledRace) (e *evidence, err error) {
	if _, err := archive.Settled(ctx, d.cfg.Store, in.id); err != nil {
		return nil, err
	}
	e = &evidence{trace: &drill.Trace{}}
	run := &e.drilled
	if run.Records, err = archive.AllRecords(ctx, d.cfg.Store, in.id); err != nil {
		return nil, err
	}
	if run.Result, err = d.cfg.Store.Classification(ctx, in.id); err != nil && !errors.Is(err, race.ErrNotFound) { // the verdict says that it is missing
		return nil, err
	}
	run.Retired = in.made.Retired()
	script, err := in.script(run.Records)
	if err != nil {
		return nil, err
	}
	if e.undisturbed, e.info, err = undisturbed(ctx, run.Records, script, Bounds{Patience: drill.Patience, Trace: e.trace}); err != nil {
		return nil, err
	}
	if run.Answers, err = drill.Ask(ctx, d.cfg.Store, &e.info); err != nil {
		return nil, err
	}
	run.Spectators = in.audience.end(ctx, true)
	if d.cfg.Fed != nil {
		if run.Fed, err = d.cfg.Fed(ctx, in.id); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// undisturbed runs the race of a log again, as a script says.
func undisturbed(ctx context.Context, log []race.Record, script []race.Made, b Bounds) (*drill.Run, race.Race, error) {
	if len(log) == 0 {
		return nil, race.Race{}, fmt.Errorf("the log of the race: %w", race.ErrNotFound)
	}
	opening, ok := log[0].Body.(race.Announced)
	if !ok {
		return nil, race.Race{}, fmt.Errorf("the log of the race begins with a %T", log[0].Body)
	}
	model, err := drive.ModelOf(opening.Race)
	if err != nil {
		return nil, race.Race{}, err
	}
	info := opening.Race
	info.Speed = 0
	out, err := Run(ctx, simulator.StartRace{Info: info, Model: model, Start: true, Script: script}, b)
	if err != nil {
		return nil, race.Race{}, err
	}
	out.Records[0].Body = opening // only its speed differs
	out.Reference = out.Reference.Announced(log)
	return out, info, nil
}

// early judges the race up to now, for a drill whose faults are over.
func (d *Drills) early(ctx context.Context, one *liveDrill) {
	d.judging.Lock()
	defer d.judging.Unlock()
	if !slices.Contains(d.hooks.of(one.in.id), one) { // the race is over, and judged as a whole
		return
	}
	verdict, err := d.stretch(ctx, one)
	if ctx.Err() != nil || errors.Is(err, race.ErrNotFound) { // the server ends, or the race was deleted
		return
	}
	text := ""
	if err != nil {
		text = "the race so far cannot be judged: " + err.Error()
	} else {
		text = verdict.Text
	}
	d.mu.Lock()
	goesOn := slices.Contains(d.hooks.of(one.in.id), one)
	one.judgedEarly(verdict, text+"; the whole race is judged at its end", goesOn)
	d.mu.Unlock()
	d.hooks.touch(one.in.id)
	d.save(ctx, one)
}

// save keeps a drill. If that fails, what was kept before stands.
func (d *Drills) save(ctx context.Context, one *liveDrill) {
	if err := d.keep(ctx, one); err != nil {
		d.cfg.Log.Error("a drill cannot be kept", slog.Int("drill", one.id), slog.Any("err", err))
	}
}

// How long an early verdict waits.
const (
	tickWait  = 2 * time.Second  // for the first durable tick, if the drill was stopped before it; a race that is paused makes none
	factsWait = 10 * time.Second // for the facts of a tick to come to the store
)

// firstTick waits until the race has a durable tick since its first drill began, but not longer than a tick may take.
func (r *drilledRace) firstTick(ctx context.Context) drill.Stretch {
	wait, stop := context.WithTimeout(ctx, tickWait)
	defer stop()
	to := r.sofar()
	for to.Tick == 0 && sleep(wait, joinWait) == nil {
		to = r.sofar()
	}
	return to
}

// told waits until the store has the facts of a record, but not longer than they may take.
func (d *Drills) told(ctx context.Context, id race.ID, seq race.Seq) error {
	wait, stop := context.WithTimeout(ctx, factsWait)
	defer stop()
	for {
		if _, err := archive.Settled(ctx, d.cfg.Store, id); err != nil {
			return err
		}
		if end, err := archive.Position(d.cfg.Store, id); err != nil || end.Facts >= seq || sleep(wait, 10*joinWait) != nil {
			return err
		}
	}
}

// stretch compares the race up to its newest tick with the same of the race undisturbed.
func (d *Drills) stretch(ctx context.Context, one *liveDrill) (*gateway.EarlyVerdict, error) {
	to := one.in.firstTick(ctx)
	if to.Tick == 0 {
		return nil, errors.New("it has made no tick since the drill began")
	}
	log, err := archive.AllRecords(ctx, d.cfg.Store, one.in.id)
	if err != nil {
		return nil, err
	}
	run := one.noted()
	run.Records, run.Retired = log[:min(len(log), int(to.Seq))], one.in.made.Retired()
	script, err := one.in.script(run.Records)
	if err != nil {
		return nil, err
	}
	undisturbed, info, err := undisturbed(ctx, run.Records, script, Bounds{Patience: drill.Patience, Ticks: int(to.Tick)})
	if err != nil {
		return nil, err
	}
	if err := d.told(ctx, one.in.id, to.Seq); err != nil {
		return nil, err
	}
	if run.Answers, err = drill.AskStretch(ctx, d.cfg.Store, &info, to); err != nil {
		return nil, err
	}
	v := drill.JudgeStretch(one.scenario, one.injector, undisturbed, run, to)
	v.Strikes = slices.Clone(v.Strikes[:min(strikesShown, len(v.Strikes))])
	text := "the faults changed nothing but the restart counters"
	if !v.Passed {
		text = strings.Join(v.Broken, "; ")
	}
	return &gateway.EarlyVerdict{AsOfTick: to.Tick, Text: fmt.Sprintf("up to tick %d: %s", to.Tick, text), Verdict: v}, nil
}
