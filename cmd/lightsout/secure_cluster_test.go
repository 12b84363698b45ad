package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"lightsout/transport/kafka"
	"lightsout/transport/kafka/kafkatest"
	"lightsout/transport/login"
)

// TestServe_WithTheRightsThatAreDocumentedAndNoOthers runs all roles as a user who has exactly what docs/KAFKA.md lists, over TLS and SCRAM.
func TestServe_WithTheRightsThatAreDocumentedAndNoOthers(t *testing.T) {
	t.Parallel()
	long(t)
	s := kafkatest.StartSecure(t)
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte(s.Password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	as := func(user string) []string {
		return []string{
			"--kafka", strings.Join(s.Brokers, ","), "--kafka-tls", "--kafka-ca", s.CA, "--kafka-sasl", "scram-sha-256", "--kafka-user", user,
			"--kafka-password-file", password,
		}
	}
	if out, err := exec.Command(mustBuild(t), append([]string{"kafka", "init"}, as(s.User)...)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	all := append(as(s.Stranger), "--roles", "simulator,processor,gateway", "--log-level", "debug")
	refused, err := exec.CommandContext(within(t, time.Minute), mustBuild(t), append([]string{"serve", "--addr", "127.0.0.1:0", "--db", filepath.Join(t.TempDir(), "x.db")}, all...)...).CombinedOutput()
	if err == nil || !strings.Contains(strings.ToLower(string(refused)), "authoriz") {
		t.Errorf("without rights: %v %s", err, refused)
	}
	c := kafka.DefaultConfig()
	c.Brokers, c.TLS, c.CAFile, c.SASL, c.User, c.Password = s.Brokers, true, s.CA, kafka.SASLScramSHA256, s.User, login.Secret(s.Password)
	opts, err := c.Options()
	if err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(opts...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	mustGrant(t, kadm.NewClient(client), "User:"+s.Stranger, &c)

	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "races.db"), args: all}
	p.start()
	defer p.end(syscall.SIGTERM)
	p.mustBeReady()
	id := p.post("/api/v1/races", `{"circuit":"kartwerk","cars":5,"laps":2,"seed":7,"speed":0,"start":true}`)["id"]
	var got struct{ Status string }
	for deadline := time.Now().Add(patience); got.Status != "finished"; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the race is %q", got.Status)
		}
		p.get(fmt.Sprintf("/api/v1/races/%v", id), &got)
	}
	var field struct {
		Entries []struct {
			Number int `json:"driver_number"`
		}
	}
	p.get(fmt.Sprintf("/api/v1/races/%v/entries", id), &field)
	p.post(fmt.Sprintf("/api/v1/races/%v/penalties", id), // after the race it is the processor's
		fmt.Sprintf(`{"driver_number":%d,"kind":"time","amount_ms":5000,"reason":"test","author":"Steward"}`, field.Entries[0].Number))
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p.cmd.Process.Pid))
	if err == nil && bytes.Contains(line, []byte(s.Password)) || bytes.Contains(refused, []byte(s.Password)) {
		t.Error("the password is shown")
	}
}

// mustGrant grants what every role needs.
func mustGrant(t *testing.T, admin *kadm.Client, user string, c *kafka.Config) {
	t.Helper()
	topics := kafka.TopicsOf(c.Prefix)
	grant := func(b *kadm.ACLBuilder) {
		t.Helper()
		got, err := admin.CreateACLs(within(t, time.Minute), b.Allow(user).AllowHosts("*").ResourcePatternType(kadm.ACLPatternLiteral))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range got {
			if r.Err != nil {
				t.Fatal(r.Err)
			}
		}
	}
	grant(kadm.NewACLs().Topics(topics.Log, topics.Telemetry, topics.State, topics.Commands, topics.Facts, topics.Dead).Operations(kadm.OpDescribe, kadm.OpDescribeConfigs))
	grant(kadm.NewACLs().Topics(topics.Log, topics.Telemetry, topics.State, topics.Commands).Operations(kadm.OpRead))
	grant(kadm.NewACLs().Topics(topics.Log, topics.Telemetry, topics.State, topics.Commands, topics.Facts, topics.Dead).Operations(kadm.OpWrite))
	grant(kadm.NewACLs().Groups(c.Group("simulators"), c.Group("processors"), c.Group("facts")).Operations(kadm.OpRead))
}

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
