package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"lightsout/cmd/internal/feed"
	"lightsout/race"
)

// ask asks InfluxDB with a token, and returns status and answer.
func (f *influxServer) ask(t *testing.T, token, method, path, kind string, body []byte) (int, []byte) {
	t.Helper()
	req, err := http.NewRequest(method, f.Influx.URL+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Token "+token)
	req.Header.Set("Content-Type", kind)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, data
}

// tokenFor makes a token that may do this with the bucket, and nothing else: as deploy/influxdb/make-tokens.sh does.
func (f *influxServer) tokenFor(t *testing.T, actions ...string) string {
	t.Helper()
	code, data := f.ask(t, os.Getenv(feed.TokenEnv), http.MethodGet, "/api/v2/buckets?name="+f.Influx.Bucket, "application/json", nil)
	var found struct {
		Buckets []struct{ ID, OrgID string }
	}
	if err := json.Unmarshal(data, &found); err != nil || len(found.Buckets) != 1 {
		t.Fatalf("answered %d %s %v", code, data, err)
	}
	b := found.Buckets[0]
	var may []any
	for _, action := range actions {
		may = append(may, map[string]any{"action": action, "resource": map[string]any{"type": "buckets", "id": b.ID, "orgID": b.OrgID}})
	}
	order, err := json.Marshal(map[string]any{"orgID": b.OrgID, "description": t.Name(), "permissions": may})
	if err != nil {
		t.Fatal(err)
	}
	code, data = f.ask(t, os.Getenv(feed.TokenEnv), http.MethodPost, "/api/v2/authorizations", "application/json", order)
	var made struct{ Token string }
	if err := json.Unmarshal(data, &made); err != nil || made.Token == "" {
		t.Fatalf("answered %d %s %v", code, data, err)
	}
	return made.Token
}

// TestInflux_TokensOfTheComposeFileAreEnoughAndNoMore feeds a race with the server's token, and asks and writes with Grafana's.
func TestInflux_TokensOfTheComposeFileAreEnoughAndNoMore(t *testing.T) {
	f := influxOf(t)
	script := mustText(t, "deploy/influxdb/make-tokens.sh")
	for _, line := range []string{`make server 65532 --read-bucket "$bucket" --write-bucket "$bucket"`, `make grafana 472 --read-bucket "$bucket"`} {
		if !strings.Contains(script, line+"\n") {
			t.Errorf("the script does not: %s", line)
		}
	}
	server, board := f.tokenFor(t, "read", "write"), f.tokenFor(t, "read")
	dir := t.TempDir()
	file := filepath.Join(dir, "server")
	if err := os.WriteFile(file, []byte(server+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	admin := os.Getenv(feed.TokenEnv)
	if err := os.Unsetenv(feed.TokenEnv); err != nil { // of this process, whose server inherits it; t.Setenv puts it back
		t.Fatal(err)
	}
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(dir, "x.db"), args: append(f.args(), "--influx-token-file", file)}
	p.start()
	defer p.end(syscall.SIGTERM)
	id, _ := p.post("/api/v1/races", `{"circuit":"kartwerk","cars":3,"laps":1,"speed":0}`)["id"].(string)
	t.Setenv(feed.TokenEnv, board)
	for until := time.Now().Add(patience); f.counted(t, race.ID(id), "laps", "lap_number") < 3; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("Grafana's token does not find the laps of the race that the server's has fed")
		}
	}
	write := "/api/v2/write?org=" + f.Influx.Org + "&bucket=" + f.Influx.Bucket
	if code, text := f.ask(t, board, http.MethodPost, write, "text/plain", []byte("tried x=1")); code < 400 {
		t.Errorf("Grafana's token writes: %d %s", code, text)
	}
	for _, token := range []string{server, board} {
		if code, text := f.ask(t, token, http.MethodGet, "/api/v2/users", "application/json", nil); code < 400 && bytes.Contains(text, []byte(`"name"`)) {
			t.Errorf("a token of one bucket lists users: %d %s", code, text)
		}
		if code, text := f.ask(t, token, http.MethodPost, "/api/v2/buckets", "application/json", []byte(`{"orgID":"0000000000000001","name":"more","retentionRules":[]}`)); code < 400 {
			t.Errorf("a token of one bucket makes another: %d %s", code, text)
		}
	}
	t.Setenv(feed.TokenEnv, admin)
}
