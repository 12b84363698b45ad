package gateway_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestSite_UnknownPathGetsThePageWith404(t *testing.T) {
	s := mustServe(t, nil)
	for path, want := range map[string]int{
		"/":                    http.StatusOK,
		"/actors":              http.StatusOK,
		"/actors/":             http.StatusOK,
		"/race/r1":             http.StatusOK,
		"/race/r1/":            http.StatusOK,
		"/race/r1/control":     http.StatusOK,
		"/race/r1/history":     http.StatusOK,
		"/race/r1/history?x=1": http.StatusOK,
		"/race/none":           http.StatusNotFound,
		"/race/none/control":   http.StatusNotFound,
		"/race/none/history":   http.StatusNotFound,
		"/race/r1/foo":         http.StatusNotFound,
		"/race/r1/control/foo": http.StatusNotFound,
		"/race/r1/Control":     http.StatusNotFound,
		"/race/":               http.StatusNotFound,
		"/RACE/r1":             http.StatusNotFound,
		"/race/R1":             http.StatusNotFound,
		"/race/%72%31":         http.StatusNotFound, // the page reads addresses undecoded
		"/actors/foo":          http.StatusNotFound,
		"/nowhere":             http.StatusNotFound,
		"/nowhere.html":        http.StatusNotFound,
		"/a/b/c":               http.StatusNotFound,
		"/liver":               http.StatusNotFound,
	} {
		code, kind, body := s.ask(t, "GET", path, "")
		if code != want || !strings.HasPrefix(kind, "text/html") || !strings.Contains(body, "page") {
			t.Errorf("%s: %d %s %s, expected the page with %d", path, code, kind, body, want)
		}
		if head, _, _ := s.ask(t, "HEAD", path, ""); head != want {
			t.Errorf("HEAD %s: %d, expected %d", path, head, want)
		}
	}
}
