package gateway_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"lightsout/gateway"
)

// An unread body must not be parsed as another request: a page of another host could write it.
func TestServer_NeverParsesAnUnreadBodyAsARequest(t *testing.T) {
	s := mustServe(t, func(c *gateway.Config) { c.ReadTimeout, c.IdleTimeout = 500*time.Millisecond, 500*time.Millisecond })
	const inside = "GET /api/v1/races/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
	for name, head := range map[string]string{
		"a page of another host": "POST /api/v1/races HTTP/1.1\r\nOrigin: http://elsewhere.example\r\nContent-Type: text/plain",
		"a log of another host":  "POST /api/v1/races/import HTTP/1.1\r\nOrigin: http://elsewhere.example\r\nContent-Type: application/vnd.lightsout.log",
		"another host":           "POST /api/v1/races HTTP/1.1\r\nX: y",
		"health":                 "GET /healthz HTTP/1.1\r\nX: y",
		"ready":                  "GET /readyz HTTP/1.1\r\nX: y",
		"metrics":                "GET /metrics HTTP/1.1\r\nX: y",
		"no method":              "PASS /api/v1/races HTTP/1.1\r\nX: y",
		"much":                   "POST /api/v1/races HTTP/1.1\r\nExpect: 100-continue",
	} {
		host := "localhost"
		if name == "another host" {
			host = "elsewhere.example"
		}
		for how, body := range map[string]string{
			"long":   fmt.Sprintf("Content-Length: %d\r\n\r\n%s%s", 8192+len(inside), strings.Repeat(" ", 8192), inside),
			"chunks": fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(inside), inside),
			"torn":   "Transfer-Encoding: chunked\r\n\r\n" + inside,
		} {
			conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(conn, "%s\r\nHost: %s\r\n%s", head, host, body)
			data, _ := io.ReadAll(conn) // the server may reset the connection, since it has not read all
			if n := strings.Count(string(data), "HTTP/1.1 ") - strings.Count(string(data), "HTTP/1.1 100"); n > 1 || strings.Contains(string(data), "smuggled") {
				t.Errorf("%s, %s: %d answers: %.900s", name, how, n, data)
			}
			conn.Close()
		}
	}
}

// A form may be compressed, and is then bounded like any compressed body.
func TestImport_RefusesACompressedFormThatUnpacksToTooMuch(t *testing.T) {
	s := mustServe(t, func(c *gateway.Config) { c.MaxBody, c.MaxUnpacked = 1<<20, 2<<20 })
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	form := multipart.NewWriter(z)
	file, err := form.CreateFormFile("files", "laps.csv")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write(make([]byte, 3<<20)); err != nil {
		t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	code, _, body := s.ask(t, "POST", "/api/v1/races/import", packed.String(), "Content-Type", form.FormDataContentType(), "Content-Encoding", "gzip")
	if code != http.StatusRequestEntityTooLarge || !strings.Contains(body, "unpacks to more") {
		t.Errorf("answered with %d %s", code, body)
	}
}

// Routes match in any case and with a slash at the end.
func TestStream_BrokenExportIsReportedAsIncomplete(t *testing.T) {
	s := mustServe(t, nil)
	for _, path := range []string{"export", "export/", "Export"} {
		req, err := http.NewRequest("GET", s.url+"/api/v1/races/r1/"+path+"?table=broken", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept-Encoding", "gzip")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(resp.Body); err == nil {
			t.Errorf("%s: a part was read as the whole: %v", path, resp.Header)
		}
		resp.Body.Close()
	}
}

// DNS rebinding: such a page controls its headers, but not the Host of its requests.
func TestServer_RefusesAnotherHostThatClaimsToBeForwarded(t *testing.T) {
	s := mustServe(t, nil)
	req, err := http.NewRequest("GET", s.url+"/api/v1/races", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "elsewhere.example"
	req.Header.Set("X-Forwarded-Host", "localhost")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("answered with %s", resp.Status)
	}
}

// The last chunk is missing, and a server that waited for it would wait an hour here.
func TestImport_RefusesALogWithoutItsEndAtOnce(t *testing.T) {
	s := mustServe(t, func(c *gateway.Config) { c.ReadTimeout = time.Hour })
	for _, path := range []string{"import", "Import/"} {
		resp, err := http.Post(s.url+"/api/v1/races/"+path, "application/vnd.lightsout.log", struct{ io.Reader }{strings.NewReader("Cut off")})
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: answered with %s", path, resp.Status)
		}
	}
}
