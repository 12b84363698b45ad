package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"lightsout/transport/kafka/kafkatest"
)

var ownedLines = regexp.MustCompile(`(?m)^lightsout_log_partition_owned\{partition="(\d+)",role="simulator"\} 1$`)

// owned lists the partitions that a process writes as a simulator, and counts the claims that it has won.
func (p *process) owned() (partitions []string, claims string) {
	p.t.Helper()
	_, text := fetch(p.t, "GET", p.url+"/metrics", "")
	for _, m := range ownedLines.FindAllStringSubmatch(text, -1) {
		partitions = append(partitions, m[1])
	}
	slices.Sort(partitions)
	_, rest, _ := strings.Cut(text, "\nlightsout_log_claims_won_total ")
	claims, _, _ = strings.Cut(rest, "\n")
	return partitions, claims
}

// TestServe_WithAnInstanceAQuickRestartMovesNoRace kills a simulator that has a name, and starts it again within its session.
func TestServe_WithAnInstanceAQuickRestartMovesNoRace(t *testing.T) {
	t.Parallel()
	long(t)
	brokers := kafkatest.Start(t)
	at := []string{"--kafka", strings.Join(brokers, ","), "--kafka-prefix", kafkatest.Prefix(t, kgo.SeedBrokers(brokers...)), "--kafka-create-topics"}
	start := func(name string, args ...string) *process {
		p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), name+".db"), args: append(args, at...)}
		p.start()
		t.Cleanup(func() { p.end(syscall.SIGTERM) })
		p.mustBeReady()
		return p
	}
	one := start("one", "--roles", "simulator", "--kafka-instance", "one")
	two := start("two", "--roles", "simulator", "--kafka-instance", "two")
	gateway := start("gateway", "--roles", "gateway")
	id := gateway.post("/api/v1/races", `{"circuit":"kartwerk","cars":5,"laps":3,"seed":7,"speed":8,"start":true}`)["id"]
	await := func(what string, is func() bool) {
		t.Helper()
		for end := time.Now().Add(patience); !is(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal(what)
			}
		}
	}
	var had, others []string
	var claims string
	await("the partitions are not shared", func() bool {
		others, claims = one.owned()
		had, _ = two.owned()
		return len(had) > 0 && len(had)+len(others) == 12
	})
	two.end(syscall.SIGKILL)
	killed := time.Now()
	two.start()
	await("the partitions do not come back", func() bool {
		have, _ := two.owned()
		return slices.Equal(have, had)
	})
	t.Logf("its %d partitions were its own again after %v", len(had), time.Since(killed).Round(time.Millisecond))
	if have, now := one.owned(); !slices.Equal(have, others) || now != claims {
		t.Errorf("the other simulator had %v and %s claims, and has %v and %s", others, claims, have, now)
	}
	await("the race does not go on", func() bool {
		var got struct{ Status string }
		gateway.get(fmt.Sprintf("/api/v1/races/%v", id), &got)
		return got.Status == "finished"
	})
}
