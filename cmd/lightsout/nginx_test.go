package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"lightsout/transport"
)

// nginxConf is a reverse proxy in as few lines as people write. nginx takes the path of a location off where proxy_pass ends with
// a slash, and leaves it on elsewhere: both are common.
const nginxConf = `daemon off; pid %[1]s/pid; error_log stderr; worker_processes 1;
events { worker_connections 64; }
http {
  access_log off; %[2]s
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  server {
    listen 127.0.0.1:%[3]s;
    location /lights/ {
      proxy_pass %[4]s;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      %[5]s
    }
  }
}
`

// nginxHeaders are the headers that nginx adds to a request.
const nginxHeaders = `proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme;`

// freePort returns a free port.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// mustNginx starts the real nginx before a server, and waits until it listens.
func mustNginx(t *testing.T, port, server, headers string) {
	t.Helper()
	startNginx(t, port, func(dir string) string { return fmt.Sprintf(nginxConf, dir, nginxFolders(dir), port, server, headers) })
}

// nginxFolders are the folders in which nginx writes.
func nginxFolders(dir string) string {
	return fmt.Sprintf("client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;", dir)
}

// startNginx starts nginx with a configuration, which knows the folder that it may write to, and waits until it listens.
func startNginx(t *testing.T, port string, conf func(dir string) string) {
	t.Helper()
	bin, err := exec.LookPath("nginx")
	if err != nil {
		if bin, err = exec.LookPath("/usr/sbin/nginx"); err != nil {
			t.Skip("nginx is not installed: apt-get install nginx-light")
		}
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "nginx.conf")
	text := conf(dir)
	if os.Getuid() == 0 { // its workers would be of a user who cannot come to their files
		text = "user root; " + text
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "-p", dir, "-c", file)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-ended
	})
	for until := time.Now().Add(patience); ; {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			conn.Close()
			return
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("nginx ended: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(until) {
			t.Fatal(err)
		}
	}
}

// fetch is an answer's status and body.
func fetch(t testing.TB, method, url, body string, headers ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(data)
}

func TestNginx_PageRESTGraphQLAndLiveWorkUnderAPath(t *testing.T) {
	t.Parallel()
	long(t)
	bin := mustBuild(t)
	for name, c := range map[string]struct{ after, headers string }{
		"the path is left on, the host is forwarded":      {"", nginxHeaders},
		"the path is left on, nothing is forwarded":       {"", ""},
		"the path is taken off, the host is forwarded":    {"/", nginxHeaders},
		"the path is taken off, and nothing is forwarded": {"/", ""},
	} {
		t.Run(name, func(t *testing.T) {
			port := freePort(t)
			origin := "http://127.0.0.1:" + port
			p := &process{
				t: t, bin: bin, db: filepath.Join(t.TempDir(), "r.db"),
				args: []string{"--public-url", origin + "/lights/", "--trusted-proxies", "127.0.0.1"},
			}
			p.start()
			t.Cleanup(func() { p.end(syscall.SIGTERM) })
			mustNginx(t, port, p.url+c.after, c.headers)
			proxied(t, origin)
		})
	}
}

// proxied uses the server as a browser does that was sent to /lights.
func proxied(t *testing.T, origin string) {
	t.Helper()
	code, page := fetch(t, "GET", origin+"/lights", "")
	if code != 200 || !strings.Contains(page, "<title>Lights Out") {
		t.Fatalf("the page: %d %.300s", code, page)
	}
	if built := strings.Contains(page, "base-path"); built {
		refersWithin(t, origin, page)
		_, docs := fetch(t, "GET", origin+"/lights/docs", "")
		refersWithin(t, origin, docs)
	} else {
		t.Log("the page is not built: its files were not tried")
	}
	if code, deep := fetch(t, "GET", origin+"/lights/race/x/control", ""); code != 404 || deep != page {
		t.Errorf("a page below: %d", code)
	}
	code, body := fetch(t, "POST", origin+"/lights/api/v1/races", `{"circuit": "kartwerk", "cars": 2, "laps": 2, "speed": 1000}`, "Origin", origin)
	id := regexp.MustCompile(`"id":"([^"]+)"`).FindStringSubmatch(body)
	if code != 201 || id == nil {
		t.Fatalf("a race: %d %s", code, body)
	}
	if code, body := fetch(t, "POST", origin+"/lights/graphql", `{"query": "{races {id}}"}`, "Origin", origin); code != 200 || !strings.Contains(body, id[1]) {
		t.Errorf("GraphQL: %d %s", code, body)
	}
	if code, body := fetch(t, "GET", origin+"/lights/api/v1/races/"+id[1], "", "Origin", "http://evil.example"); code != 200 {
		t.Errorf("looking: %d %s", code, body)
	}
	if code, body := fetch(t, "DELETE", origin+"/lights/api/v1/races/"+id[1], "", "Origin", "http://evil.example"); code != 403 {
		t.Errorf("a page of another host deletes: %d %s", code, body)
	}
	url := "ws" + strings.TrimPrefix(origin, "http") + "/lights/live/" + id[1]
	conn, _, err := websocket.DefaultDialer.Dial(url, http.Header{"Origin": {origin}})
	if err != nil {
		t.Fatalf("live: %v", err)
	}
	defer conn.Close()
	_, data, err := conn.ReadMessage()
	if err != nil {
		t.Fatalf("live: %v", err)
	}
	if m, err := transport.Decode(data); err != nil {
		t.Errorf("live: %v", err)
	} else if _, first := m.(*transport.Snapshot); !first {
		t.Errorf("live begins with %T", m)
	}
	if _, res, err := websocket.DefaultDialer.Dial(url, http.Header{"Origin": {"http://evil.example"}}); err == nil || res == nil || res.StatusCode != 403 {
		t.Errorf("a page of another host watches: %v", err)
	}
}

// refersWithin fetches all that a page refers to.
func refersWithin(t *testing.T, origin, page string) {
	t.Helper()
	if !strings.Contains(page, `name="base-path" content="/lights/"`) {
		t.Errorf("the page does not say where it is: %.600s", page)
	}
	files := regexp.MustCompile(`(?:src|href)="(/[^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(files) < 3 {
		t.Errorf("the page refers to %q alone", files)
	}
	for _, file := range files {
		if code, _ := fetch(t, "GET", origin+file[1], ""); code != 200 {
			t.Errorf("%s: %d", file[1], code)
		}
	}
}

func TestNginx_WithoutThePublicURLTheRefusalSaysWhatToSet(t *testing.T) {
	t.Parallel()
	long(t)
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "r.db")}
	p.start()
	t.Cleanup(func() { p.end(syscall.SIGTERM) })
	port := freePort(t)
	mustNginx(t, port, p.url+"/", "proxy_set_header Host race.example;")
	origin := "http://127.0.0.1:" + port
	if code, body := fetch(t, "GET", origin+"/lights/", ""); code != 403 || !strings.Contains(body, "--public-url https://race.example/") {
		t.Errorf("%d %s", code, body)
	}
	port = freePort(t)
	mustNginx(t, port, p.url+"/", "")
	origin = "http://127.0.0.1:" + port
	code, body := fetch(t, "POST", origin+"/lights/api/v1/races", "{}", "Origin", origin)
	if code != 403 || !strings.Contains(body, "--public-url "+origin+"/") {
		t.Errorf("%d %s", code, body)
	}
}

// TestServe_TokenFile: every user of the machine can read a command line, but not the file.
func TestServe_TokenFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "token")
	if err := os.WriteFile(file, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(dir, "r.db"), args: []string{"--token-file", file}}
	p.start()
	t.Cleanup(func() { p.end(syscall.SIGTERM) })
	for header, want := range map[string]int{"": 401, "Bearer other": 401, "Bearer s3cret": 201} {
		var headers []string
		if header != "" {
			headers = []string{"Authorization", header}
		}
		if code, body := fetch(t, "POST", p.url+"/api/v1/races", `{"circuit": "kartwerk"}`, headers...); code != want {
			t.Errorf("%q: %d %s", header, code, body)
		}
	}
}
