package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"lightsout/gateway"
	"lightsout/race"
)

// Export of the house has one line per number of a race, or breaks in the middle of the file.
func (h *house) Export(_ context.Context, id race.ID, format, table string) (*gateway.Download, error) {
	if _, err := h.find(id); err != nil {
		return nil, err
	}
	if format == "xml" {
		return nil, &race.InvalidError{Faults: []race.Fault{{Field: "format", Message: `is "xml"`, Allowed: "csv"}}}
	}
	lines := 100_000
	if h.mu.Lock(); h.endless {
		lines = 1 << 40
	}
	h.mu.Unlock()
	return &gateway.Download{Name: string(id) + "-" + table + ".csv", MediaType: "text/csv", Write: func(ctx context.Context, w io.Writer) error {
		for i := range lines {
			if i == 50_000 && table == "broken" {
				return errors.New("the disk is away")
			}
			if i == 50_000 && table == "bug" {
				panic("a bug")
			}
			if _, err := fmt.Fprintln(w, "line", i); err != nil {
				return err
			}
		}
		return ctx.Err()
	}}, nil
}

// ImportLog of the house counts the bytes of a log. A log that begins with X is refused at once, and one that begins with C is
// cut off at the end.
func (h *house) ImportLog(_ context.Context, log io.Reader, id race.ID) (race.Summary, []string, error) {
	var first [1]byte
	n, _ := io.ReadFull(log, first[:])
	if n == 1 && first[0] == 'X' {
		return race.Summary{}, nil, &race.InvalidError{Faults: []race.Fault{{Field: "log", Message: "is none"}}}
	}
	more, err := io.Copy(io.Discard, log)
	if n == 1 && first[0] == 'C' {
		return race.Summary{}, nil, &race.InvalidError{Faults: []race.Fault{{Field: "log", Message: "is cut"}}}
	}
	return race.Summary{Race: race.Race{ID: id, Cars: n + int(more)}}, nil, err
}

func TestExport_StreamsTheFileWhileItIsWritten(t *testing.T) {
	s := mustServe(t, nil)
	req, err := http.NewRequest("GET", s.url+"/api/v1/races/r1/export?format=csv&table=laps", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || !strings.HasPrefix(string(body), "line 0\nline 1\n") || !strings.HasSuffix(string(body), "line 99999\n") {
		t.Errorf("%d bytes, %v", len(body), err)
	}
	if got := resp.Header.Get("Content-Disposition"); got != `attachment; filename="r1-laps.csv"` || resp.ContentLength != -1 {
		t.Errorf("%s, length %d", got, resp.ContentLength)
	}
	for _, table := range []string{"broken", "bug"} { // a client must not take a part for the whole
		resp, err := http.Get(s.url + "/api/v1/races/r1/export?table=" + table)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(resp.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: the end was read with %v", table, err)
		}
		resp.Body.Close()
	}
	for path, want := range map[string]int{"none/export": 404, "r1/export?format=xml": 422, "r1/export?form=csv": 422} {
		if code, kind, body := s.ask(t, "GET", "/api/v1/races/"+path, ""); code != want || kind != "application/problem+json" {
			t.Errorf("%s: %d %s %s", path, code, kind, body)
		}
	}
}

// It asks more often than there are seats, and never reads to the end.
func TestExport_ReleasesItsSlotWhenTheClientDisconnects(t *testing.T) {
	s := mustServe(t, nil)
	for range 40 {
		resp, err := http.Get(s.url + "/api/v1/races/r1/export")
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != 200 {
			t.Fatalf("answered with %s", resp.Status)
		}
		resp.Body.Close()
	}
}

// Downloads that stand still do not lock other addresses out.
func TestExport_OneAddressTakesAtMostHalfOfTheSlots(t *testing.T) {
	s := mustServe(t, nil)
	s.mu.Lock()
	s.endless = true
	s.mu.Unlock()
	ask := func(from string) *http.Response {
		t.Helper()
		local, err := net.ResolveTCPAddr("tcp", from+":0")
		if err != nil {
			t.Fatal(err)
		}
		client := http.Client{Transport: &http.Transport{DialContext: (&net.Dialer{LocalAddr: local}).DialContext, DisableKeepAlives: true}}
		resp, err := client.Get(s.url + "/api/v1/races/r1/export")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { resp.Body.Close() })
		return resp
	}
	for range 4 { // left unread
		if resp := ask("127.0.0.1"); resp.StatusCode != 200 {
			t.Fatalf("answered with %s", resp.Status)
		}
	}
	if resp := ask("127.0.0.1"); resp.StatusCode != 429 {
		t.Errorf("the fifth of one address: %s", resp.Status)
	}
	if resp := ask("127.0.0.2"); resp.StatusCode != 200 {
		t.Errorf("of another address: %s", resp.Status)
	}
}

func TestImport_AcceptsALogLongerThanTheBodyLimit(t *testing.T) {
	s := mustServe(t, func(c *gateway.Config) { c.MaxBody = 1000 })
	long := strings.Repeat("L", 5_000_000)
	for name, body := range map[string]io.Reader{"known length": strings.NewReader(long), "chunks": struct{ io.Reader }{strings.NewReader(long)}} {
		resp, err := http.Post(s.url+"/api/v1/races/import?id=r9", "application/vnd.lightsout.log", body)
		if err != nil {
			t.Fatal(err)
		}
		said, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != 201 || !strings.Contains(string(said), `"cars":5000000`) || resp.Header.Get("Location") != "/api/v1/races/r9" {
			t.Errorf("%s: %s %s %v", name, resp.Status, said, err)
		}
	}
	if code, _, body := s.ask(t, "POST", "/api/v1/races/import", "", "Content-Type", "application/vnd.lightsout.log"); code != 201 || !strings.Contains(body, `"cars":0`) {
		t.Errorf("an empty body came as %d %s", code, body)
	}
	for _, kind := range []string{"application/json", "application/zip", "multipart/form-data; boundary=x"} {
		code, _, body := s.ask(t, "POST", "/api/v1/races/import", long[:1001], "Content-Type", kind)
		if code != 413 || !strings.Contains(body, "1000 bytes") {
			t.Errorf("%s of 1001 bytes: %d %s", kind, code, body)
		}
		resp, err := http.Post(s.url+"/api/v1/races/import", kind, struct{ io.Reader }{strings.NewReader(long[:5000])})
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != 413 {
			t.Errorf("%s in chunks: %s", kind, resp.Status)
		}
	}
}

// The rest of the body must not be parsed as another request.
func TestImport_RefusedLogGetsOneAnswer(t *testing.T) {
	s := mustServe(t, func(c *gateway.Config) {
		c.MaxBody, c.ReadTimeout, c.IdleTimeout = 1000, 500*time.Millisecond, 500*time.Millisecond
	})
	inside := "POST /api/v1/races/r1/start HTTP/1.1\r\nHost: localhost\r\n\r\n"
	for kind, body := range map[string]string{
		"application/vnd.lightsout.log": "X" + strings.Repeat(" ", 9000) + inside,
		"application/json":              strings.Repeat(" ", 9000) + inside,
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "POST /api/v1/races/import HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", kind, len(body), body)
		data, _ := io.ReadAll(conn) // the server may reset the connection, since it has not read all
		if n := strings.Count(string(data), "HTTP/1.1"); n > 1 {
			t.Errorf("%s: %d answers: %s", kind, n, data)
		}
		conn.Close()
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /api/v1/races/import HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/vnd.lightsout.log\r\nContent-Length: 100000\r\n\r\nL")
	if data, err := io.ReadAll(conn); err != nil || !strings.HasPrefix(string(data), "HTTP/1.1") || strings.HasPrefix(string(data), "HTTP/1.1 201") {
		t.Errorf("a sender that stands still: %v %s", err, data)
	}
}
