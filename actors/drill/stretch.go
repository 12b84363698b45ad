package drill

import (
	"context"
	"fmt"
	"slices"

	"lightsout/race"
)

// Stretch is a race from its beginning to the end of a tick, and the last record of that.
type Stretch struct {
	Tick race.Tick
	Seq  race.Seq
}

// AskStretch asks a store about a stretch of a race that goes on: laps, events, passings, and telemetry tick by tick.
func AskStretch(ctx context.Context, from Store, info *race.Race, to Stretch) (out *Answers, err error) {
	out = &Answers{Telemetry: &Telemetry{}}
	if out.Laps, err = from.Laps(ctx, info.ID, race.NoCar); err != nil {
		return nil, fmt.Errorf("read the laps back: %w", err)
	}
	out.Laps = slices.DeleteFunc(out.Laps, func(l race.Lap) bool { return l.Passing > to.Seq })
	if out.Events, err = from.Events(ctx, info.ID); err != nil {
		return nil, fmt.Errorf("read the events back: %w", err)
	}
	endMS := int64(to.Tick) * 1000 / int64(max(1, info.TickHz))
	out.Events = slices.DeleteFunc(out.Events, func(e race.Event) bool { return e.Of > to.Seq || e.Of == 0 && int64(e.TimeMS) > endMS })
	if err := out.askVerdicts(ctx, from, info.ID); err != nil {
		return nil, err
	}
	out.Passings = slices.DeleteFunc(out.Passings, func(p race.PassingRow) bool { return p.Seq > to.Seq })
	err = from.Frames(ctx, info.ID, 0, to.Tick, func(f *race.Frame) error {
		if f.Tick <= to.Tick {
			out.Telemetry.Add(f)
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read the telemetry back: %w", err)
	}
	return out, nil
}

// JudgeStretch compares a stretch of a race under faults with the same of the race undisturbed, in which the same cars were taken out. What is
// known at the end of a race alone, such as invariants, results and what spectators saw, is not judged.
func JudgeStretch(s *Scenario, in *Injector, undisturbed, drilled *Run, to Stretch) *Verdict {
	want := undisturbed.reference().Until(to.Tick)
	run := *drilled
	run.Answers, run.Spectators, run.Standing, run.Fed = nil, nil, nil, nil
	run.Records = run.Records[:min(len(run.Records), int(to.Seq))]
	run.Result = newReference(run.Records, Telemetry{}).result
	c := Compare(want, &run)
	if a := drilled.Answers; a != nil {
		of := []Check{
			compareLaps(unmarked(want.lapList()), unmarked(a.Laps), inStore, 0), compareEvents(want.eventList(), a.Events, inStore, 0),
			comparePassings(want.passings(), a.Passings), compareFrames(want.Telemetry.Frames, a.Telemetry.Frames, inStore),
		}
		c.Checks, c.Laps = append(c.Checks, of...), c.Laps && identical(of, "laps")
	}
	v := newVerdict(s, in, undisturbed, &run, c)
	v.promise(v.Injected > 0, "nothing was injected: the drill shows nothing")
	v.promise(run.Aborted == "", "the drill was stopped early: %s", run.Aborted)
	v.judgeExpectations(s)
	v.Broken = append(v.Broken, v.Differences()...)
	if !s.Poisons() {
		v.unharmed(&run)
	}
	v.Passed = len(v.Broken) == 0
	return v
}

// unmarked are laps without what later laps change: whether they are the best.
func unmarked(laps []race.Lap) []race.Lap {
	laps = slices.Clone(laps)
	for i := range laps {
		laps[i].Mark = race.NoMark
	}
	return laps
}
