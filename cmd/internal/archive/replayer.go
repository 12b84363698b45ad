package archive

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lightsout/race"
)

// replayWindow bounds the batches in flight to the journal; batchSpan is how much wall time a batch spans.
const (
	replayWindow = 32
	batchSpan    = 40 * time.Millisecond
)

// Replayer plays a recorded race into a journal at its pace. It is the race's producer.
type Replayer struct {
	id      race.ID
	speed   float64
	submit  func(b *race.Batch, ack func(race.Ack))
	acks    chan race.Ack
	count   uint64
	unacked []*race.Batch
	began   time.Time
}

// NewReplayer makes a Replayer that submits a race under an id.
func NewReplayer(id race.ID, speed float64, submit func(*race.Batch, func(race.Ack))) *Replayer {
	return &Replayer{id: id, speed: speed, submit: submit, acks: make(chan race.Ack, 4*replayWindow)}
}

// errReplayRefused says that the journal refuses the race.
var errReplayRefused = errors.New("the log refuses the race")

// Play submits all steps of a race and returns when they are durable.
func (r *Replayer) Play(ctx context.Context, steps []Step) error {
	r.began = time.Now()
	for from := 0; from < len(steps); {
		to := r.batchEnd(steps, from)
		if err := r.wait(ctx, r.due(steps[to-1])); err != nil {
			return err
		}
		if err := r.send(ctx, steps[from:to]); err != nil {
			return err
		}
		from = to
	}
	for len(r.unacked) > 0 {
		if err := r.take(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s Step) time() race.Micros {
	if s.record != nil {
		return s.record.Time
	}
	return s.frame.Time
}

// batchEnd gathers the steps of one span of wall time; a frame ends a batch, which can carry only one.
func (r *Replayer) batchEnd(steps []Step, from int) int {
	span := race.Hour * 1000
	if r.speed > 0 {
		span = race.Micros(float64(batchSpan.Microseconds()) * r.speed)
	}
	to := from
	for to < len(steps) && to-from < 5000 {
		if to > from && steps[to].time()-steps[from].time() > span {
			break
		}
		to++
		if steps[to-1].frame != nil {
			break
		}
	}
	return to
}

func (r *Replayer) due(s Step) time.Time {
	if r.speed <= 0 {
		return r.began
	}
	return r.began.Add(time.Duration(float64(s.time()) / r.speed * float64(time.Microsecond)))
}

func (r *Replayer) wait(ctx context.Context, until time.Time) error {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			return nil
		case ack := <-r.acks:
			if err := r.acknowledge(ack); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (r *Replayer) send(ctx context.Context, steps []Step) error {
	for len(r.unacked) >= replayWindow {
		if err := r.take(ctx); err != nil {
			return err
		}
	}
	r.count++
	b := &race.Batch{Race: r.id, Count: r.count}
	for _, s := range steps {
		if s.frame != nil {
			b.Frame = s.frame
			continue
		}
		rec := race.Record{Time: s.record.Time, Author: s.record.Author, Body: s.record.Body}
		if info, ok := rec.Body.(race.Announced); ok {
			info.Race.ID, info.Race.Kind, info.Race.Speed = r.id, race.External, r.speed
			rec.Body = info
		}
		b.Records = append(b.Records, rec)
	}
	r.unacked = append(r.unacked, b)
	r.submit(b, r.ack)
	return nil
}

func (r *Replayer) ack(a race.Ack) { r.acks <- a }

func (r *Replayer) take(ctx context.Context) error {
	select {
	case ack := <-r.acks:
		return r.acknowledge(ack)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *Replayer) acknowledge(a race.Ack) error {
	if a.Refused != nil {
		return fmt.Errorf("%w: %w", errReplayRefused, a.Refused)
	}
	for len(r.unacked) > 0 && r.unacked[0].Count <= a.Count {
		r.unacked = r.unacked[1:]
	}
	if a.Resend {
		for _, b := range r.unacked {
			r.submit(b, r.ack)
		}
	}
	return nil
}
