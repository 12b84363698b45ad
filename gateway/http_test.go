package gateway_test

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/fasthttp/websocket"

	"lightsout/gateway"
	"lightsout/race"
	"lightsout/race/circuit"
)

// answer sends a request and returns the whole response.
func (s *served) answer(t *testing.T, method, path string, headers ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(method, s.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(req) // follows no redirect and adds no Accept-Encoding
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(data)
}

func TestHTTP_WrongMethodIsRefusedWithTheAllowedOnes(t *testing.T) {
	s := mustServe(t, nil)
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"PUT", "/api/v1/races", 405, "GET, HEAD, OPTIONS, POST"},
		{"PATCH", "/api/v1/races/", 405, "GET, HEAD, OPTIONS, POST"},
		{"POST", "/API/v1/Races/r1", 405, "DELETE, GET, HEAD, OPTIONS"},
		{"DELETE", "/api/v1/races/r1/passings", 405, "GET, HEAD, OPTIONS, POST"},
		{"GET", "/api/v1/races/r1/start", 405, "OPTIONS, POST"},
		{"HEAD", "/api/v1/races/r1/start", 405, "OPTIONS, POST"},
		{"POST", "/api/v1/openapi.json", 405, "GET, HEAD, OPTIONS"},
		{"POST", "/live/r1", 405, "GET, HEAD, OPTIONS"},
		{"PUT", "/graphql", 405, "GET, HEAD, OPTIONS, POST"},
		{"GET", "/graphql?query=mutation%7Bx%7D", 405, "POST"},
		{"HEAD", "/graphql?query=mutation%7Bx%7D", 405, "POST"},
		{"TRACE", "/graphql", 405, "GET, HEAD, OPTIONS, POST"},
		{"POST", "/healthz", 405, "GET, HEAD, OPTIONS"},
		{"DELETE", "/metrics", 405, "GET, HEAD, OPTIONS"},
		{"POST", "/", 405, "GET, HEAD, OPTIONS"},
		{"POST", "/assets/app-1.js", 405, "GET, HEAD, OPTIONS"},
		{"POST", "/assets/none.js", 404, ""},
		{"POST", "/api/v1/none", 404, ""},
		{"GET", "/api/v1/none", 404, ""},
		{"OPTIONS", "/api/v1/none", 404, ""},
		{"OPTIONS", "/api/v1/races/r1", 204, "DELETE, GET, HEAD, OPTIONS"},
		{"OPTIONS", "/graphql", 204, "GET, HEAD, OPTIONS, POST"},
		{"OPTIONS", "/", 204, "GET, HEAD, OPTIONS"},
		{"PASS", "/api/v1/races", 405, "GET, HEAD, OPTIONS, POST"},
		{"QUERY", "/api/v1/races/r1/", 405, "DELETE, GET, HEAD, OPTIONS"},
		{"get", "/api/v1/races", 405, "GET, HEAD, OPTIONS, POST"},
		{"PASS", "/api/v1/none", 404, ""},
		{"OPTIONS", "/api/v1/races/import", 204, "OPTIONS, POST"},
		{"GET", "/api/v1/races/import", 405, "OPTIONS, POST"},
		{"DELETE", "/api/v1/races/import", 405, "OPTIONS, POST"},
	} {
		res, body := s.answer(t, c.method, c.path)
		if allow := res.Header.Get("Allow"); res.StatusCode != c.status || allow != c.allow {
			t.Errorf("%s %s: %d, Allow: %q, expected %d, %q", c.method, c.path, res.StatusCode, allow, c.status, c.allow)
		}
		if kind := res.Header.Get("Content-Type"); c.status > 400 && kind != "application/problem+json" || c.status == 405 && c.method != "HEAD" && !strings.Contains(body, c.allow) {
			t.Errorf("%s %s: %s %s", c.method, c.path, kind, body)
		}
	}
}

func TestHTTP_HEADIsGETWithoutTheBody(t *testing.T) {
	s := mustServe(t, nil)
	for _, path := range []string{
		"/", "/race/x", "/assets/app-1.js", "/assets/none.js", "/healthz", "/readyz", "/api/v1/races", "/api/v1/races/none", "/api/v1/races/r1/laps?x=1",
		"/api/v1/races/r1/documents/lap_chart.csv", "/api/v1/openapi.json", "/graphql?query=%7Braces%7Bid%7D%7D",
		"/api/v1/races/r1/telemetry?cars=7",
	} {
		got, body := s.answer(t, "GET", path)
		head, none := s.answer(t, "HEAD", path)
		if none != "" || head.StatusCode != got.StatusCode {
			t.Errorf("%s: HEAD gives %d and %q, GET %d", path, head.StatusCode, none, got.StatusCode)
		}
		for _, name := range []string{"Content-Type", "ETag", "Cache-Control", "Content-Disposition"} {
			if head.Header.Get(name) != got.Header.Get(name) {
				t.Errorf("%s: %s is %q for HEAD, %q for GET", path, name, head.Header.Get(name), got.Header.Get(name))
			}
		}
		if head.ContentLength >= 0 && got.Header.Get("Content-Length") != "" && head.ContentLength != int64(len(body)) {
			t.Errorf("%s: HEAD says %d bytes, GET sends %d", path, head.ContentLength, len(body))
		}
	}
}

func TestHTTP_AnswersNotModifiedToAClientThatHasTheAnswer(t *testing.T) {
	s := mustServe(t, nil)
	for path, cache := range map[string]string{
		"/":                                         "no-cache",
		"/assets/app-1.js":                          "public, max-age=31536000, immutable",
		"/api/v1/races":                             "no-cache",
		"/api/v1/races/r1/classification":           "no-cache",
		"/api/v1/races/r1/results/1":                "public, max-age=31536000, immutable",
		"/api/v1/races/r1/results":                  "no-cache",
		"/api/v1/races/r1/laps":                     "no-cache",
		"/api/v1/openapi.json":                      "no-cache",
		"/graphql?query=%7Braces%7Bid%7D%7D":        "no-cache",
		"/api/v1/circuits/granite":                  "no-cache",
		"/api/v1/races/r1/documents/penalties.html": "no-cache",
	} {
		first, body := s.answer(t, "GET", path, "Accept-Encoding", "identity")
		tag := first.Header.Get("ETag")
		if first.StatusCode != 200 || tag == "" || first.Header.Get("Cache-Control") != cache || !strings.Contains(first.Header.Get("Vary"), "Accept-Encoding") {
			t.Errorf("%s: %d, ETag %s, Cache-Control %q, Vary %q", path, first.StatusCode, tag, first.Header.Get("Cache-Control"), first.Header.Get("Vary"))
		}
		for _, have := range []string{tag, "*", `"x", ` + tag, strings.TrimPrefix(tag, "W/")} {
			for _, method := range []string{"GET", "HEAD"} {
				again, nothing := s.answer(t, method, path, "If-None-Match", have, "Accept-Encoding", "gzip")
				if again.StatusCode != 304 || nothing != "" || again.Header.Get("ETag") != tag || again.Header.Get("Cache-Control") != cache {
					t.Errorf("%s %s with %s: %d %q, ETag %s, Cache-Control %q", method, path, have, again.StatusCode, nothing, again.Header.Get("ETag"), again.Header.Get("Cache-Control"))
				}
			}
		}
		if other, same := s.answer(t, "GET", path, "If-None-Match", `W/"other"`, "Accept-Encoding", "identity"); other.StatusCode != 200 || same != body {
			t.Errorf("%s with another tag: %d", path, other.StatusCode)
		}
	}
	before, _ := s.answer(t, "GET", "/api/v1/races")
	s.mu.Lock()
	s.races[0].LeaderLap++
	s.mu.Unlock()
	if after, _ := s.answer(t, "GET", "/api/v1/races", "If-None-Match", before.Header.Get("ETag")); after.StatusCode != 200 {
		t.Errorf("what has changed is answered with %d", after.StatusCode)
	}
}

func TestHTTP_ProvisionalResultIsRevalidated(t *testing.T) {
	s := mustServe(t, nil)
	s.result.Status = race.Provisional
	if res, _ := s.answer(t, "GET", "/api/v1/races/r1/results/1"); res.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("Cache-Control is %q", res.Header.Get("Cache-Control"))
	}
}

func TestHTTP_ErrorsAndChangesAreNotCached(t *testing.T) {
	s := mustServe(t, nil)
	for _, c := range [][2]string{
		{"GET", "/assets/none.js"}, {"GET", "/api/v1/races/none"}, {"GET", "/api/v1/races/r1/results/7"}, {"GET", "/healthz"}, {"GET", "/readyz"},
		{"GET", "/metrics"}, {"POST", "/api/v1/races"}, {"POST", "/graphql"}, {"PUT", "/"}, {"OPTIONS", "/"}, {"PASS", "/"}, {"DELETE", "/api/v1/races/r1"},
	} {
		if res, _ := s.answer(t, c[0], c[1]); res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("ETag") != "" {
			t.Errorf("%v: %d, Cache-Control %q", c, res.StatusCode, res.Header.Get("Cache-Control"))
		}
	}
}

var secured = []string{
	"Content-Security-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Permissions-Policy", "Referrer-Policy",
	"X-Content-Type-Options", "X-Frame-Options",
}

func TestHTTP_EveryAnswerHasTheSecurityHeaders(t *testing.T) {
	s := mustServe(t, func(c *gateway.Config) { c.Token = "secret" })
	check := func(name string, h http.Header) {
		t.Helper()
		for _, header := range secured {
			if h.Get(header) == "" || len(h.Values(header)) > 1 {
				t.Errorf("%s: %s is %q", name, header, h.Values(header))
			}
		}
	}
	for _, c := range [][2]string{
		{"GET", "/"}, {"GET", "/none"}, {"GET", "/healthz"}, {"GET", "/metrics"}, {"GET", "/api/v1/races"}, {"GET", "/api/v1/races/none"},
		{"POST", "/api/v1/races"}, {"PUT", "/"}, {"OPTIONS", "/"}, {"HEAD", "/"}, {"PASS", "/"}, {"GET", "/live/r1"}, {"GET", "/graphql"},
		{"GET", "/api/v1/races/r1/documents/penalties.html"},
	} {
		res, _ := s.answer(t, c[0], c[1])
		check(strings.Join(c[:], " "), res.Header)
	}
	s.hub.Open(liveRace, s.entries)
	conn, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(s.url, "http")+"/live/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	check("a socket", res.Header)
	for name, sent := range map[string]string{ // refused by fasthttp itself
		"no request":         "nonsense\r\n\r\n",
		"endless headers":    "GET / HTTP/1.1\r\nX: " + strings.Repeat("x", 1<<16) + "\r\n\r\n",
		"no version of HTTP": "GET / HTTP/9.9.9\r\n\r\n",
		"another host":       "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
		"no host":            "GET / HTTP/1.1\r\n\r\n",
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(conn, sent)
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else {
			check(name, res.Header)
			res.Body.Close()
		}
		conn.Close()
	}
}

// It asks every route of the description, and those outside of it.
func TestHTTP_UnknownQueryParametersAreRefused(t *testing.T) {
	s := mustServe(t, nil)
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []struct{ Name, In string }
		}
	}
	_, text := s.answer(t, "GET", "/api/v1/openapi.json")
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer("{id}", "r1", "{version}", "1", "{file}", "lap_chart.csv", "{key}", circuit.List()[0])
	type asked struct{ method, path, known string }
	ask := []asked{{"GET", "/live/r1", "from"}, {"GET", "/graphql", "query, variables, operationName, extensions"}, {"POST", "/graphql", "query, variables, operationName, extensions"}}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			var known []string
			for _, p := range op.Parameters {
				if p.In == "query" && (path != "/races/import" || p.Name != "id") { // id is for logs only
					known = append(known, p.Name)
				}
			}
			ask = append(ask, asked{strings.ToUpper(method), "/api/v1" + fill.Replace(path), strings.Join(known, ", ")})
		}
	}
	if len(ask) < 40 {
		t.Fatalf("only %d routes are described", len(ask))
	}
	socket := []string{"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="}
	for _, c := range ask {
		headers := socket
		if c.path != "/live/r1" {
			headers = nil
		}
		res, body := s.answer(t, c.method, c.path+"?delay=30", headers...)
		want := fmt.Sprintf(`{"field":"delay","message":"is not a known parameter","allowed":%q}`, cmp.Or(c.known, "none"))
		if res.StatusCode != 422 || !strings.Contains(body, want) {
			t.Errorf("%v: %d %s: %s is missing", c, res.StatusCode, body, want)
		}
	}
	for path, want := range map[string]string{
		"/live/r1?from=1&from=2":              "is given 2 times",
		"/api/v1/races?status=a&status=b":     "is given 2 times",
		"/api/v1/races?status=":               "is empty",
		"/live/r1?from":                       "is empty",
		"/api/v1/races?status=%zz":            "the query cannot be read",
		"/api/v1/races/r1/laps?cars=7;x=1":    "the query cannot be read",
		"/api/v1/races?Status=running":        `"field":"Status"`,
		"/live/r1?" + strings.Repeat("x", 99): "allowed\":\"from",
	} {
		if res, body := s.answer(t, "GET", path, socket...); res.StatusCode < 400 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s: %q is missing", path, res.StatusCode, body, want)
		}
	}
}
