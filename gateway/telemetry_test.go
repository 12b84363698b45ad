package gateway_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vmihailenco/msgpack/v5"

	"lightsout/race"
	"lightsout/race/circuit"
)

func (h *house) Trace(_ context.Context, q race.TraceQuery) (*race.Trace, error) {
	h.mu.Lock()
	tracing := h.tracing
	h.mu.Unlock()
	return tracing(q)
}

// driven is a car that laps in 90 s, with ten samples a second, for three laps; car 1 is 1 % slower. Speed is -1.5 and 299.5 once
// on each lap.
func driven(q race.TraceQuery) (*race.Trace, error) {
	t := &race.Trace{Car: q.Car}
	for at := max(0, q.From); at <= min(q.To, 270*race.Second); at++ {
		at = (at + 99_999) / 100_000 * 100_000
		if at > min(q.To, 270*race.Second) {
			break
		}
		lap := at / (90 * race.Second)
		inside := at % (90 * race.Second)
		t.Time = append(t.Time, at)
		speed := int32(1000 + inside/race.Second)
		switch inside {
		case 30 * race.Second:
			speed = -15
		case 60 * race.Second:
			speed = 2995
		}
		for c, v := range map[race.Channel]int32{
			race.ChannelSpeed: speed, race.ChannelLap: int32(lap) + 1, race.ChannelGear: 1 + int32(inside/(15*race.Second)),
			race.ChannelLapFraction: int32(65536 * inside / (90 * race.Second)), race.ChannelThrottle: 100, race.ChannelBrake: race.Unknown,
		} {
			if slices.Contains(q.Channels, c) {
				t.Values[c] = append(t.Values[c], v)
			}
		}
	}
	return t, nil
}

// mustTrace serves a race r1 on a circuit, with telemetry.
func mustTrace(t *testing.T) *served {
	t.Helper()
	s := mustServe(t, nil)
	one, err := circuit.Open(circuit.List()[0])
	if err != nil {
		t.Fatal(err)
	}
	text, err := one.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.races[0].Race.CircuitText = string(text)
	s.tracing = driven
	return s
}

// columns are those of one car in an answer.
type columns struct {
	Number   int        `json:"driver_number" msgpack:"driver_number"`
	Samples  int        `json:"samples" msgpack:"samples"`
	From     string     `json:"distance_from" msgpack:"distance_from"`
	Time     []int64    `json:"time_ms" msgpack:"time_ms"`
	Date     []string   `json:"date" msgpack:"date"`
	Speed    []*float64 `json:"speed" msgpack:"speed"`
	Distance []*float64 `json:"distance" msgpack:"distance"`
	X        []*float64 `json:"x" msgpack:"x"`
	Brake    []*float64 `json:"brake" msgpack:"brake"`
	RPM      []*float64 `json:"rpm" msgpack:"rpm"`
	Lap      []*float64 `json:"lap_number" msgpack:"lap_number"`
}

type traced struct {
	Race string    `json:"race" msgpack:"race"`
	Cars []columns `json:"cars" msgpack:"cars"`
}

func (s *served) mustColumns(t *testing.T, path string) traced {
	t.Helper()
	code, kind, body := s.ask(t, "GET", path, "")
	var out traced
	if err := json.Unmarshal([]byte(body), &out); err != nil || code != 200 || kind != "application/json" {
		t.Fatalf("%s: %d %s %v %.300s", path, code, kind, err, body)
	}
	return out
}

func TestTelemetry_HasTheSameValuesInEachFormat(t *testing.T) {
	s := mustTrace(t)
	const path = "/api/v1/races/r1/telemetry?cars=9,7&laps=2&every=1s&channels=date,speed,distance,x,brake,rpm,lap_number"
	asJSON := s.mustColumns(t, path)
	// Car 9 is on its second lap until the end.
	if len(asJSON.Cars) != 2 || asJSON.Cars[0].Number != 9 || asJSON.Race != "r1" {
		t.Fatalf("%+v", asJSON)
	}
	car := asJSON.Cars[1]
	if len(car.Time) != 91 || car.Time[0] != 90_000 || car.Time[90] != 180_000 || car.Samples != 901 {
		t.Errorf("lap 2 is %d of %d samples, from %d ms", len(car.Time), car.Samples, car.Time[0])
	}
	if *car.Speed[30] != -1.5 || *car.Speed[60] != 299.5 || *car.Distance[0] != 0 || car.Brake[0] != nil || car.RPM != nil || *car.Lap[3] != 2 {
		t.Errorf("speeds %v and %v, brake %v, rpm %v", *car.Speed[30], *car.Speed[60], car.Brake[0], car.RPM)
	}
	if car.Date[0] != "2026-11-18T11:08:10.000Z" || car.From != "lap_fraction" {
		t.Errorf("dated %s, distance from %q", car.Date[0], car.From)
	}

	for _, ask := range [][]string{{"Accept", "application/msgpack"}, {"Accept", "application/vnd.msgpack;q=0.9, text/html"}} {
		code, kind, body := s.ask(t, "GET", path, "", ask...)
		var packed traced
		if err := msgpack.Unmarshal([]byte(body), &packed); err != nil || code != 200 || kind != "application/vnd.msgpack" {
			t.Fatalf("%d %s: %v", code, kind, err)
		}
		if diff := cmp.Diff(asJSON, packed); diff != "" {
			t.Errorf("msgpack is not JSON: %s", diff)
		}
	}

	_, kind, body := s.ask(t, "GET", path+"&format=csv", "")
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || !strings.HasPrefix(kind, "text/csv") || len(rows) != 1+len(asJSON.Cars[0].Time)+91 {
		t.Fatalf("%s: %d rows, %v", kind, len(rows), err)
	}
	want := []string{"7", "2026-11-18T11:08:40.000Z", "120000", "-1.5", fmt.Sprint(*car.Distance[30]), fmt.Sprint(*car.X[30]), "", "", "2"}
	if diff := cmp.Diff(want, rows[1+len(asJSON.Cars[0].Time)+30]); diff != "" {
		t.Error(diff)
	}
}

func TestTelemetry_ThinningKeepsExtremesWithinTheRequestedPoints(t *testing.T) {
	s := mustTrace(t)
	for query, limit := range map[string]int{"": 2000, "?points=100": 100, "?points=30&every=100ms": 30} {
		for _, car := range s.mustColumns(t, "/api/v1/races/r1/telemetry"+query).Cars {
			low, high := 1e9, -1e9
			for _, v := range car.Speed {
				low, high = min(low, *v), max(high, *v)
			}
			if len(car.Time) > limit || low != -1.5 || high != 299.5 || !slices.IsSorted(car.Time) || car.Samples != 2701 {
				t.Errorf("%q: %d points of %d, %v to %v", query, len(car.Time), car.Samples, low, high)
			}
		}
	}
	if got := s.mustColumns(t, "/api/v1/races/r1/telemetry?points=100000&cars=7").Cars[0]; len(got.Time) != 2701 {
		t.Errorf("all that there is: %d samples", len(got.Time))
	}
}

func TestTelemetry_IsSelectedByLapsTimeOrDate(t *testing.T) {
	s := mustTrace(t)
	for query, want := range map[string][2]int64{
		"laps=1": {0, 90_000}, "laps=2-": {90_000, 270_000}, "laps=1-2": {0, 180_000}, "from=1m&to=1m2s": {60_000, 62_000},
		"from=2026-11-18T11:06:50Z&to=20s": {10_000, 20_000}, "to=0s": {0, 0},
	} {
		car := s.mustColumns(t, "/api/v1/races/r1/telemetry?cars=7&channels=speed&points=100000&"+query).Cars[0]
		if n := len(car.Time); n == 0 || car.Time[0] != want[0] || car.Time[n-1] != want[1] {
			t.Errorf("%s: %d samples, %v", query, n, car.Time)
		}
	}
	if car := s.mustColumns(t, "/api/v1/races/r1/telemetry?cars=9&laps=3").Cars[0]; len(car.Time) != 0 || car.Samples != 0 {
		t.Errorf("a lap that the car never came to has %d samples", len(car.Time))
	}
}

func TestTelemetry_RefusalSaysWhatIsAllowed(t *testing.T) {
	s := mustTrace(t)
	for query, want := range map[string][]string{
		"cars=8": {"cars", `has \"8\"`, "up to 50"}, "cars=7,x": {`has \"x\"`}, "channels=speed,boost": {`has \"boost\"`, "n_gear"},
		"laps=0": {"12-14"}, "laps=3-2": {"laps"}, "laps=1&from=1s": {"one of the two"}, "from=yesterday": {"12m30.5s"},
		"to=-5s": {"to"}, "every=0s": {"1ms to 1h"}, "points=5": {"24 to 100000"}, "driver_number=7": {"cars, channels, laps"},
		"format=xml": {"json, csv, msgpack"},
	} {
		code, kind, body := s.ask(t, "GET", "/api/v1/races/r1/telemetry?"+query, "")
		if code != http.StatusUnprocessableEntity || kind != "application/problem+json" {
			t.Errorf("%s: %d %s %s", query, code, kind, body)
		}
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("%s: %q is not said in %s", query, w, body)
			}
		}
	}
	if code, _, _ := s.ask(t, "GET", "/api/v1/races/r1/telemetry", "", "Accept", "image/png"); code != http.StatusNotAcceptable {
		t.Errorf("a picture of it: %d", code)
	}
	if code, _, _ := s.ask(t, "GET", "/api/v1/races/none/telemetry", ""); code != http.StatusNotFound {
		t.Errorf("of no race: %d", code)
	}
	s.mu.Lock()
	s.entries = make([]race.Entry, 51)
	s.mu.Unlock()
	if code, _, body := s.ask(t, "GET", "/api/v1/races/r1/telemetry", ""); code != 422 || !strings.Contains(body, "this race has 51") {
		t.Errorf("of 51 cars: %d %s", code, body)
	}
}

func TestTelemetry_BrokenStreamIsReportedAsIncomplete(t *testing.T) {
	s := mustTrace(t)
	s.tracing = func(q race.TraceQuery) (*race.Trace, error) {
		if q.Car == 1 {
			return nil, errors.New("the disk is gone")
		}
		return driven(q)
	}
	if code, _, body := s.ask(t, "GET", "/api/v1/races/r1/telemetry?cars=9", ""); code != 500 || strings.Contains(body, "disk") {
		t.Errorf("broken before it began: %d %s", code, body)
	}
	for _, encoding := range []string{"identity", "gzip", "br"} {
		req, err := http.NewRequest("GET", s.url+"/api/v1/races/r1/telemetry?cars=7,9", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept-Encoding", encoding)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(res.Body); err == nil || res.StatusCode != 200 {
			t.Errorf("%s: broken amid it: %d, and no error", encoding, res.StatusCode)
		}
		res.Body.Close()
	}
}

func TestTelemetry_IsCompressedIfTheClientAcceptsIt(t *testing.T) {
	s := mustTrace(t)
	req, err := http.NewRequest("GET", s.url+"/api/v1/races/r1/telemetry?points=10000", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "gzip")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	zip, err := gzip.NewReader(bufio.NewReader(res.Body))
	if err != nil || res.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("%v %v", res.Header, err)
	}
	var got traced
	if err := json.NewDecoder(zip).Decode(&got); err != nil || len(got.Cars) != 2 {
		t.Errorf("%v %+v", err, got)
	}
}

func TestTelemetry_StopsReadingWhenTheClientDisconnects(t *testing.T) {
	s := mustTrace(t)
	s.mu.Lock()
	s.entries = nil
	for i := range 50 {
		s.entries = append(s.entries, race.Entry{Number: i + 1})
	}
	read := make(chan race.CarIdx, 100)
	s.tracing = func(q race.TraceQuery) (*race.Trace, error) { read <- q.Car; return driven(q) }
	s.mu.Unlock()
	ctx, leave := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, "GET", s.url+"/api/v1/races/r1/telemetry?points=100000", nil)
	if err != nil {
		t.Fatal(err)
	}
	// What fits into the client's buffer is sent at once.
	slow := &http.Client{Transport: &http.Transport{DisableCompression: true, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		if tcp, is := conn.(*net.TCPConn); is {
			err = errors.Join(err, tcp.SetReadBuffer(4<<10))
		}
		return conn, err
	}}}
	res, err := slow.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := res.Body.Read(make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	// Without a reader some cars fill the buffers, and then no further ones are read.
	quiet := time.NewTimer(time.Second)
	cars := 0
	for waiting := true; waiting; {
		select {
		case <-read:
			cars++
			quiet.Reset(time.Second)
		case <-quiet.C:
			waiting = false
		}
	}
	if cars >= 50 {
		t.Errorf("all %d cars were read for one who does not listen", cars)
	}
	leave()
	res.Body.Close()
	if _, _, body := s.ask(t, "GET", "/api/v1/races/r1/telemetry?cars=3&points=50", ""); !strings.Contains(body, `"driver_number":3`) {
		t.Errorf("the next one gets %.100s", body)
	}
}
