package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"lightsout/race"
	"lightsout/race/sabotage"
)

// Trace returns the telemetry of one car, as of one moment, even while the race is written.
func (s *Store) Trace(ctx context.Context, q race.TraceQuery) (*race.Trace, error) {
	tx, done, err := s.moment(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	info, err := s.scanSummary(tx.QueryRowContext(ctx, summaryColumns+" WHERE id = ?", string(q.Race)).Scan)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, fmt.Errorf("race %s: %w", q.Race, race.ErrNotFound)
	case err != nil:
		return nil, err
	}
	t := tracer{q: q, wanted: wanted(q.Channels), out: &race.Trace{Car: q.Car, Time: []race.Micros{}}}
	if info.Race.Kind == race.External {
		err = s.traceSamples(ctx, tx, &t)
	} else {
		err = s.traceBlocks(ctx, tx, &t, info.Race.TickHz)
	}
	if err != nil {
		return nil, fmt.Errorf("read telemetry of car %d in race %s: %w", q.Car, q.Race, err)
	}
	return t.out, nil
}

func wanted(channels []race.Channel) (w [race.ChannelCount]bool) {
	for c := range w {
		w[c] = len(channels) == 0
	}
	for _, c := range channels {
		if c < race.ChannelCount {
			w[c] = true
		}
	}
	return w
}

// tracer builds a trace.
type tracer struct {
	q      race.TraceQuery
	wanted [race.ChannelCount]bool
	out    *race.Trace
	words  []uint16
	bytes  []uint8
}

// keeps declares the stored channels: each wanted one gets a column.
func (t *tracer) keeps(channels ...race.Channel) {
	for _, c := range channels {
		if t.wanted[c] {
			t.out.Values[c] = []int32{}
		}
	}
}

// traceSamples adds the samples of a real car.
func (s *Store) traceSamples(ctx context.Context, q querier, t *tracer) error {
	t.keeps(race.ChannelSpeed, race.ChannelRPM, race.ChannelGear, race.ChannelThrottle, race.ChannelBrake, race.ChannelDRS,
		race.ChannelX, race.ChannelY)
	const which = " WHERE race = ? AND car = ? AND time_us BETWEEN ? AND ?"
	args := []any{string(t.q.Race), int64(t.q.Car), int64(t.q.From), int64(t.q.To)}
	if err := pay(ctx, q, race.RowCost, "samples"+which, args...); err != nil {
		return err
	}
	return eachRow(ctx, q, func(r row) {
		v := sampleOfRow(r)
		t.sample(&v)
	}, sampleChannels+which+" ORDER BY time_us", args...)
}

func (t *tracer) sample(v *race.Sample) {
	t.out.Time = append(t.out.Time, v.Time)
	for c, value := range v.Channels() {
		if t.out.Values[c] != nil {
			t.out.Values[c] = append(t.out.Values[c], value)
		}
	}
}

// traceBlocks adds a car's part of the blocks and of the frames that are not in a block yet.
func (s *Store) traceBlocks(ctx context.Context, q querier, t *tracer, tickHz int) error {
	t.keeps(race.ChannelSpeed, race.ChannelRPM, race.ChannelGear, race.ChannelThrottle, race.ChannelBrake, race.ChannelDRS,
		race.ChannelLap, race.ChannelLapFraction)
	id, car, first, last := string(t.q.Race), int64(t.q.Car), tickAt(t.q.From, tickHz)-1, tickAt(t.q.To, tickHz)+1
	// Blocks begin at a multiple of blockCars; those of version 1 at car 0.
	err := s.eachBlock(ctx, q, t.block, `SELECT data FROM telemetry WHERE race = ? AND first_car IN (?, 0) AND last_car >= ?
		AND first_tick BETWEEN ? AND ? AND last_tick >= ? ORDER BY first_tick`,
		id, car-car%blockCars, car, first-blockTicks, last, first)
	if err != nil {
		return err
	}
	return s.eachBlock(ctx, q, t.block, "SELECT data FROM frames WHERE race = ? AND tick BETWEEN ? AND ? ORDER BY tick", id, first, last)
}

// tickAt returns the last tick at or before a race time.
func tickAt(at race.Micros, tickHz int) int64 {
	at = max(0, min(at, race.TimeMax))
	return int64(at) * int64(tickHz) / int64(race.Second)
}

// block appends the car's part of a block.
func (t *tracer) block(b *block) {
	car := int(t.q.Car - b.first)
	if car < 0 || car >= b.cars {
		return
	}
	from, to := 0, len(b.times)
	for from < to && b.times[from] < t.q.From {
		from++
	}
	for from < to && b.times[to-1] > t.q.To {
		to--
	}
	if sabotage.On(sabotage.StoreTrace) {
		from++
	}
	if from >= to {
		return
	}
	if len(t.words) < len(b.times) {
		t.words, t.bytes = make([]uint16, blockTicks), make([]uint8, blockTicks)
	}
	t.out.Time = append(t.out.Time, b.times[from:to]...)
	t.addWords(race.ChannelLapFraction, b, planeLapFraction, true, car, from, to)
	t.addWords(race.ChannelLap, b, planeLap, false, car, from, to)
	t.addWords(race.ChannelSpeed, b, planeSpeed, true, car, from, to)
	t.addBytes(race.ChannelRPM, b, planeRPM, car, from, to, func(v uint8) int32 { return int32(v) * 50 })
	t.addBytes(race.ChannelThrottle, b, planeThrottle, car, from, to, func(v uint8) int32 { return int32(v) })
	t.addBytes(race.ChannelBrake, b, planeBrake, car, from, to, func(v uint8) int32 { return int32(v) })
	t.addBytes(race.ChannelGear, b, planeGear, car, from, to, func(v uint8) int32 { return int32(v &^ race.DRSOpen) })
	t.addBytes(race.ChannelDRS, b, planeGear, car, from, to, func(v uint8) int32 { return int32(v&race.DRSOpen) / race.DRSOpen })
}

func (t *tracer) addWords(c race.Channel, b *block, plane int, even bool, car, from, to int) {
	if t.out.Values[c] == nil {
		return
	}
	b.wordsOf(plane, even, car, t.words)
	for _, v := range t.words[from:to] {
		t.out.Values[c] = append(t.out.Values[c], int32(v))
	}
}

func (t *tracer) addBytes(c race.Channel, b *block, plane, car, from, to int, value func(uint8) int32) {
	if t.out.Values[c] == nil {
		return
	}
	b.bytesOf(plane, car, t.bytes)
	for _, v := range t.bytes[from:to] {
		t.out.Values[c] = append(t.out.Values[c], value(v))
	}
}
