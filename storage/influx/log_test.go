package influx_test

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"lightsout/race"
	"lightsout/race/timing"
	"lightsout/storage/influx"
)

// memory is a log with cursors in memory. It may grow while it is read.
type memory struct {
	mu          sync.Mutex
	races       map[race.ID]*memoryRace
	cursors     map[race.ID]race.FeedCursor
	deadLetters map[string]string // by point
	moves       int
	broken      race.ID // its telemetry cannot be read
}

type memoryRace struct {
	records []race.Record
	frames  []*race.Frame
	samples []race.Sample
	counts  []uint64 // batch count of each sample
}

func newMemory() *memory {
	return &memory{races: map[race.ID]*memoryRace{}, cursors: map[race.ID]race.FeedCursor{}, deadLetters: map[string]string{}}
}

func (m *memory) of(id race.ID) *memoryRace {
	if m.races[id] == nil {
		m.races[id] = &memoryRace{}
	}
	return m.races[id]
}

// add appends records, with numbers, and a frame.
func (m *memory) add(id race.ID, records []race.Record, f *race.Frame) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.of(id)
	for _, one := range records {
		one.Seq = race.Seq(len(r.records) + 1)
		r.records = append(r.records, one)
	}
	if f != nil {
		r.frames = append(r.frames, f)
	}
}

// succeed deletes a race with its cursor and lets a race of another log take the identifier.
func (m *memory) succeed(successor *memory, id race.ID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.races[id] != successor.races[id] {
		m.races[id] = successor.races[id]
		delete(m.cursors, id)
	}
}

func (m *memory) tell(id race.ID, samples ...race.Sample) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.of(id)
	count := uint64(1)
	if n := len(r.counts); n > 0 {
		count = r.counts[n-1] + 1
	}
	for _, s := range samples {
		r.samples, r.counts = append(r.samples, s), append(r.counts, count)
	}
}

func (m *memory) Records(_ context.Context, id race.ID, after race.Seq, limit int) ([]race.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := m.of(id).records
	from := min(int(after), len(all))
	return append([]race.Record(nil), all[from:min(from+limit, len(all))]...), nil
}

func (m *memory) Frames(_ context.Context, id race.ID, from, to race.Tick, each func(*race.Frame) error) error {
	m.mu.Lock()
	all, broken := m.of(id).frames, m.broken
	m.mu.Unlock()
	if id == broken {
		return errors.New("the block is damaged")
	}
	for i := max(0, int(from)-1); i < len(all) && all[i].Tick <= to; i++ {
		if err := each(all[i]); err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) SamplesAfter(_ context.Context, id race.ID, count uint64, limit int) (out []race.Sample, last uint64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.of(id)
	last = count
	for i, s := range r.samples {
		if r.counts[i] > count && (len(out) < limit || r.counts[i] == last) {
			out, last = append(out, s), r.counts[i]
		}
	}
	return out, last, nil
}

func (m *memory) Trace(_ context.Context, q race.TraceQuery) (*race.Trace, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := &race.Trace{Car: q.Car}
	for i := range m.of(q.Race).samples {
		if s := &m.of(q.Race).samples[i]; s.Car == q.Car && s.Time >= q.From && s.Time <= q.To {
			t.Time = append(t.Time, s.Time)
			t.Values[race.ChannelSpeed] = append(t.Values[race.ChannelSpeed], int32(s.SpeedDKMH))
		}
	}
	return t, nil
}

func (m *memory) Cursor(_ context.Context, _ string, id race.ID) (race.FeedCursor, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.cursors[id], nil
}

// cursor returns a race's cursor, moved the number of cursor moves.
func (m *memory) cursor(id race.ID) race.FeedCursor {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.cursors[id]
}

func (m *memory) moved() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.moves
}

func (m *memory) MoveCursor(_ context.Context, _ string, id race.ID, c race.FeedCursor) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	was, anew := m.cursors[id], c == race.FeedCursor{} // of a race that took the identifier
	if !anew && (c.Seq < was.Seq || c.Tick < was.Tick || c.Count < was.Count) {
		return fmt.Errorf("the cursor of %s moves back from %v to %v", id, was, c)
	}
	m.cursors[id] = c
	m.moves++
	return nil
}

func (m *memory) unfed(id race.ID) bool {
	r, c := m.of(id), m.cursors[id]
	n, k := len(r.frames), len(r.counts)
	return int(c.Seq) < len(r.records) || n > 0 && c.Tick < r.frames[n-1].Tick || k > 0 && c.Count < r.counts[k-1]
}

func (m *memory) Unfed(context.Context, string) (out []race.ID, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id := range m.races {
		if m.unfed(id) {
			out = append(out, id)
		}
	}
	return out, nil
}

func (m *memory) DeadLetter(_ context.Context, _ string, _ race.ID, point, reason string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.deadLetters[point] = reason
	return nil
}

func (m *memory) FeedEnd(_ context.Context, id race.ID) (c race.FeedCursor, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.of(id)
	c.Seq = race.Seq(len(r.records))
	if n := len(r.frames); n > 0 {
		c.Tick = r.frames[n-1].Tick
	}
	if n := len(r.counts); n > 0 {
		c.Count = r.counts[n-1]
	}
	return c, nil
}

func (m *memory) RegisterFeed(context.Context, string) error { return nil }

func (m *memory) Retarget(context.Context, string, race.FeedTarget) (bool, error) { return false, nil }

func (m *memory) Erasures(context.Context, string) ([]race.ID, error) { return nil, nil }

func (m *memory) Erased(context.Context, string, race.ID) error { return nil }

// Roster implements Rosters.
func (m *memory) Roster(_ context.Context, id race.ID) (*race.Roster, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.races[id]
	if !ok {
		return nil, fmt.Errorf("race %s: %w", id, race.ErrNotFound)
	}
	var s race.Summary
	var entries []race.Entry
	var startedAt int64
	for i := range r.records {
		switch b := r.records[i].Body.(type) {
		case race.Announced:
			s.Race = b.Race
		case race.Entered:
			entries = append(entries, b.Entry)
		case race.Started:
			if startedAt == 0 {
				startedAt = r.records[i].RecordedAt
			}
		}
	}
	return race.NewRoster(s, entries, startedAt), nil
}

var rules = influx.Rules{
	Fold: func() influx.Fold { return timing.New() },
	Locate: func(*race.Race) influx.Locate {
		return func(fraction uint16) (x, y float64) { return float64(fraction) / 10, -float64(fraction) / 20 }
	},
}
