package memory

import (
	"cmp"
	"context"
	"slices"

	"lightsout/race"
)

// keepFrame stores a frame, and drops the oldest ones above the limit.
func (l *log) keepFrame(f *race.Frame, kept int) {
	l.lastTick = max(l.lastTick, f.Tick)
	if kept > 0 {
		l.frames = append(l.frames, f)
	}
	for n := len(l.frames) * f.Cars(); n > kept; n -= f.Cars() {
		l.frames[0] = nil
		l.frames = l.frames[1:]
	}
}

// Frames calls each with the telemetry of a race by tick, from from to to, both included, until each returns an error.
func (s *Store) Frames(ctx context.Context, id race.ID, from, to race.Tick, each func(*race.Frame) error) error {
	for from <= to {
		var f *race.Frame
		err := s.ask(ctx, func() error {
			frames := s.log(id).frames
			i, _ := slices.BinarySearchFunc(frames, from, func(f *race.Frame, t race.Tick) int { return cmp.Compare(f.Tick, t) })
			if i < len(frames) {
				f = frames[i]
			}
			return nil
		})
		if err != nil || f == nil || f.Tick > to {
			return err
		}
		if err := each(f); err != nil {
			return err
		}
		from = f.Tick + 1
	}
	return nil
}

// Trace returns the telemetry of one car.
func (s *Store) Trace(ctx context.Context, q race.TraceQuery) (out *race.Trace, err error) {
	err = s.ask(ctx, func() error {
		l, err := s.known(q.Race)
		if err != nil {
			return err
		}
		if head, ok := l.records[0].Body.(race.Announced); ok && head.Race.Kind == race.External {
			out = l.traceSamples(q)
		} else {
			out = l.traceFrames(q)
		}
		for c := range out.Values {
			if len(q.Channels) > 0 && !slices.Contains(q.Channels, race.Channel(c)) {
				out.Values[c] = nil
			}
		}
		return nil
	})
	return out, err
}

func (l *log) traceFrames(q race.TraceQuery) *race.Trace {
	out := &race.Trace{Car: q.Car}
	add := func(c race.Channel, v int32) { out.Values[c] = append(out.Values[c], v) }
	for _, f := range l.frames {
		i := int(q.Car - f.First)
		if f.Time < q.From || f.Time > q.To || i < 0 || i >= f.Cars() {
			continue
		}
		out.Time = append(out.Time, f.Time)
		add(race.ChannelSpeed, int32(f.SpeedDKMH[i]))
		add(race.ChannelRPM, int32(f.RPM50[i])*50)
		add(race.ChannelGear, int32(f.GearDRS[i]&^race.DRSOpen))
		add(race.ChannelDRS, int32(f.GearDRS[i]&race.DRSOpen)/race.DRSOpen)
		add(race.ChannelThrottle, int32(f.Throttle[i]))
		add(race.ChannelBrake, int32(f.Brake[i]))
		add(race.ChannelLap, int32(f.Lap[i]))
		add(race.ChannelLapFraction, int32(f.LapFraction[i]))
	}
	return out
}

func (l *log) traceSamples(q race.TraceQuery) *race.Trace {
	out := &race.Trace{Car: q.Car}
	list := l.sorted(func(v *brought) bool { return v.Car == q.Car && v.Time >= q.From && v.Time <= q.To },
		func(a, b brought) int { return cmp.Compare(a.Time, b.Time) })
	for _, v := range list {
		out.Time = append(out.Time, v.Time)
		for c, value := range v.Channels() {
			out.Values[c] = append(out.Values[c], value)
		}
	}
	out.Values[race.ChannelLap], out.Values[race.ChannelLapFraction] = nil, nil
	return out
}
