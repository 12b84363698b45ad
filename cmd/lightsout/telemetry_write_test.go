package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/vmihailenco/msgpack/v5"
)

// sendSamples sends a body with a key and gives the status and the answer.
func (p *process) sendSamples(path, kind, key string, body []byte) (int, map[string]any) {
	p.t.Helper()
	req, err := http.NewRequest(http.MethodPost, p.url+path, bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		p.t.Fatal(err)
	}
	return res.StatusCode, answer
}

func TestTelemetry_SamplesOfOneInstantAreMergedHoweverTheyAreSent(t *testing.T) {
	t.Parallel()
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "races.db")}
	p.start()
	path := "/api/v1/races/" + p.post("/api/v1/races", `{"kind":"external","name":"R","rules":{"name":"kart","laps":3},"entries":[{"driver_number":7}],"start":true}`)["id"].(string)
	packed, err := msgpack.Marshal([]map[string]any{{"driver_number": 7, "time_us": 1_000_000, "rpm": 9100.4, "n_gear": 5, "throttle": nil}})
	if err != nil {
		t.Fatal(err)
	}
	first := []byte(`[{"driver_number":7,"time_us":1000000,"speed":123.7,"rpm":9000,"brake":3},{"driver_number":7,"time_us":1000000,"speed":124.25,"throttle":50}]`)
	beyond := []byte(`{"driver_number":7,"time_us":1000000,"brake":101,"drs":8}`)
	send := func(name, kind, key string, body []byte, code int, replayed bool) {
		t.Helper()
		got, answer := p.sendSamples(path+"/telemetry", kind, key, body)
		if got != code || answer["replayed"] != replayed || answer["rejected"] != 0.0 {
			t.Errorf("%s: answered %d %v", name, got, answer)
		}
	}
	send("two of one instant", "application/json", "k1", first, 200, false)
	send("more of it", "application/msgpack", "k2", packed, 200, false)
	send("the first again", "application/json", "k1", first, 200, true)
	p.end(syscall.SIGKILL)
	p.start()
	send("the first again, after a crash", "application/json", "k1", first, 200, true)
	send("more of it, with a value that cannot be", "application/json", "k3", beyond, 207, false)
	send("the same again", "application/json", "k3", beyond, 207, true)

	want := map[string]any{
		"time_ms": 1000.0, "speed": 124.3, "rpm": 9100.0, "n_gear": 5.0, "throttle": 50.0, "brake": 3.0, "drs": 8.0, "x": nil, "y": nil,
	}
	var got struct{ Cars []map[string]any }
	p.get(path+"/telemetry?cars=7", &got)
	for name, value := range want {
		list, _ := got.Cars[0][name].([]any)
		if len(list) != 1 || list[0] != value {
			t.Errorf("%s is %v, expected %v once", name, got.Cars[0][name], value)
		}
	}
	p.end(syscall.SIGTERM)
	checkExportedAlike(t, p.db, "1000000,7,,124.3,9100,5,50,3,8,,,,,\n")
}

// checkExportedAlike exports the telemetry of the only race of a file, and again after it went through a log.
func checkExportedAlike(t *testing.T, db, row string) {
	t.Helper()
	dir := t.TempDir()
	log, other := filepath.Join(dir, "race.lolog"), filepath.Join(dir, "other.db")
	for _, args := range [][]string{
		{"export", "latest", "--db", db, "--format", "log", "--out", log}, {"import", log, "--db", other},
	} {
		if _, _, err := command(t, args...); err != nil {
			t.Fatal(err)
		}
	}
	for _, from := range []string{db, other} {
		out, _, err := command(t, "export", "latest", "--db", from, "--table", "telemetry", "--out", "-")
		if err != nil || !strings.HasSuffix(out, row) || strings.Count(out, "\n") != 2 {
			t.Errorf("%v, exported\n%s", err, out)
		}
	}
}
