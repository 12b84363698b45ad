package kafka_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"lightsout/race"
	"lightsout/transport"
	"lightsout/transport/kafka"
)

// racesOf are simulations whose field is a hash of its ticks and of the rulings that it took. A race ends after its ticks and two rulings.
type racesOf struct {
	t    *testing.T
	node *kafka.Node

	mu    sync.Mutex
	races map[race.ID]*simulated
	ticks int
}

type simulated struct {
	of      *racesOf
	id      race.ID
	mu      sync.Mutex
	field   uint64
	rulings uint64
	count   uint64
	seq     race.Seq
	pending []race.Input
	unacked []*race.Batch
	script  []race.Made
	over    bool
	gone    chan struct{}
	done    chan struct{}
	moved   chan struct{}
}

func (s *racesOf) Create(of *transport.Create) error {
	r := s.add(of.Race.ID)
	r.submit(&race.Batch{Records: []race.Record{{Body: race.Announced{Race: of.Race}}}})
	go r.run()
	return nil
}

func (s *racesOf) add(id race.ID) *simulated {
	r := &simulated{of: s, id: id, field: grid(id), gone: make(chan struct{}), done: make(chan struct{}), moved: make(chan struct{}, 1)}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.races[id] = r
	return r
}

func (s *racesOf) Restore(info race.Race, from *race.Position, script []race.Made) error {
	r := s.add(info.ID)
	r.script = script
	if from != nil {
		r.field, r.rulings = binary.LittleEndian.Uint64(from.Snapshot), binary.LittleEndian.Uint64(from.Snapshot[8:])
		r.count, r.seq = from.Count, from.Seq
	}
	go r.run()
	return nil
}

func (s *racesOf) Command(c *transport.Command, done func(error)) {
	s.mu.Lock()
	r := s.races[c.Race]
	s.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		go done(fmt.Errorf("over: %w", race.ErrConflict))
		return
	}
	r.pending = append(r.pending, race.Input{ID: c.ID, Ruling: c.Ruling})
}

func (s *racesOf) Drop(id race.ID) error {
	s.mu.Lock()
	r := s.races[id]
	delete(s.races, id)
	s.mu.Unlock()
	if r != nil {
		close(r.gone)
		<-r.done
	}
	return nil
}

func grid(id race.ID) uint64 { return hashOf("grid", string(id)) }

func hashOf(parts ...any) uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, parts...)
	return h.Sum64()
}

type numbers [2]uint64

func (n numbers) AppendBinary(b []byte) ([]byte, error) {
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(b, n[0]), n[1]), nil
}

// run makes ticks, as long as it has credit.
func (r *simulated) run() {
	defer close(r.done)
	for {
		r.mu.Lock()
		waits := len(r.unacked) >= 16
		if !waits && !r.over {
			r.tick()
		}
		over := r.over
		r.mu.Unlock()
		if waits || over {
			select {
			case <-r.moved:
			case <-r.gone:
				return
			}
			continue
		}
		select {
		case <-time.After(2 * time.Millisecond):
		case <-r.gone:
			return
		}
	}
}

func (r *simulated) tick() {
	inputs := r.pending
	for i := range r.script {
		if m := &r.script[i]; m.Count == r.count+1 {
			inputs = m.Inputs
			if m.Count == 1 {
				r.submit(&race.Batch{Records: []race.Record{{Body: race.Announced{Race: race.Race{ID: r.id}}}}})
				return
			}
		}
	}
	if len(r.script) == 0 || r.script[len(r.script)-1].Count <= r.count {
		r.pending = nil
	}
	b := &race.Batch{Tick: true, Inputs: inputs, Frame: &race.Frame{Tick: race.Tick(r.count), State: []race.CarState{0}, LapFraction: []uint16{uint16(r.count)}}}
	for i := range inputs {
		rec := *inputs[i].Ruling
		rec.Time = race.Micros(r.count)
		b.Inputs[i].Seq = r.seq + race.Seq(i) + 1
		b.Records = append(b.Records, rec)
		r.field = hashOf(r.field, rec)
		r.rulings++
	}
	r.field = hashOf(r.field, r.count)
	if r.count >= uint64(r.of.ticks) && r.rulings == 2 {
		b.Records = append(b.Records, race.Record{Time: race.Micros(r.count), Body: race.Ended{}})
		r.over = true
	}
	r.submit(b)
}

func (r *simulated) submit(b *race.Batch) {
	r.count++
	r.seq += race.Seq(len(b.Records))
	b.Race, b.Count, b.Hash, b.Snapshot = r.id, r.count, r.field, numbers{r.field, r.rulings}
	r.unacked = append(r.unacked, b)
	r.of.node.Simulated().Submit(b, func(ack race.Ack) { go r.ack(ack) })
}

func (r *simulated) ack(ack race.Ack) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ack.Refused != nil {
		r.of.t.Errorf("race %s: %v", r.id, ack.Refused)
	}
	for len(r.unacked) > 0 && r.unacked[0].Count <= ack.Count {
		r.unacked = r.unacked[1:]
	}
	select {
	case r.moved <- struct{}{}:
	default:
	}
}

// witness is a copy that remembers the batches.
type witness struct {
	mu      sync.Mutex
	batches map[race.ID][]*race.Batch
	over    map[race.ID]bool
	changed chan struct{}
	marks   map[int32][]byte
}

func newWitness() *witness {
	return &witness{batches: map[race.ID][]*race.Batch{}, over: map[race.ID]bool{}, marks: map[int32][]byte{}, changed: make(chan struct{}, 1)}
}

func (w *witness) Submit(b *race.Batch, ack func(race.Ack)) {
	w.mu.Lock()
	w.batches[b.Race] = append(w.batches[b.Race], b)
	w.mu.Unlock()
	w.tell()
	go ack(race.Ack{Count: b.Count})
}

func (w *witness) tell() {
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

func (w *witness) Stored(id race.ID, ready func(count uint64)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	go ready(uint64(len(w.batches[id])))
}
func (w *witness) Rest(race.ID)  {}
func (w *witness) Began(race.ID) {}
func (w *witness) Over(id race.ID) {
	w.mu.Lock()
	w.over[id] = true
	w.mu.Unlock()
	w.tell()
}
func (w *witness) Failed(id race.ID, reason string) { panic(fmt.Sprint(id, reason)) }
func (w *witness) Delete(race.ID) error             { return nil }
func (w *witness) KeepMark(partition int32, data []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.marks[partition] = data
}
func (w *witness) Marks() (map[int32][]byte, error) { return w.marks, nil }
func (w *witness) Broken(id race.ID, err error)     { panic(fmt.Sprint(id, err)) }
func (w *witness) await(t *testing.T, what string, is func() bool) {
	t.Helper()
	end := time.After(5 * time.Minute)
	for {
		w.mu.Lock()
		done := is()
		w.mu.Unlock()
		if done {
			return
		}
		select {
		case <-w.changed:
		case <-end:
			w.mu.Lock()
			for id, list := range w.batches {
				t.Logf("race %s has %d batches", id, len(list))
			}
			w.mu.Unlock()
			t.Fatalf("five minutes have passed: %s", what)
		}
	}
}

// member is a node of a test.
type member struct {
	node *kafka.Node
	stop context.CancelFunc
	done chan error
}

func mustJoin(t *testing.T, cfg kafka.NodeConfig, with func(*kafka.Node)) *member {
	t.Helper()
	n, err := kafka.Join(within(t, 20*time.Second), cfg)
	if err != nil {
		t.Fatal(err)
	}
	with(n)
	ctx, stop := context.WithCancel(context.Background())
	m := &member{n, stop, make(chan error, 1)}
	go func() { m.done <- n.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-m.done; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		m.done <- nil
	})
	return m
}

func TestNode_RacesGoOnWhereAnotherProcessLeftThem(t *testing.T) {
	places(t, func(t *testing.T, client *kgo.Client, prefix string) {
		mustInit(t, client, prefix, kafka.Settings{Partitions: 3, TelemetryRetention: time.Hour})
		brokers, _ := client.OptValue(kgo.SeedBrokers).([]string)
		c := kafka.DefaultConfig()
		c.Brokers, c.Prefix, c.Log = brokers, prefix, slog.New(slog.NewTextHandler(logTo{t}, nil))
		const ticks = 400 // and more, until a race has taken both rulings
		simulator := func() *member {
			s := &racesOf{t: t, races: map[race.ID]*simulated{}, ticks: ticks}
			return mustJoin(t, kafka.NodeConfig{Config: c, Simulations: s}, func(n *kafka.Node) { s.node = n })
		}
		first := simulator()
		seen := newWitness()
		gateway := mustJoin(t, kafka.NodeConfig{Config: c, Copy: seen}, func(*kafka.Node) {})
		ids := []race.ID{"a", "b", "c", "d"}
		for _, id := range ids {
			if _, err := gateway.node.Order(within(t, 30*time.Second), &transport.Command{
				ID: "create " + string(id), Race: id, Role: transport.Simulator, Create: &transport.Create{Race: race.Race{ID: id}, Start: true},
			}); err != nil {
				t.Fatal(err)
			}
		}
		rule := func(n int) {
			for _, id := range ids {
				rec := race.Record{Author: "test", Body: race.Penalised{Car: 1, Amount: race.Micros(n)}}
				got, err := gateway.node.Order(within(t, 30*time.Second), &transport.Command{
					ID: fmt.Sprint("rule ", id, n), Race: id, Role: transport.Simulator, Ruling: &rec,
				})
				if err != nil || got.Seq != race.Seq(n+1) {
					t.Fatalf("race %s: record %d, %v", id, got.Seq, err)
				}
			}
		}
		rule(1)
		second := simulator()
		seen.await(t, "no race has come far", func() bool { return len(seen.batches["a"]) > 200 })
		first.stop()
		if err := <-first.done; err != nil {
			t.Fatal(err)
		}
		first.done <- nil
		rule(2)
		t.Cleanup(func() {
			if t.Failed() {
				t.Logf("%+v\n%+v", second.node.Stats(), gateway.node.Stats())
			}
		})
		seen.await(t, "races do not end", func() bool { return len(seen.over) == len(ids) })
		for _, id := range ids {
			check(t, id, seen.batches[id], ticks)
			_, err := gateway.node.Order(within(t, 30*time.Second), &transport.Command{ID: "late " + string(id), Race: id, Role: transport.Simulator, Ruling: &race.Record{Body: race.Ended{}}})
			var refused *kafka.RefusedError
			if !errors.As(err, &refused) || refused.Refusal != transport.Over {
				t.Errorf("a ruling after the end: %v", err)
			}
		}
		gateway.stop() // and comes back: what it has is not handed over again
		if err := <-gateway.done; err != nil {
			t.Fatal(err)
		}
		gateway.done <- nil
		had := len(seen.batches["a"])
		mustJoin(t, kafka.NodeConfig{Config: c, Copy: seen}, func(n *kafka.Node) { gateway.node = n })
		if _, err := gateway.node.Order(within(t, 30*time.Second), &transport.Command{ID: "rule a1", Race: "a", Role: transport.Simulator, Delete: true}); err != nil {
			t.Errorf("a receipt is forgotten: %v", err)
		}
		if len(seen.batches["a"]) != had {
			t.Errorf("the copy had %d batches, and was handed %d again", had, len(seen.batches["a"])-had)
		}
		late := newWitness() // who comes later sees the same
		mustJoin(t, kafka.NodeConfig{Config: c, Copy: late}, func(*kafka.Node) {})
		late.await(t, "the log is not read", func() bool { return len(late.over) == len(ids) })
		for _, id := range ids {
			check(t, id, late.batches[id], ticks)
		}
	})
}

func TestNode_SaysThatKafkaIsAway(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long: go test without -short runs it")
	}
	t.Parallel()
	fake := kfake.MustCluster(kfake.NumBrokers(1))
	c := kafka.DefaultConfig()
	c.Brokers = fake.ListenAddrs()
	mustInit(t, mustClient(t, c), c.Prefix, kafka.Settings{Partitions: 1, TelemetryRetention: time.Hour})
	m := mustJoin(t, kafka.NodeConfig{Config: c, Copy: newWitness()}, func(*kafka.Node) {})
	for end := time.Now().Add(time.Minute); m.node.Waits() != nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(m.node.Waits())
		}
	}
	if why := m.node.Outage(); why != "" {
		t.Error(why)
	}
	fake.Close()
	for end := time.Now().Add(time.Minute); m.node.Outage() == ""; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("a minute without Kafka is no outage")
		}
	}
	if err := m.node.Waits(); err != nil {
		t.Errorf("it was ready, and is not: %v", err)
	}
}

// check makes a race again, from the rulings that its log has.
func check(t *testing.T, id race.ID, batches []*race.Batch, ticks int) {
	t.Helper()
	if len(batches) < ticks+1 {
		t.Fatalf("race %s has %d batches, not %d and more", id, len(batches), ticks+1)
	}
	field, rulings := grid(id), 0
	for i, b := range batches {
		if b.Count != uint64(i+1) {
			t.Fatalf("race %s: batch %d is number %d", id, i+1, b.Count)
		}
		if i == 0 {
			continue
		}
		if b.Frame == nil || b.Frame.Tick != race.Tick(i) {
			t.Fatalf("race %s: batch %d has the frame %v", id, b.Count, b.Frame)
		}
		for _, rec := range b.Records {
			if _, is := rec.Body.(race.Penalised); is {
				rulings++
				rec.RecordedAt = 0
				field = hashOf(field, rec)
			}
		}
		if field = hashOf(field, uint64(i)); field != b.Hash {
			t.Fatalf("race %s: batch %d has another hash than an undisturbed race", id, b.Count)
		}
	}
	if rulings != 2 {
		t.Errorf("race %s took %d rulings", id, rulings)
	}
	if !slices.ContainsFunc(batches[len(batches)-1].Records, func(r race.Record) bool { return r.Body == race.Ended{} }) {
		t.Errorf("race %s does not end", id)
	}
}

type logTo struct{ t *testing.T }

func (l logTo) Write(b []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}
