package server

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"testing"

	"lightsout/cmd/internal/cli"
)

func TestPprof_IsRefusedWhereOtherMachinesReachIt(t *testing.T) {
	for addr, allowed := range map[string]bool{
		"127.0.0.1:0": true, "[::1]:6060": true, "localhost:6060": true,
		":6060": false, "0.0.0.0:6060": false, "[::]:6060": false, "192.0.2.1:6060": false, "example.com:6060": false, "6060": false,
	} {
		if err := checkPprof(addr); (err == nil) != allowed || err != nil && !errors.Is(err, cli.ErrBadInput) {
			t.Errorf("%s: %v", addr, err)
		}
	}
}

func TestPprof_ServesProfilesToThisMachineAlone(t *testing.T) {
	var said bytes.Buffer
	end, err := servePprof(t.Context(), "127.0.0.1:0", slog.New(slog.NewTextHandler(&said, nil)))
	if err != nil {
		t.Fatal(err)
	}
	url := regexp.MustCompile(`http://\S+/debug/pprof/`).FindString(said.String())
	ask := func(change func(*http.Request)) int {
		t.Helper()
		req, err := http.NewRequest(http.MethodGet, url+"goroutine?debug=1", nil)
		if err != nil {
			t.Fatal(err)
		}
		change(req)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	if code := ask(func(*http.Request) {}); code != http.StatusOK {
		t.Errorf("answered %d", code)
	}
	if code := ask(func(r *http.Request) { r.Host = "example.com" }); code != http.StatusForbidden {
		t.Errorf("a request for another host was answered %d", code)
	}
	if code := ask(func(r *http.Request) { r.Header.Set("Origin", "https://example.com") }); code != http.StatusForbidden {
		t.Errorf("a page of another host was answered %d", code)
	}
	if err := end(); err != nil {
		t.Error(err)
	}
	if res, err := http.Get(url); err == nil {
		res.Body.Close()
		t.Error("it is served after its end")
	}
	if _, err := servePprof(t.Context(), "0.0.0.0:0", slog.Default()); err == nil {
		t.Error("it is served to other machines")
	}
}
