package main

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// receiver is a collector: it takes traces by OTLP over HTTP.
type receiver struct {
	mu    sync.Mutex
	spans []*otlp.Span
	wrong []string
}

// ServeHTTP is part of http.Handler.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	data, err := io.ReadAll(req.Body)
	var sent collector.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(data, &sent)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil || req.URL.Path != "/v1/traces" || req.Header.Get("Content-Type") != "application/x-protobuf" {
		r.wrong = append(r.wrong, req.URL.Path)
		http.Error(w, "not traces", http.StatusBadRequest)
		return
	}
	for _, of := range sent.ResourceSpans {
		for _, scope := range of.ScopeSpans {
			r.spans = append(r.spans, scope.Spans...)
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// whole is the parts of a batch's way, of one that has them all; nil while there is none.
func (r *receiver) whole() (batch *otlp.Span, parts map[string]*otlp.Span) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range r.spans {
		parts := map[string]*otlp.Span{}
		for _, s := range r.spans {
			if string(s.ParentSpanId) == string(b.SpanId) {
				parts[s.Name] = s
			}
		}
		if b.Name == "batch" && len(parts) == 4 {
			return b, parts
		}
	}
	return nil, nil
}

func TestTraces_FollowAPassingFromItsRequestToASpectator(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and starts the server")
	}
	r := &receiver{}
	to := httptest.NewServer(r)
	defer to.Close()
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "x.db"), args: []string{"--otlp", to.URL, "--otlp-share", "1"}}
	p.start()
	path := p.external(`{"name":"kart","laps":100}`, `{"driver_number":1},{"driver_number":2}`, "")
	spectator, _, err := websocket.DefaultDialer.Dial(strings.Replace(p.url, "http", "ws", 1)+"/live/"+path[strings.LastIndex(path, "/")+1:], nil)
	if err != nil {
		t.Fatal(err)
	}
	defer spectator.Close()
	go func() { // reads until the server ends
		for {
			if _, _, err := spectator.ReadMessage(); err != nil {
				return
			}
		}
	}()
	var batch *otlp.Span
	var parts map[string]*otlp.Span
	for lap, until := 1, time.Now().Add(patience); batch == nil; lap++ {
		p.post(path+"/passings", strings.ReplaceAll(`[{"driver_number":1,"time_us":LAP000000}]`, "LAP", strconv.Itoa(60*lap)))
		time.Sleep(100 * time.Millisecond) // the next passing; a span is told a second after its batch was applied
		if batch, parts = r.whole(); time.Now().After(until) {
			t.Fatalf("no batch has its whole way: %v", r.spans)
		}
	}
	last := batch.StartTimeUnixNano
	for _, name := range []string{"ingest", "durable", "applied", "shown"} {
		s := parts[name]
		if s == nil || s.StartTimeUnixNano != last || s.EndTimeUnixNano < s.StartTimeUnixNano || hex.EncodeToString(s.TraceId) != hex.EncodeToString(batch.TraceId) {
			t.Fatalf("%s is %v, it should begin at %d", name, s, last)
		}
		last = s.EndTimeUnixNano
	}
	if batch.EndTimeUnixNano != last {
		t.Errorf("the batch ends at %d, its last part at %d", batch.EndTimeUnixNano, last)
	}
	p.end(syscall.SIGTERM)
	if len(r.wrong) > 0 {
		t.Errorf("sent elsewhere: %q", r.wrong)
	}
}
