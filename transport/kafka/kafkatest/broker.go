package kafkatest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Secure is a broker that speaks TLS and SASL (PLAIN and SCRAM-SHA-256) and keeps ACLs.
type Secure struct {
	Brokers  []string
	CA       string // file with the certificate that signed the broker's
	User     string // may do everything
	Stranger string // has no rights
	Password string // of both
}

// Start returns brokers that speak plain text. Other tests may use them too: see Prefix.
func Start(t testing.TB) (brokers []string) {
	t.Helper()
	if named := os.Getenv("KAFKA_BROKERS"); named != "" {
		return strings.Split(named, ",")
	}
	return strings.Split(run(t, "start")["KAFKA_BROKERS"], ",")
}

// Own is a broker of one test, which may stop and freeze it with shell commands.
type Own struct {
	Brokers                   []string
	Stop, Start, Freeze, Thaw string
}

// StartOwn starts a broker for this test only. It ends with the test.
func StartOwn(t testing.TB) *Own {
	t.Helper()
	tool := os.Getenv("LIGHTSOUT_KAFKAD")
	if tool == "" {
		t.Skip("SKIPPED: no Kafka of its own: set LIGHTSOUT_KAFKAD to the tool that starts one (start PORT DIR)")
	}
	v := run(t, "start")
	_, port, _ := net.SplitHostPort(v["KAFKA_BROKERS"])
	pid := fmt.Sprintf("%s/kafka.pid", v["KAFKA_DIR"])
	if err := os.WriteFile(pid, []byte(v["KAFKA_PID"]), 0o600); err != nil {
		t.Fatal(err)
	}
	own := &Own{
		Brokers: strings.Split(v["KAFKA_BROKERS"], ","),
		Stop:    fmt.Sprintf("kill -KILL $(cat %s)", pid),
		Start:   fmt.Sprintf(`eval "$(%s start %s %s)" && echo $KAFKA_PID >%s`, tool, port, v["KAFKA_DIR"], pid),
		Freeze:  fmt.Sprintf("kill -STOP $(cat %s)", pid),
		Thaw:    fmt.Sprintf("kill -CONT $(cat %s)", pid),
	}
	t.Cleanup(func() { // another process than at the beginning, where it was started again
		if out, err := exec.CommandContext(context.Background(), "sh", "-c", own.Stop).CombinedOutput(); err != nil {
			t.Logf("%s: %v %s", own.Stop, err, out)
		}
	})
	return own
}

// StartSecure starts a broker for this test only.
func StartSecure(t testing.TB) *Secure {
	t.Helper()
	v := run(t, "start-secure")
	return &Secure{
		Brokers: strings.Split(v["KAFKA_BROKERS"], ","), CA: v["KAFKA_CA"],
		User: v["KAFKA_USER"], Stranger: v["KAFKA_STRANGER"], Password: v["KAFKA_PASSWORD"],
	}
}

// Prefix returns a prefix of topics that no other test has. Its topics are deleted when the test ends; opts are those of a client that may.
func Prefix(t testing.TB, opts ...kgo.Opt) string {
	t.Helper()
	prefix := "test-" + strings.ToLower(rand.Text()[:12]) //nolint:forbidigo // brokers outlive the test
	t.Cleanup(func() {
		client, err := kgo.NewClient(opts...)
		if err != nil {
			t.Error(err)
			return
		}
		defer client.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		admin := kadm.NewClient(client)
		all, err := admin.ListTopics(ctx)
		if err != nil { // the test may have ended the broker
			t.Logf("the topics of %s stay: %v", prefix, err)
			return
		}
		for _, name := range all.Names() {
			if strings.HasPrefix(name, prefix+".") {
				if _, err := admin.DeleteTopic(ctx, name); err != nil {
					t.Logf("%s stays: %v", name, err)
				}
			}
		}
	})
	return prefix
}

// run starts a broker with the tool and returns the variables that it prints.
func run(t testing.TB, how string) map[string]string {
	t.Helper()
	tool := os.Getenv("LIGHTSOUT_KAFKAD")
	if tool == "" {
		t.Skip("SKIPPED: no Kafka: set KAFKA_BROKERS, or LIGHTSOUT_KAFKAD to the tool that starts one (start PORT DIR, start-secure PORT DIR)")
	}
	dir, err := os.MkdirTemp("", "kafka")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), tool, how, strconv.Itoa(port(t)), dir).Output()
	if err != nil {
		t.Fatalf("start Kafka: %v", err)
	}
	vars := map[string]string{}
	for _, word := range strings.Fields(string(out)) {
		if key, value, is := strings.Cut(word, "="); is {
			vars[key] = value
		}
	}
	pid, err := strconv.Atoi(vars["KAFKA_PID"])
	if err != nil {
		t.Fatalf("Kafka has no process ID: %q", out)
	}
	t.Cleanup(func() { end(t, pid, dir) })
	return vars
}

// end kills a broker and removes its data.
func end(t testing.TB, pid int, dir string) {
	if p, err := os.FindProcess(pid); err != nil || p.Kill() != nil {
		t.Logf("Kafka (process %d) has ended before", pid)
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 100 { // it may write until it is gone
		if os.RemoveAll(dir) == nil {
			return
		}
		<-tick.C
	}
	t.Logf("%s stays", dir)
}

// port returns the first of three free ports: for clients, the controller, and between brokers.
func port(t testing.TB) int {
	t.Helper()
	free := func(n int) (int, bool) {
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(n)))
		if err != nil {
			return 0, false
		}
		defer l.Close() //nolint:errcheck // it was only tried
		return l.Addr().(*net.TCPAddr).Port, true
	}
	for range 100 {
		first, ok := free(0)
		if !ok || first > 65_000 {
			continue
		}
		_, second := free(first + 1)
		_, third := free(first + 2)
		if second && third {
			return first
		}
	}
	t.Fatal("there are no three free ports in a row")
	return 0
}
