package main

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"lightsout/cmd/internal/clusterdrill"
	"lightsout/transport/kafka/kafkatest"
)

// TestDrill_ClusterLosesNothingWhileEverythingIsKilled is the two-minute form: two processes of each role, each role killed three times, Kafka
// restarted, 20,000 passings by clients that retry at any gateway.
func TestDrill_ClusterLosesNothingWhileEverythingIsKilled(t *testing.T) {
	long(t) // alone: it measures how long races pause
	broker := kafkatest.StartOwn(t)
	cmd := exec.Command(mustBuild(t), "drill", "--cluster", "everything", "--json", "--patience", "3m", "--keep", t.TempDir(),
		"--kafka", strings.Join(broker.Brokers, ","), "--kafka-stop", broker.Stop, "--kafka-start", broker.Start)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	var v clusterdrill.Verdict
	if decoded := json.Unmarshal(out.Bytes(), &v); decoded != nil {
		t.Fatalf("%v, %v: %s", err, decoded, said.String())
	}
	if err != nil || !v.Passed {
		t.Errorf("%v: %s\n%s", err, strings.Join(v.Broken, "\n"), said.String())
	}
	killed := map[string]int{}
	for _, s := range v.Strikes {
		if s.What == "kill" && s.PID > 0 && s.Racing > 0 {
			killed[strings.Fields(s.Of)[0]]++
		}
	}
	for _, role := range []string{"simulator", "processor", "gateway"} {
		if killed[role] < 3 {
			t.Errorf("a %s was killed %d times while races ran", role, killed[role])
		}
	}
	if len(v.Races) != 24 || v.External.Counted != 20_000 || v.Spectators.Connections < 8 {
		t.Errorf("%d comparisons, %d passings, %+v", len(v.Races), v.External.Counted, v.Spectators)
	}
	t.Logf("facts came again after p50 %d ms, p99 %d ms; void entries: %v; %.0f s", v.RecoveryP50MS, v.RecoveryP99MS, v.Void, v.Seconds)
}

func TestClusterScenarios_AreReadAndRefused(t *testing.T) {
	t.Parallel()
	all, err := clusterdrill.Library()
	if err != nil || len(all) < 8 {
		t.Fatalf("%d scenarios, %v", len(all), err)
	}
	for text, want := range map[string]string{
		"strikes: []": "strikes is empty", "strikes: [{kill: simulator, freeze: gateway, at: 1s}]": "2 verbs", "races: 0": "races is 0",
		"strikes: [{kill: car, at: 1s}]": `kill is "car"`, "strikes: [{cut: gateway, at: 1s}]": "needs for", "unknown: 1": "unknown",
		"strikes: [{kill: gateway, at: 1s, times: 3}]": "times needs every", "strikes: [{slow: gateway, at: 1s, for: 1s}]": "latency",
		"strikes: [{broker: eaten, at: 1s, for: 1s}]": `broker is "eaten"`,
	} {
		if _, err := clusterdrill.Parse("x.yaml", []byte("name: x\n"+text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
