package main

import (
	"context"
	"math"

	"lightsout/gateway"
	"lightsout/race"
	"lightsout/storage/sqlite"
)

var _ gateway.Telemetry = telemetry{}

// telemetry reads a car's trace from frames and samples.
type telemetry struct{ store *sqlite.Store }

// Trace is the telemetry of one car over a stretch of race time.
func (t telemetry) Trace(ctx context.Context, q race.TraceQuery) (*race.Trace, error) {
	summary, err := t.store.Summary(ctx, q.Race)
	if err != nil {
		return nil, err
	}
	out := &race.Trace{Car: q.Car}
	if summary.Race.Kind == race.External {
		samples, err := t.store.Samples(ctx, q.Race, q.Car, q.From, q.To, math.MaxInt)
		for i := range samples {
			addSample(out, &samples[i])
		}
		return out, err
	}
	hz := race.Micros(max(1, summary.Race.TickHz))
	first := race.Tick(q.From*hz/race.Second) - 1
	last := race.Tick(min(q.To, race.TimeMax)*hz/race.Second) + 1
	err = t.store.Frames(ctx, q.Race, first, last, func(f *race.Frame) error {
		if i := int(q.Car - f.First); i >= 0 && i < f.Cars() && f.Time >= q.From && f.Time <= q.To {
			addFrame(out, f, i)
		}
		return nil
	})
	return out, err
}

func addFrame(t *race.Trace, f *race.Frame, i int) {
	t.Time = append(t.Time, f.Time)
	for c, v := range map[race.Channel]int32{
		race.ChannelSpeed: int32(f.SpeedDKMH[i]), race.ChannelRPM: 50 * int32(f.RPM50[i]), race.ChannelGear: int32(f.GearDRS[i] & 15),
		race.ChannelThrottle: int32(f.Throttle[i]), race.ChannelBrake: int32(f.Brake[i]), race.ChannelDRS: int32(f.GearDRS[i] / race.DRSOpen),
		race.ChannelLap: int32(f.Lap[i]), race.ChannelLapFraction: int32(f.LapFraction[i]),
	} {
		t.Values[c] = append(t.Values[c], v)
	}
}

func addSample(t *race.Trace, s *race.Sample) {
	t.Time = append(t.Time, s.Time)
	speed := int32(race.Unknown)
	if s.SpeedKMH != race.Unknown {
		speed = 10 * int32(s.SpeedKMH)
	}
	for c, v := range map[race.Channel]int32{
		race.ChannelSpeed: speed, race.ChannelRPM: int32(s.RPM), race.ChannelGear: int32(s.Gear), race.ChannelThrottle: int32(s.Throttle),
		race.ChannelBrake: int32(s.Brake), race.ChannelDRS: int32(s.DRS), race.ChannelX: int32(s.XDM), race.ChannelY: int32(s.YDM),
	} {
		t.Values[c] = append(t.Values[c], v)
	}
}
