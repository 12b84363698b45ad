package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fasthttp/websocket"
)

// SpectatorsLoad is what spectators of one race at 10 Hz cost a gateway. They look at nothing in particular and read all they are sent.
type SpectatorsLoad struct {
	Spectators int     `json:"spectators"`
	Cars       int     `json:"cars"`
	Messages   float64 `json:"messages_per_second_each"`
	Bytes      float64 `json:"bytes_per_second_each"`
	Idle       float64 `json:"gateway_cores_without_them"`
	Cores      float64 `json:"gateway_cores"`
	CPU        float64 `json:"cpu_us_per_second_each"` // without what the gateway does for nobody
}

// spectatorsEach is how many spectators watch.
const spectatorsEach = 500

func (b *kafkaBench) spectators(ctx context.Context, report *KafkaReport) error {
	for _, cars := range []int{benchCars, 1000} {
		load := SpectatorsLoad{Spectators: spectatorsEach, Cars: cars}
		fmt.Fprintf(b.status, "%d spectators of %d cars\n", load.Spectators, cars)
		err := b.with(ctx, []string{"simulator", "processor", "gateway"}, func(f *fleet) error { return load.measure(ctx, f) })
		if err != nil {
			return err
		}
		report.Spectators = append(report.Spectators, load)
	}
	return nil
}

func (l *SpectatorsLoad) measure(ctx context.Context, f *fleet) (err error) {
	ids, err := f.order(ctx, 1, l.Cars, 1)
	if err == nil {
		err = f.bench.settle(ctx)
	}
	if err != nil {
		return err
	}
	if l.Idle, _, _, err = f.gatewayFor(ctx); err != nil {
		return err
	}
	g := f.of("gateway")
	for range l.Spectators {
		dialing, cancel := context.WithTimeout(ctx, answerWait)
		conn, res, err := websocket.DefaultDialer.DialContext(dialing, fmt.Sprintf("ws://%s/live/%s", g.addr, ids[0]), nil)
		cancel()
		if err != nil {
			return fmt.Errorf("watch race %s: %w", ids[0], err)
		}
		_ = res.Body.Close() // the connection is conn
		defer conn.Close()   //nolint:errcheck // all was read
		go func() {
			for err := error(nil); err == nil; {
				_, _, err = conn.ReadMessage()
			}
		}()
	}
	if err := f.bench.settle(ctx); err != nil {
		return err
	}
	cores, messages, bytes, err := f.gatewayFor(ctx)
	each := float64(l.Spectators)
	l.Cores, l.Messages, l.Bytes, l.CPU = cores, messages/each, bytes/each, (cores-l.Idle)*1e6/each
	return err
}

// gatewayFor is what the gateway uses and sends in each second of a measurement.
func (f *fleet) gatewayFor(ctx context.Context) (cores, messages, bytes float64, err error) {
	g := f.of("gateway")
	read := func() (at time.Time, cpu time.Duration, messages, bytes float64, err error) {
		var failed error
		messages, err = g.metric(ctx, "lightsout_gateway_messages_sent_total")
		bytes, failed = g.metric(ctx, "lightsout_gateway_sent_bytes_total")
		return time.Now(), cpuOf(g.cmd.Process.Pid), messages, bytes, errors.Join(err, failed)
	}
	at, cpu, m, n, err := read()
	if err == nil {
		err = sleep(ctx, time.Duration(f.bench.cfg.Seconds)*time.Second)
	}
	if err != nil {
		return 0, 0, 0, err
	}
	at2, cpu2, m2, n2, err := read()
	s := at2.Sub(at).Seconds()
	return (cpu2 - cpu).Seconds() / s, (m2 - m) / s, (n2 - n) / s, err
}

func (l *SpectatorsLoad) row() string {
	return fmt.Sprintf("%d\t%d\t%.1f\t%.0f\t%.2f\t%.2f\t%.0f\t", l.Cars, l.Spectators, l.Messages, l.Bytes, l.Idle, l.Cores, l.CPU)
}
