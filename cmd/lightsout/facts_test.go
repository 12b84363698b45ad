package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"lightsout/race"
	"lightsout/transport/kafka"
	"lightsout/transport/kafka/kafkatest"
)

// roles are processes of a test around a real Kafka.
type roles struct {
	t       *testing.T
	brokers []string
	prefix  string
	topics  kafka.Topics
	client  *kgo.Client
	admin   *kadm.Client
}

const rolesPartitions = 2

func mustRoles(t *testing.T) *roles {
	t.Helper()
	r := &roles{t: t, brokers: kafkatest.Start(t)}
	r.prefix = kafkatest.Prefix(t, kgo.SeedBrokers(r.brokers...))
	r.topics = kafka.TopicsOf(r.prefix)
	var err error
	if r.client, err = kgo.NewClient(kgo.SeedBrokers(r.brokers...), kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)), kgo.ProducerBatchMaxBytes(4<<20)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.client.Close)
	r.admin = kadm.NewClient(r.client)
	s := kafka.DefaultSettings()
	s.Partitions = rolesPartitions
	if _, err := kafka.Init(t.Context(), r.client, r.prefix, s); err != nil {
		t.Fatal(err)
	}
	return r
}

// start starts a process, which is killed at the end of the test if it still runs.
func (r *roles) start(does string, args ...string) *process {
	r.t.Helper()
	p := &process{t: r.t, bin: mustBuild(r.t), ended: make(chan error, 1)}
	p.cmd = exec.Command(p.bin, append([]string{
		"serve", "--addr", "127.0.0.1:0", "--log-level", "warn", "--kafka", strings.Join(r.brokers, ","), "--kafka-prefix", r.prefix, "--roles", does,
	}, args...)...)
	p.cmd.Dir = r.t.TempDir()
	said, err := p.cmd.StderrPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = p.cmd.Process.Kill() }) // it may have ended
	lines := bufio.NewScanner(said)
	for p.url == "" && lines.Scan() {
		if _, url, listens := strings.Cut(lines.Text(), " is on "); listens {
			p.url = url
		}
	}
	if p.url == "" {
		r.t.Fatalf("%s did not say where it is", does)
	}
	go func() {
		_, _ = io.Copy(os.Stderr, said)
		p.ended <- p.cmd.Wait()
	}()
	return p
}

// await waits until something is so.
func (r *roles) await(what string, is func() bool) {
	r.t.Helper()
	end := time.After(patience)
	for !is() {
		select {
		case <-time.After(50 * time.Millisecond):
		case <-end:
			r.t.Fatalf("%v have passed: %s", patience, what)
		}
	}
}

// shares waits until that many members of a group have partitions.
func (r *roles) shares(group string, members int) {
	r.t.Helper()
	r.await(fmt.Sprintf("%d members of %s have no partitions", members, group), func() bool {
		described, err := r.admin.DescribeGroups(r.t.Context(), r.prefix+"-"+group)
		if err != nil {
			return false
		}
		n := 0
		for _, m := range described[r.prefix+"-"+group].Members {
			if of, ok := m.Assigned.AsConsumer(); ok && len(of.Topics) > 0 {
				n++
			}
		}
		return n == members
	})
}

// fact is the head of a message of facts.
type fact struct {
	V     int
	Race  race.ID
	Seq   race.Seq
	Index int
	Type  string
	Final bool
}

type factName struct {
	race  race.ID
	seq   race.Seq
	index int
}

// publishedFacts are messages of facts as they were read.
type publishedFacts struct {
	texts   map[factName]string
	count   map[race.ID]int
	results map[race.ID]bool
	repeats int
}

// readFacts reads facts from offsets until enough says so.
func (r *roles) readFacts(from map[int32]kgo.Offset, enough func(*publishedFacts) bool) *publishedFacts {
	r.t.Helper()
	c, err := kgo.NewClient(kgo.SeedBrokers(r.brokers...), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{r.topics.Facts: from}))
	if err != nil {
		r.t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	got := &publishedFacts{map[factName]string{}, map[race.ID]int{}, map[race.ID]bool{}, 0}
	for !enough(got) {
		fetches := c.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			r.t.Fatalf("facts are missing: %v: %v", got.count, err)
		}
		fetches.EachRecord(func(rec *kgo.Record) { got.add(r.t, rec) })
	}
	return got
}

func (p *publishedFacts) add(t *testing.T, rec *kgo.Record) {
	t.Helper()
	var f fact
	if err := json.Unmarshal(rec.Value, &f); err != nil || f.V != 1 || string(rec.Key) != string(f.Race) || f.Type == "" {
		t.Fatalf("%s: %s, %v", rec.Key, rec.Value, err)
	}
	name := factName{f.Race, f.Seq, f.Index}
	if before, known := p.texts[name]; known {
		p.repeats++
		if before != string(rec.Value) {
			t.Errorf("it came again with another content:\n%s\n%s", before, rec.Value)
		}
	}
	p.texts[name] = string(rec.Value)
	p.count[f.Race]++
	p.results[f.Race] = p.results[f.Race] || f.Type == "result"
}

func fromOffsets(r *roles, of kadm.ListedOffsets) map[int32]kgo.Offset {
	out := map[int32]kgo.Offset{}
	of.Each(func(o kadm.ListedOffset) { out[o.Partition] = kgo.NewOffset().At(o.Offset) })
	return out
}

func TestFacts_AProcessorThatTakesOverPublishesWhatAKilledOneHadNot(t *testing.T) {
	long(t)
	t.Parallel()
	r := mustRoles(t)
	gateway := r.start("simulator,gateway")
	processor := []string{"--facts-format", "json", "--db", filepath.Join(t.TempDir(), "copy.db")}
	first, second := r.start("processor", "--facts-format", "json"), r.start("processor", processor...)
	r.shares("processors", 2)
	ids := map[int32]race.ID{} // by partition: one of them is taken over
	for len(ids) < rolesPartitions {
		id, _ := gateway.post("/api/v1/races", `{"circuit":"kartwerk","cars":8,"laps":12,"seed":7,"speed":100}`)["id"].(string)
		ids[kafka.Partition(race.ID(id), rolesPartitions)] = race.ID(id)
	}
	starts, err := r.admin.ListStartOffsets(t.Context(), r.topics.Facts)
	if err != nil {
		t.Fatal(err)
	}
	all := func(p *publishedFacts, is func(race.ID) bool) bool {
		return !slices.ContainsFunc(slices.Collect(maps.Values(ids)), func(id race.ID) bool { return !is(id) })
	}
	r.readFacts(fromOffsets(r, starts), func(p *publishedFacts) bool {
		return all(p, func(id race.ID) bool { return p.count[id] > 200 })
	})
	first.end(syscall.SIGKILL)
	live := r.readFacts(fromOffsets(r, starts), func(p *publishedFacts) bool {
		return all(p, func(id race.ID) bool { return p.results[id] })
	})
	second.end(syscall.SIGTERM)

	// A processor of a log whose facts were never published publishes all of them: these are what had to come. It has the races in its copy
	// already, and computes what followed from them again.
	if _, err := r.admin.DeleteGroup(t.Context(), r.prefix+"-facts"); err != nil {
		t.Fatal(err)
	}
	ends, err := r.admin.ListEndOffsets(t.Context(), r.topics.Facts)
	if err != nil {
		t.Fatal(err)
	}
	r.start("processor", processor...)
	undisturbed := r.readFacts(fromOffsets(r, ends), func(p *publishedFacts) bool {
		return all(p, func(id race.ID) bool { return p.results[id] })
	})
	t.Logf("%d facts, of which %d came again", len(live.texts), live.repeats)
	for _, id := range ids {
		mine := func(name factName, _ string) bool { return name.race != id }
		want, got := maps.Clone(undisturbed.texts), maps.Clone(live.texts)
		maps.DeleteFunc(want, mine)
		maps.DeleteFunc(got, mine)
		if diff := cmp.Diff(want, got); diff != "" || len(got) < 500 {
			t.Errorf("race %s: %d facts were published, %d without a kill\n%.3000s", id, len(got), len(want), diff)
		}
	}
}
