package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"lightsout/race"
)

// metricsOf are the lines of /metrics.
func metricsOf(t *testing.T, url string) string {
	t.Helper()
	res, err := http.Get(url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestMetrics_CountRequestsByRouteMethodAndStatus(t *testing.T) {
	s := mustServeExternal(t)
	s.ask(t, "GET", "/api/v1/races/r1", "")
	s.ask(t, "GET", "/api/v1/races/none", "")
	s.ask(t, "GET", "/api/v1/nothing/here", "")
	s.ask(t, "DELETE", "/api/v1/races/r1", "")
	s.external.refusal = fmt.Errorf("race ext: %w", race.ErrBusy)
	s.ask(t, "POST", passingsPath, `{"driver_number":7,"time_us":1}`)
	text := metricsOf(t, s.url)
	for _, want := range []string{
		`lightsout_gateway_requests_handled_total{code="200",method="GET",route="/api/v1/races/:id"} 1`,
		`lightsout_gateway_requests_handled_total{code="404",method="GET",route="/api/v1/races/:id"} 1`,
		`lightsout_gateway_requests_handled_total{code="404",method="GET",route="other"} 1`,
		`lightsout_gateway_requests_handled_total{code="204",method="DELETE",route="/api/v1/races/:id"} 1`,
		`lightsout_gateway_requests_handled_total{code="429",method="POST",route="/api/v1/races/:id/passings"} 1`,
		`lightsout_gateway_request_seconds_count{method="GET",route="/api/v1/races/:id"} 2`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("/metrics has no line %s", want)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

func TestMetrics_CountReportedItemsByOutcome(t *testing.T) {
	s := mustServeExternal(t)
	s.ask(t, "POST", passingsPath, `{"passings":[{"driver_number":7,"time_us":1},{"driver_number":9,"time_us":2},{"driver_number":8,"time_us":3}]}`)
	s.ask(t, "POST", passingsPath, `{"driver_number":8,"time_us":1}`) // no such car
	s.external.refusal = fmt.Errorf("race ext: %w", race.ErrBusy)
	s.ask(t, "POST", passingsPath, `{"driver_number":7,"time_us":9}`)
	text := metricsOf(t, s.url)
	for outcome, n := range map[string]int{"accepted": 2, "wrong": 2, "busy": 1, "repeated": 0} {
		if want := fmt.Sprintf(`lightsout_gateway_items_ingested_total{kind="passings",outcome=%q} %d`, outcome, n); !strings.Contains(text, want+"\n") {
			t.Errorf("/metrics has no line %s", want)
		}
	}
}
