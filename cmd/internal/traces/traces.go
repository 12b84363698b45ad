package traces

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"lightsout/race"
)

// Limits of what is followed.
const (
	maxFollowed = 1024                   // batches at once; further ones are not followed
	grace       = time.Second            // how long after a batch was applied its spectators and its sender are waited for
	givenUp     = time.Minute            // after which a batch that was not applied is told as it is
	lookEvery   = 250 * time.Millisecond // how often batches that are through are looked for
)

// Config says where traces go.
type Config struct {
	// Endpoint is the collector's URL, such as http://127.0.0.1:4318; empty means that nothing is traced.
	Endpoint string
	// Share of the batches that are traced, above 0 and up to 1.
	Share float64
}

// Validate reports every fault.
func (c Config) Validate() error {
	if c.Endpoint == "" {
		return nil
	}
	var faults []error
	if u, err := url.Parse(c.Endpoint); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		faults = append(faults, fmt.Errorf("--otlp is %q: expected the address of a collector, such as http://127.0.0.1:4318", c.Endpoint))
	}
	if !(c.Share > 0 && c.Share <= 1) {
		faults = append(faults, fmt.Errorf("--otlp-share is %v: allowed is above 0 and up to 1", c.Share))
	}
	return errors.Join(faults...)
}

// Tracer follows batches. A nil Tracer follows none.
type Tracer struct {
	share    float64
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
	end      chan struct{}
	ended    sync.WaitGroup

	shown sync.Map // of a race: up to where its spectators have been told, as *atomic.Uint64

	mu       sync.Mutex
	followed []*way // oldest first
}

// way is a batch on its way. A time that is zero has not come.
type way struct {
	race                                      race.ID
	first, last                               race.Seq
	samples                                   int
	asked, arrived, durable, applied, shownAt time.Time
}

// Open begins to follow batches; nil where no endpoint is configured.
func Open(ctx context.Context, cfg Config, version string, log *slog.Logger) (*Tracer, error) {
	if cfg.Endpoint == "" {
		return nil, nil
	}
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	to, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(strings.TrimSuffix(cfg.Endpoint, "/")+pathOf(cfg.Endpoint)))
	if err != nil {
		return nil, fmt.Errorf("set up traces: %w", err)
	}
	of := resource.NewSchemaless(attribute.String("service.name", "lightsout"), attribute.String("service.version", version))
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("traces cannot be sent", slog.Any("err", err)) }))
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(to), sdktrace.WithResource(of), sdktrace.WithSampler(sdktrace.AlwaysSample()))
	t := &Tracer{share: cfg.Share, provider: provider, tracer: provider.Tracer("lightsout"), end: make(chan struct{})}
	log.Info("batches are traced", slog.String("to", cfg.Endpoint), slog.Float64("share", cfg.Share))
	t.ended.Go(t.look)
	return t, nil
}

// pathOf is the path of traces, unless the endpoint has one.
func pathOf(endpoint string) string {
	if u, err := url.Parse(endpoint); err == nil && u.Path != "" && u.Path != "/" {
		return ""
	}
	return "/v1/traces"
}

// Close sends what is left.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	close(t.end)
	t.ended.Wait()
	t.send(func(*way) bool { return true })
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("send the last traces: %w", err)
	}
	return nil
}

func (t *Tracer) look() {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-t.end:
			return
		case now := <-tick.C:
			t.send(func(w *way) bool {
				return !w.applied.IsZero() && now.Sub(w.applied) > grace || now.Sub(w.arrived) > givenUp
			})
		}
	}
}

// send tells of the batches that are through.
func (t *Tracer) send(through func(*way) bool) {
	t.mu.Lock()
	var done, left []*way
	for _, w := range t.followed {
		if through(w) {
			done = append(done, w)
		} else {
			left = append(left, w)
		}
	}
	t.followed = left
	t.mu.Unlock()
	for _, w := range done {
		t.tell(w)
	}
}

// tell makes the spans of a batch: one of its whole way, and one of each part.
func (t *Tracer) tell(w *way) {
	begun, over := w.arrived, w.arrived
	if !w.asked.IsZero() {
		begun = w.asked
	}
	for _, at := range []time.Time{w.durable, w.applied, w.shownAt} {
		if at.After(over) {
			over = at
		}
	}
	ctx, whole := t.tracer.Start(context.Background(), "batch", trace.WithTimestamp(begun), trace.WithAttributes(
		attribute.String("lightsout.race", string(w.race)), attribute.Int64("lightsout.first_seq", int64(w.first)),
		attribute.Int64("lightsout.records", int64(w.last-w.first)+1), attribute.Int("lightsout.samples", w.samples)))
	part := func(name string, from, to time.Time) {
		if from.IsZero() || to.IsZero() {
			return
		}
		_, span := t.tracer.Start(ctx, name, trace.WithTimestamp(from))
		span.End(trace.WithTimestamp(to))
	}
	part("ingest", w.asked, w.arrived)
	part("durable", w.arrived, w.durable)
	part("applied", w.durable, w.applied)
	part("shown", w.applied, w.shownAt)
	whole.End(trace.WithTimestamp(over))
}

// follow begins to follow a batch; nil if it is not one of those.
func (t *Tracer) follow(b *race.Batch, now time.Time) *way {
	if len(b.Records) == 0 || t.share < 1 && rand.Float64() >= t.share {
		return nil
	}
	w := &way{race: b.Race, first: b.Records[0].Seq, last: b.Records[len(b.Records)-1].Seq, samples: len(b.Samples), arrived: now}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.followed) >= maxFollowed {
		return nil
	}
	t.followed = append(t.followed, w)
	return w
}

// each calls f for the batches of a race that are followed.
func (t *Tracer) each(id race.ID, f func(*way)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, w := range t.followed {
		if w.race == id {
			f(w)
		}
	}
}

// apply notes that the records of a race were folded up to one.
func (t *Tracer) apply(id race.ID, upTo race.Seq) {
	now := time.Now()
	t.each(id, func(w *way) {
		if w.last <= upTo && w.applied.IsZero() {
			w.applied = now
		}
	})
}

// ask notes when the report that a record is of came to the server.
func (t *Tracer) ask(id race.ID, seq race.Seq, at time.Time) {
	t.each(id, func(w *way) {
		if w.first <= seq && seq <= w.last && w.asked.IsZero() && at.Before(w.arrived) {
			w.asked = at
		}
	})
}

// Shown is called when a spectator of a race was sent what follows from its records up to one. The first spectator counts.
func (t *Tracer) Shown(id race.ID, upTo race.Seq) {
	kept, known := t.shown.Load(id)
	if !known {
		kept, _ = t.shown.LoadOrStore(id, new(atomic.Uint64))
	}
	newest, _ := kept.(*atomic.Uint64)
	for {
		before := newest.Load()
		if uint64(upTo) <= before {
			return
		}
		if newest.CompareAndSwap(before, uint64(upTo)) {
			break
		}
	}
	now := time.Now()
	t.each(id, func(w *way) {
		if w.last <= upTo && w.shownAt.IsZero() && !w.applied.IsZero() {
			w.shownAt = now
		}
	})
}

// Forget frees what is kept of a race that was deleted.
func (t *Tracer) Forget(id race.ID) {
	if t != nil {
		t.shown.Delete(id)
	}
}
