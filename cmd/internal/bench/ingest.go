package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"lightsout/cmd/internal/races"
	"lightsout/cmd/internal/server"
	"lightsout/race"
)

// IngestLoad is how long an HTTP request with passings takes until they are durable and applied.
type IngestLoad struct {
	Clients  int     `json:"clients"`
	Items    int     `json:"passings_per_request"`
	Requests int     `json:"requests"`
	P50MS    float64 `json:"p50_ms"`
	P99MS    float64 `json:"p99_ms"`
	Rate     float64 `json:"passings_per_second"`
}

// benchCars are the cars of the race whose passings are reported.
const benchCars = 20

// benchIngest measures a complete server in this process, over loopback, with a file of its own.
func benchIngest(ctx context.Context, requests int, status io.Writer) ([]IngestLoad, error) {
	dir, err := os.MkdirTemp("", "lightsout-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	cfg := server.DefaultConfig()
	cfg.DB = filepath.Join(dir, "races.db")
	if cfg.Gateway.Addr, err = freeAddr(ctx); err != nil {
		return nil, err
	}
	log := slog.New(slog.NewTextHandler(status, &slog.HandlerOptions{Level: slog.LevelError}))
	ctx, done := context.WithCancel(ctx)
	defer done()
	var loads []IngestLoad
	var failed error // the server returns no error when it is stopped
	err = server.Run(ctx, cfg, log, io.Discard, func(ctx context.Context, all *races.Races) error {
		defer done()
		for _, l := range []IngestLoad{{Clients: 1, Items: 1}, {Clients: 8, Items: 1}, {Clients: 8, Items: 1000}} {
			l.Requests = requests / min(10, l.Items)
			fmt.Fprintf(status, "measuring %d clients with %d passings a request\n", l.Clients, l.Items)
			if failed = l.measure(ctx, all, "http://"+cfg.Gateway.Addr); failed != nil {
				return failed
			}
			loads = append(loads, l)
		}
		return nil
	})
	if failed != nil {
		return nil, failed
	}
	return loads, err
}

func freeAddr(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	addr := l.Addr().String()
	return addr, errors.Join(l.Close())
}

// measure reports passings of a new race and times each request.
func (l *IngestLoad) measure(ctx context.Context, all *races.Races, url string) error {
	entries := make([]race.Entry, benchCars)
	for i := range entries {
		entries[i] = race.Entry{Number: i + 1, Code: fmt.Sprint(i + 1), Grid: i + 1}
	}
	made, err := all.Open(ctx, race.Race{
		Name: "Benchmark", Rules: race.F1(race.LapsMax), Lines: []race.Line{{Kind: race.LineFinish, Sector: 3}},
	}, entries, "")
	if err == nil {
		made, err = all.Control(ctx, made.Race.ID, race.ControlStart, race.Now)
	}
	if err != nil {
		return err
	}
	path := url + "/api/v1/races/" + string(made.Race.ID) + "/passings"
	var next atomic.Int64
	var mu sync.Mutex
	var took []time.Duration
	var failed error
	var clients sync.WaitGroup
	began := time.Now()
	for range l.Clients {
		clients.Go(func() {
			for n := next.Add(1); n <= int64(l.Requests); n = next.Add(1) {
				body := l.body(int(n - 1))
				sent := time.Now()
				err := postJSON(ctx, path, body)
				mu.Lock()
				took, failed = append(took, time.Since(sent)), errors.Join(failed, err)
				mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	clients.Wait()
	whole := time.Since(began)
	if failed != nil {
		return failed
	}
	slices.Sort(took)
	at := func(share float64) float64 {
		return float64(took[int(share*float64(len(took)-1))].Microseconds()) / 1000
	}
	l.P50MS, l.P99MS, l.Rate = at(0.5), at(0.99), float64(l.Requests*l.Items)/whole.Seconds()
	return nil
}

// body is the passings of a request: the field passes the line once in 90 s.
func (l *IngestLoad) body(request int) []byte {
	type passing struct {
		Number   int    `json:"driver_number"`
		TimeUS   int64  `json:"time_us"`
		Decoder  string `json:"decoder"`
		Sequence int    `json:"sequence"`
	}
	items := make([]passing, l.Items)
	for i := range items {
		n := request*l.Items + i
		lap, car := n/benchCars+1, n%benchCars
		items[i] = passing{car + 1, int64(lap)*90_000_000 + int64(car)*700_000, "main", n}
	}
	body, _ := json.Marshal(items) // numbers and text: it cannot fail
	return body
}

func postJSON(ctx context.Context, url string, body []byte) error {
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			return fmt.Errorf("make a request: %w", err)
		}
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return fmt.Errorf("tell the server: %w", err)
		}
		answer, err := io.ReadAll(res.Body)
		if err = errors.Join(err, res.Body.Close()); err != nil {
			return fmt.Errorf("read the answer: %w", err)
		}
		switch res.StatusCode {
		case http.StatusOK:
			return nil
		case http.StatusTooManyRequests: // waiting is part of the time
		default:
			return fmt.Errorf("answered %s: %.200s", res.Status, answer)
		}
	}
}
