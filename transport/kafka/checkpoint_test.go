package kafka_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"lightsout/race"
	"lightsout/transport"
	"lightsout/transport/kafka"
)

// TestNode_SimulatorGoesOnFromACheckpoint deletes the log below the checkpoint that a simulator left: whoever goes on cannot have read it.
func TestNode_SimulatorGoesOnFromACheckpoint(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long: go test without -short runs it")
	}
	places(t, func(t *testing.T, client *kgo.Client, prefix string) {
		mustInit(t, client, prefix, kafka.Settings{Partitions: 1, TelemetryRetention: time.Hour})
		brokers, _ := client.OptValue(kgo.SeedBrokers).([]string)
		c := kafka.DefaultConfig()
		c.Brokers, c.Prefix, c.Log = brokers, prefix, slog.New(slog.NewTextHandler(logTo{t}, nil))
		const ticks = 1500
		simulator := func() *member {
			s := &racesOf{t: t, races: map[race.ID]*simulated{}, ticks: ticks}
			return mustJoin(t, kafka.NodeConfig{Config: c, Simulations: s}, func(n *kafka.Node) { s.node = n })
		}
		first, seen := simulator(), newWitness()
		gateway := mustJoin(t, kafka.NodeConfig{Config: c, Copy: seen}, func(*kafka.Node) {})
		order := func(cmd *transport.Command) {
			t.Helper()
			if _, err := gateway.node.Order(within(t, 30*time.Second), cmd); err != nil {
				t.Fatal(err)
			}
		}
		ids := []race.ID{"a", "b"}
		rule := func(n int) {
			for _, id := range ids {
				rec := race.Record{Author: "test", Body: race.Penalised{Car: 1, Amount: race.Micros(n)}}
				order(&transport.Command{ID: fmt.Sprint("rule ", id, n), Race: id, Role: transport.Simulator, Ruling: &rec})
			}
		}
		for _, id := range ids {
			order(&transport.Command{ID: "create " + string(id), Race: id, Role: transport.Simulator, Create: &transport.Create{Race: race.Race{ID: id}, Start: true}})
		}
		rule(1)
		seen.await(t, "the races do not come far", func() bool { return len(seen.batches["a"]) > 700 && len(seen.batches["b"]) > 700 })
		first.stop()
		if err := <-first.done; err != nil {
			t.Fatal(err)
		}
		first.done <- nil

		at := mustCheckpoint(t, client, kafka.TopicsOf(prefix).State)
		if at < 1400 {
			t.Fatalf("the checkpoint is at offset %d", at)
		}
		admin := kadm.NewClient(client)
		if _, err := admin.DeleteRecords(t.Context(), kadm.Offsets{kafka.TopicsOf(prefix).Log: {0: {Topic: kafka.TopicsOf(prefix).Log, At: at}}}); err != nil {
			t.Fatal(err)
		}
		simulator()
		rule(2)
		seen.await(t, "races do not end", func() bool { return len(seen.over) == len(ids) })
		for _, id := range ids {
			check(t, id, seen.batches[id], ticks)
		}
		order(&transport.Command{ID: "rule a1", Race: "a", Role: transport.Simulator, Delete: true}) // it has its receipt

		late, err := kafka.Join(within(t, 20*time.Second), kafka.NodeConfig{Config: c, Copy: newWitness()})
		if err != nil {
			t.Fatal(err)
		}
		err = late.Run(within(t, 20*time.Second))
		if want := fmt.Sprintf("begins at offset %d, and is needed from 0", at); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "races that began before") {
			t.Errorf("a new gateway where the log has lost its beginning: %v", err)
		}
	})
}

// TestNode_NamesTheRacesThatKafkaHasLost lets a gateway come back after Kafka has deleted what it lacks.
func TestNode_NamesTheRacesThatKafkaHasLost(t *testing.T) {
	places(t, func(t *testing.T, client *kgo.Client, prefix string) {
		mustInit(t, client, prefix, kafka.Settings{Partitions: 1, TelemetryRetention: time.Hour})
		brokers, _ := client.OptValue(kgo.SeedBrokers).([]string)
		c := kafka.DefaultConfig()
		c.Brokers, c.Prefix = brokers, prefix
		simulate := func() *member {
			s := &racesOf{t: t, races: map[race.ID]*simulated{}, ticks: 1_000_000}
			return mustJoin(t, kafka.NodeConfig{Config: c, Simulations: s}, func(n *kafka.Node) { s.node = n })
		}
		simulator, seen := simulate(), newWitness()
		gateway := mustJoin(t, kafka.NodeConfig{Config: c, Copy: seen}, func(*kafka.Node) {})
		if _, err := gateway.node.Order(within(t, 30*time.Second), &transport.Command{
			ID: "create", Race: "monza", Role: transport.Simulator, Create: &transport.Create{Race: race.Race{ID: "monza"}, Start: true},
		}); err != nil {
			t.Fatal(err)
		}
		seen.await(t, "the race does not begin", func() bool { return len(seen.batches["monza"]) > 50 })
		end := func(m *member) {
			t.Helper()
			m.stop()
			if err := <-m.done; err != nil {
				t.Fatal(err)
			}
			m.done <- nil
		}
		until := func(what string, is func() bool) {
			t.Helper()
			for limit := time.Now().Add(time.Minute); !is(); time.Sleep(10 * time.Millisecond) {
				if time.Now().After(limit) {
					t.Fatal(what)
				}
			}
		}
		end(simulator) // nothing new comes, so the copy can follow to the end
		until("the copy does not follow", func() bool {
			p := gateway.node.Stats().Partitions[0]
			return p.Folded > 50 && p.Applied == p.Folded
		})
		was := gateway.node.Stats().Partitions[0].Folded
		end(gateway)
		if len(seen.marks) == 0 {
			t.Fatal("the gateway has kept no mark")
		}
		simulator = simulate()
		until("the race does not go on", func() bool { return simulator.node.Stats().Partitions[0].Folded > was+100 })
		log := kafka.TopicsOf(prefix).Log
		if _, err := kadm.NewClient(client).DeleteRecords(t.Context(), kadm.Offsets{log: {0: {Topic: log, At: was + 100}}}); err != nil {
			t.Fatal(err)
		}
		back, err := kafka.Join(within(t, 20*time.Second), kafka.NodeConfig{Config: c, Copy: seen})
		if err != nil {
			t.Fatal(err)
		}
		err = back.Run(within(t, 20*time.Second))
		if err == nil || !strings.Contains(err.Error(), "What cannot be had here: races monza, which were not over, and races that began meanwhile") {
			t.Errorf("%v", err)
		}
	})
}

// mustCheckpoint returns the offset of the newest checkpoint of partition 0.
func mustCheckpoint(t *testing.T, client *kgo.Client, topic string) (at int64) {
	t.Helper()
	opts := append(client.Opts(), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().AtStart()}}))
	reader, err := kgo.NewClient(opts...)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	unzip, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer unzip.Close()
	ctx := within(t, 30*time.Second)
	for at == 0 {
		fetches := reader.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			t.Fatalf("no checkpoint: %v", err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if !strings.HasPrefix(string(r.Key), "fold/") {
				return
			}
			data, err := unzip.DecodeAll(r.Value, nil)
			if err != nil {
				t.Fatal(err)
			}
			var is struct{ Next int64 }
			if err := json.Unmarshal(data, &is); err != nil {
				t.Fatal(err)
			}
			at = max(at, is.Next)
		})
	}
	return at
}
