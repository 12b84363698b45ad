package simulation

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"lightsout/actors/engine"
	"lightsout/cmd/internal/cli"
	"lightsout/race"
)

// paceOver is how long the pace is measured over: a race that goes on folds its log first, much faster than it is simulated.
const paceOver = 10 * time.Second

// pace measures how fast race time passes.
type pace struct {
	expected race.Micros // about how long the race takes
	seen     []sample
}

type sample struct {
	at  time.Duration // since the run began
	now race.Micros
}

// see adds a sample and returns the multiple of real time, and how long the rest takes; 0 if that is not known yet.
func (p *pace) see(at time.Duration, now race.Micros) (times float64, left time.Duration) {
	p.seen = append(p.seen, sample{at, now})
	for len(p.seen) > 2 && at-p.seen[0].at > paceOver {
		p.seen = p.seen[1:]
	}
	from := p.seen[0]
	if now <= from.now || at <= from.at {
		return 0, 0
	}
	times = float64(now-from.now) / float64((at - from.at).Microseconds())
	return times, time.Duration(float64(max(0, p.expected-now))/times) * time.Microsecond
}

// words are the line beside the bar.
func (p *pace) words(at time.Duration, now engine.Progress) string {
	times, left := p.see(at, now.Now)
	if now.Now == 0 {
		return fmt.Sprintf("on the grid  %v", at.Round(time.Second))
	}
	text := fmt.Sprintf("lap %d", now.Lap)
	if now.Laps > 0 {
		text += fmt.Sprintf("/%d", now.Laps)
	}
	text += fmt.Sprintf("  %s of about %s", clock(now.Now), clock(max(p.expected, now.Now)))
	if now.Leader != "" {
		text += "  leader " + race.Isolated(now.Leader)
	}
	if times > 0 {
		text += fmt.Sprintf("  %.3g× real time  %v left", times, left.Round(time.Second))
	}
	return text
}

// clock is a race time to the second.
func clock(t race.Micros) string {
	s := int64(t / race.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// waitFor waits for the end of the race and draws its progress by race time, which also moves while the first lap of a large field takes
// minutes.
func waitFor(ctx context.Context, w *engine.Watcher, expected race.Micros, show bool, status io.Writer) error {
	began := time.Now()
	var bar *progressbar.ProgressBar
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	p := pace{expected: expected}
	for {
		select {
		case <-w.Over():
			if bar != nil {
				_ = bar.Finish() // only drawing
			}
			return nil
		case <-ctx.Done():
			now := w.Progress()
			return fmt.Errorf("interrupted in lap %d, at %s of race time", now.Lap, clock(now.Now))
		case <-tick.C:
		}
		if !show {
			continue
		}
		if bar == nil {
			bar = cli.NewBar(status, int64(max(1, expected/race.Millisecond)), progressbar.OptionSetPredictTime(false))
		}
		now := w.Progress()
		bar.Describe(p.words(time.Since(began), now))
		_ = bar.Set64(min(int64(now.Now/race.Millisecond), bar.GetMax64()-1)) // only drawing
	}
}
