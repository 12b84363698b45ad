package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"lightsout/race"
	"lightsout/transport/kafka"
)

// send sends a message to the commands, with the partition of its key, and returns its name among dead letters.
func (r *roles) send(key, value string) string {
	r.t.Helper()
	rec := &kgo.Record{Topic: r.topics.Commands, Key: []byte(key), Value: []byte(value)}
	if err := r.client.ProduceSync(r.t.Context(), rec).FirstErr(); err != nil {
		r.t.Fatal(err)
	}
	return fmt.Sprintf("%d:%d", rec.Partition, rec.Offset)
}

// letters reads dead letters until so many are there, repeats included. It returns reasons and values by partition, offset and item.
func (r *roles) letters(n int) (reasons map[string]string, values map[string]string) {
	r.t.Helper()
	starts, err := r.admin.ListStartOffsets(r.t.Context(), r.topics.Dead)
	if err != nil {
		r.t.Fatal(err)
	}
	c, err := kgo.NewClient(kgo.SeedBrokers(r.brokers...), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{r.topics.Dead: fromOffsets(r, starts)}))
	if err != nil {
		r.t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(r.t.Context(), 30*time.Second)
	defer cancel()
	reasons, values = map[string]string{}, map[string]string{}
	for read := 0; read < n; {
		fetches := c.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			r.t.Fatalf("%d dead letters, not %d: %v\n%v", read, n, err, reasons)
		}
		fetches.EachRecord(func(rec *kgo.Record) {
			var l kafka.DeadLetter
			if err := json.Unmarshal(rec.Value, &l); err != nil || l.Topic != r.topics.Commands {
				r.t.Fatalf("%s: %v", rec.Value, err)
			}
			name := fmt.Sprintf("%d:%d", l.Partition, l.Offset)
			if l.Item != nil {
				name += fmt.Sprint("/", *l.Item)
			}
			reasons[name], values[name] = l.Reason, string(l.Value)
			read++
		})
	}
	return reasons, values
}

const externalRace = `{"kind":"external","name":"Club race","start":true,"rules":{"name":"kart","laps":100},
	"entries":[{"driver_number":7},{"driver_number":8}]}`

func TestForeignCommands_GoodItemsAreKeptAndBadOnesAreDeadLettersWithTheReason(t *testing.T) {
	long(t)
	t.Parallel()
	r := mustRoles(t)
	gateway := r.start("simulator,gateway")
	processor := r.start("processor")
	r.shares("processors", 1)
	id, _ := gateway.post("/api/v1/races", externalRace)["id"].(string)
	simulated, _ := gateway.post("/api/v1/races", `{"circuit":"kartwerk","cars":2,"laps":5,"speed":1}`)["id"].(string)
	want := map[string]string{} // parts of reasons
	passings := `{"id":"lap 1","race":"` + id + `","passings":[{"driver_number":7,"time_us":30000000},{"driver_number":99,"time_us":1},
		{"driver_number":8,"time_us":31000000},{"line":"first"},"seven"]}`
	at := r.send(id, passings)
	want[at+"/1"] = "driver_number: is 99, which is not in this race (allowed: the number of an entry)"
	want[at+"/3"] = "line: is text"
	want[at+"/4"] = "is text (allowed: an object with fields)"
	bad := func(key, value, reason string) {
		t.Helper()
		want[r.send(key, value)] = reason
	}
	r.send(id, passings) // again, by a producer that did not see the acknowledgement: no more is heard of it
	bad(id, strings.Replace(passings, "31000000", "32000000", 1), "the id of the command: the key was used for something else: choose another")
	bad(id, `{"race":"`+id+`","passings":[],"laps":3}`, `unknown field "laps"`)
	bad(id, `{"race":"`+id+`","samples":[`, "it is not a command in JSON")
	bad(id, `{"race":"`+id+`","passings":[{}],"samples":[{}]}`, "expected either passings or samples")
	bad(id, `{"race":"`+id+`","samples":[`+strings.Repeat(" ", 1<<20)+`]}`, "allowed are 1048576: send fewer items at once")
	bad("nowhere", `{"race":"nowhere","passings":[{}]}`, "there is no such race")
	bad(simulated, `{"race":"`+simulated+`","passings":[{"driver_number":1,"time_us":1}]}`, "the simulation runs")
	other := id
	for i := 0; kafka.Partition(race.ID(other), rolesPartitions) == kafka.Partition(race.ID(id), rolesPartitions); i++ {
		other = fmt.Sprint(id, i)
	}
	elsewhere := r.send(other, `{"race":"`+id+`","passings":[{"driver_number":7,"time_us":1}]}`)
	want[elsewhere] = "use the key of the race and the partitioner murmur2"
	sample := r.send(id, `{"race":"`+id+`","samples":[{"driver_number":7,"time_us":30000000,"speed":81.5},{"driver_number":7,"time_us":30100000}]}`)
	want[sample+"/1"] = "reports nothing that can be kept"
	got, values := r.letters(len(want))
	check := func() {
		t.Helper()
		for name, reason := range want {
			if !strings.Contains(got[name], reason) {
				t.Errorf("dead letter %s: %q, expected %q", name, got[name], reason)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%d dead letters, not %d: %v", len(got), len(want), got)
		}
	}
	check()
	if v := values[at+"/1"]; v != `{"driver_number":99,"time_us":1}` {
		t.Errorf("the dead letter of an item has %s", v)
	}
	var before, after passingList
	r.await("two passings are not in the race", func() bool {
		gateway.get("/api/v1/races/"+id+"/passings", &before)
		return len(before.Passings) == 2
	})
	r.await("the sample is not in the race", func() bool {
		var telemetry struct{ Cars []struct{ Speed []float64 } }
		gateway.get("/api/v1/races/"+id+"/telemetry?cars=7", &telemetry)
		return len(telemetry.Cars) == 1 && cmp.Equal(telemetry.Cars[0].Speed, []float64{81.5})
	})

	// Another processor reads all commands again, as after a takeover before anything was committed.
	processor.end(syscall.SIGKILL)
	r.shares("processors", 0)
	if _, err := r.admin.DeleteGroup(t.Context(), r.prefix+"-processors"); err != nil {
		t.Fatal(err)
	}
	r.start("processor")
	last := r.send(id, `{"race":"`+id+`","passings":[{"driver_number":7,"time_us":60000000},{"driver_number":9,"time_us":1}]}`)
	want[last+"/1"] = "driver_number: is 9"
	r.await("the last passing is not in the race", func() bool {
		gateway.get("/api/v1/races/"+id+"/passings", &after)
		return len(after.Passings) > 2
	})
	repeated := 0 // whole messages, for the one before may have died before their dead letters were durable
	for name := range want {
		if !strings.Contains(name, "/") {
			repeated++
		}
	}
	got, _ = r.letters(len(want) + repeated)
	check()
	if !cmp.Equal(after.Passings[:2], before.Passings) || len(after.Passings) != 3 {
		t.Errorf("the passings were\n%+v\nand are\n%+v", before.Passings, after.Passings)
	}
}

type passingList struct {
	Passings []struct {
		Seq          race.Seq `json:"seq"`
		DriverNumber int      `json:"driver_number"`
		TimeUS       int64    `json:"time_us"`
		Verdict      string   `json:"verdict"`
	} `json:"passings"`
}
