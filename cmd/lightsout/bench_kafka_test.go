package main

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"lightsout/cmd/internal/bench"
	"lightsout/transport/kafka/kafkatest"
)

// TestBenchKafka_MeasuresEachLoad looks at the shape of a report: no figure is judged.
func TestBenchKafka_MeasuresEachLoad(t *testing.T) {
	long(t)
	cmd := exec.Command(mustBuild(t), "bench", "kafka", "--kafka", strings.Join(kafkatest.Start(t), ","),
		"--loads", "entries,races,field,latency", "--races", "2", "--cars", "100", "--seconds", "1", "--json")
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	var r bench.KafkaReport
	if decoded := json.Unmarshal(out.Bytes(), &r); err != nil || decoded != nil {
		t.Fatalf("%v, %v: %s", err, decoded, said.String())
	}
	if len(r.Entries) != 2 || r.Entries[0].Partitions != 1 || r.Entries[1].Partitions != 12 {
		t.Errorf("entries: %+v", r.Entries)
	}
	for _, l := range r.Entries {
		if l.Batches != l.Races*100 || l.NodePerSecond <= 0 || l.BarePerSecond <= 0 || l.RateToBare <= 0 || l.FrameBytes <= 0 || l.RecordsPerSecond <= 0 {
			t.Errorf("entries: %+v", l)
		}
	}
	if len(r.Races) != 1 || r.Races[0].Ticks <= 0 || len(r.Races[0].Roles) != 5 || len(r.Races[0].Topics) != 6 {
		t.Errorf("races: %+v", r.Races)
	}
	if r.Field == nil || r.Field.Cars != 100 || r.Field.Ticks <= 0 {
		t.Errorf("field: %+v", r.Field)
	}
	if len(r.Latency) != 2 || r.Latency[0].Passings == 0 || r.Latency[1].AckP50MS <= 0 || r.Latency[1].ShownP50MS <= 0 {
		t.Errorf("latency: %+v", r.Latency)
	}
	if r.Takeovers == nil || len(r.Takeovers) != 0 {
		t.Errorf("takeovers that were not asked for: %+v", r.Takeovers)
	}
}

func TestBenchKafka_RefusesWhatItCannotMeasure(t *testing.T) {
	t.Parallel()
	for flag, want := range map[string]string{
		"--loads=coffee": "allowed are entries", "--races=0": "--races has 0", "--seconds=0": "--seconds is 0", "--cars=0": "--cars is 0", "--cars=20": "--kafka is missing",
	} {
		cmd := newRoot()
		var out bytes.Buffer
		cmd.SetArgs([]string{"bench", "kafka", flag})
		cmd.SetOut(&out)
		cmd.SetErr(&out)
		if err := cmd.Execute(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", flag, err)
		}
	}
}
