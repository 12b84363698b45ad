package kafka_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"lightsout/race"
	"lightsout/transport"
	"lightsout/transport/kafka"
)

// careless is a copy that loses the acknowledgement of one batch, or lacks the beginning of a race.
type careless struct {
	*witness
	lose  uint64 // count of the batch whose acknowledgement is lost once
	lacks race.ID
	lost  bool
	asked bool
}

func (c *careless) Submit(b *race.Batch, ack func(race.Ack)) {
	c.mu.Lock()
	loses, lacks := b.Count == c.lose && !c.lost, b.Race == c.lacks
	c.lost = c.lost || loses
	again := lacks && !c.asked
	c.asked = c.asked || lacks
	c.mu.Unlock()
	switch {
	case again:
		go ack(race.Ack{Resend: true})
	case lacks: // asked once, a Recorder is silent until the batch that it needs
	case loses:
	default:
		c.witness.Submit(b, ack)
	}
}

func mustCluster(t *testing.T) kafka.Config {
	t.Helper()
	fake := kfake.MustCluster(kfake.NumBrokers(1))
	t.Cleanup(fake.Close)
	c := kafka.DefaultConfig()
	c.Brokers, c.Log = fake.ListenAddrs(), slog.New(slog.NewTextHandler(logTo{t}, nil))
	mustInit(t, mustClient(t, c), c.Prefix, kafka.Settings{Partitions: 1, TelemetryRetention: time.Hour})
	return c
}

func (m *member) mustCreate(t *testing.T, id race.ID) {
	t.Helper()
	if _, err := m.node.Order(within(t, 30*time.Second), &transport.Command{
		ID: "create " + string(id), Race: id, Role: transport.Simulator, Create: &transport.Create{Race: race.Race{ID: id}, Start: true},
	}); err != nil {
		t.Fatal(err)
	}
}

func (m *member) mustRule(t *testing.T, id race.ID, command string) {
	t.Helper()
	if _, err := m.node.Order(within(t, 30*time.Second), &transport.Command{
		ID: command, Race: id, Role: transport.Simulator, Ruling: &race.Record{Author: "test", Body: race.Penalised{Car: 1}},
	}); err != nil {
		t.Fatal(err)
	}
}

// TestNode_GoesOnWhenAnAcknowledgementOfItsCopyIsLost: actors of a race may end with a batch that they were handed.
func TestNode_GoesOnWhenAnAcknowledgementOfItsCopyIsLost(t *testing.T) {
	t.Parallel()
	c := mustCluster(t)
	s := &racesOf{t: t, races: map[race.ID]*simulated{}, ticks: 50}
	mustJoin(t, kafka.NodeConfig{Config: c, Simulations: s}, func(n *kafka.Node) { s.node = n })
	to := &careless{witness: newWitness(), lose: 20}
	gateway := mustJoin(t, kafka.NodeConfig{Config: c, Copy: to}, func(*kafka.Node) {})
	gateway.mustCreate(t, "a")
	to.await(t, "the copy stands still", func() bool { return len(to.batches["a"]) > 100 })
	gateway.mustRule(t, "a", "one")
	gateway.mustRule(t, "a", "two")
	to.await(t, "the race does not end", func() bool { return to.over["a"] })
	if !to.lost {
		t.Error("nothing was lost: the test shows nothing")
	}
}

// TestNode_PassesOverARaceThatItsCopyNoLongerHas: it was deleted right before a kill, or given up by the retention of this process.
func TestNode_PassesOverARaceThatItsCopyNoLongerHas(t *testing.T) {
	t.Parallel()
	c := mustCluster(t)
	s := &racesOf{t: t, races: map[race.ID]*simulated{}, ticks: 50}
	mustJoin(t, kafka.NodeConfig{Config: c, Simulations: s}, func(n *kafka.Node) { s.node = n })
	to := &careless{witness: newWitness()}
	gateway := mustJoin(t, kafka.NodeConfig{Config: c, Copy: to}, func(*kafka.Node) {})
	gateway.mustCreate(t, "a")
	gateway.mustCreate(t, "b")
	to.await(t, "race a does not run", func() bool { return len(to.batches["a"]) > 20 })
	to.mu.Lock()
	delete(to.batches, "a")
	to.lacks = "a"
	to.mu.Unlock()
	to.await(t, "race a holds up race b", func() bool { return len(to.batches["b"]) > 300 })
	gateway.mustRule(t, "b", "one")
	gateway.mustRule(t, "b", "two")
	to.await(t, "race b does not end", func() bool { return to.over["b"] })
	if len(to.batches["a"]) > 0 {
		t.Errorf("the copy has %d batches of a race whose beginning it lacks", len(to.batches["a"]))
	}
}

func TestNode_TellsWhatIsKeptAndWhatIsNew(t *testing.T) {
	t.Parallel()
	c := mustCluster(t)
	type word struct{ key, data string }
	listen := func() (*member, chan word) {
		said := make(chan word, 10)
		return mustJoin(t, kafka.NodeConfig{Config: c, Copy: newWitness(), Told: func(key string, data []byte) { said <- word{key, string(data)} }},
			func(*kafka.Node) {}), said
	}
	next := func(said chan word) word {
		t.Helper()
		select {
		case w := <-said:
			return w
		case <-time.After(time.Minute):
			t.Fatal("nothing was told for a minute")
			return word{}
		}
	}
	first, early := listen()
	first.node.Tell("a", "circuit/a", []byte("one"))
	if w := next(early); w != (word{"circuit/a", "one"}) {
		t.Errorf("told was %v", w)
	}
	_, late := listen()
	if w := next(late); w != (word{"circuit/a", "one"}) {
		t.Errorf("told later was %v", w)
	}
}
