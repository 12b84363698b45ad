package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"lightsout/gateway"
)

// mustServeStatus serves the status of a process without the gateway role.
func mustServeStatus(t *testing.T, change func(*gateway.Config)) *served {
	t.Helper()
	cfg := gateway.DefaultConfig()
	cfg.Addr = "127.0.0.1:0"
	if change != nil {
		change(&cfg)
	}
	s := &served{house: newHouse()}
	server, err := gateway.NewStatus(cfg, gateway.StatusDeps{
		Ready: func(context.Context) error { return s.unready }, Actors: s.house, Log: slog.New(slog.DiscardHandler),
		Registry: prometheus.NewRegistry(), Version: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	s.listen(t, server)
	return s
}

func TestStatus_ServesHealthReadinessMetricsAndActorsAlone(t *testing.T) {
	s := mustServeStatus(t, nil)
	for _, c := range []struct {
		method, path string
		status       int
		says         string
	}{
		{"GET", "/healthz", 200, `"version":"test"`},
		{"GET", "/readyz", 200, `"ready"`},
		{"GET", "/metrics", 200, "lightsout_gateway_requests_handled_total"},
		{"GET", "/api/v1/actors?most=3", 200, `"simulator"`},
		{"GET", "/api/v1/actors?most=x", 422, "whole number"},
		{"GET", "/api/v1/actors?other=1", 422, "most"},
		{"POST", "/api/v1/actors", 405, "GET, HEAD, OPTIONS"},
		{"PASS", "/readyz", 405, "GET, HEAD, OPTIONS"},
		{"GET", "/", 404, "no gateway role"},
		{"GET", "/race/r1", 404, "/healthz, /readyz, /metrics and /api/v1/actors"},
		{"GET", "/api/v1/races", 404, "no gateway role"},
		{"POST", "/api/v1/races", 404, "no gateway role"},
		{"POST", "/graphql", 404, "no gateway role"},
		{"GET", "/live/r1", 404, "no gateway role"},
		{"GET", "/api/v1/openapi.json", 404, "no gateway role"},
	} {
		code, kind, body := s.ask(t, c.method, c.path, "")
		if code != c.status || !strings.Contains(body, c.says) {
			t.Errorf("%s %s: %d %s", c.method, c.path, code, body)
		}
		var p gateway.Problem
		if code >= 400 && (kind != "application/problem+json" || json.Unmarshal([]byte(body), &p) != nil || p.Status != code) {
			t.Errorf("%s %s is answered with no problem document: %s %s", c.method, c.path, kind, body)
		}
	}
}

func TestStatus_SaysWhyTheProcessIsNotReady(t *testing.T) {
	s := mustServeStatus(t, nil)
	s.unready = errors.New("the log is read to its end first")
	if code, _, body := s.ask(t, "GET", "/readyz", ""); code != http.StatusServiceUnavailable || !strings.Contains(body, "read to its end") {
		t.Errorf("%d %s", code, body)
	}
}

func TestStatus_HasTheLimitsAndChecksOfTheGateway(t *testing.T) {
	s := mustServeStatus(t, func(c *gateway.Config) { c.MaxBody = 100 })
	if code, _, body := s.ask(t, "GET", "/api/v1/actors", "", "Host", "evil.example"); code != http.StatusForbidden {
		t.Errorf("a strange host: %d %s", code, body)
	}
	if code, _, body := s.ask(t, "POST", "/api/v1/actors", strings.Repeat("x", 101)); code != http.StatusRequestEntityTooLarge {
		t.Errorf("a long body: %d %s", code, body)
	}
	if res, _ := s.answer(t, "GET", "/none"); res.Header.Get("X-Content-Type-Options") != "nosniff" || res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers: %v", res.Header)
	}
}

func TestStatus_NeedsNoTokenOnAnOpenAddress(t *testing.T) {
	cfg := gateway.DefaultConfig()
	cfg.Addr = "0.0.0.0:8080"
	if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), "token") {
		t.Errorf("a server that changes something: %v", err)
	}
	if err := cfg.ValidateStatus(); err != nil {
		t.Error(err)
	}
	if cfg.Addr = "8080"; cfg.ValidateStatus() == nil {
		t.Error("an address without a host is accepted")
	}
}
