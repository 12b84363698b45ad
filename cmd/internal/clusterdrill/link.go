package clusterdrill

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// link is a process's way to a broker, which a strike can cut or slow down.
type link struct {
	broker, addr string
	proxy        *toxiproxy.Proxy
}

// proxies is what links are made of; nothing listens to its own API.
var proxies = toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())

// slowness is the name of the only toxic of a link.
const slowness = "slowness"

func newLink(broker string) (*link, error) {
	l := &link{broker: broker, proxy: toxiproxy.NewProxy(proxies, broker, "127.0.0.1:0", broker)}
	if err := l.proxy.Start(); err != nil {
		return nil, fmt.Errorf("link to %s: %w", broker, err)
	}
	l.addr = l.proxy.Listen
	return l, nil
}

// cut breaks all connections and accepts none until mend.
func (l *link) cut() error {
	l.proxy.Stop()
	return nil
}

func (l *link) mend() error {
	if err := l.proxy.Start(); err != nil {
		return fmt.Errorf("link to %s: %w", l.broker, err)
	}
	return nil
}

// slow delays what the broker sends, until quick.
func (l *link) slow(by time.Duration) error {
	toxic := fmt.Sprintf(`{"name":%q,"type":"latency","stream":"downstream","attributes":{"latency":%d}}`, slowness, by.Milliseconds())
	if _, err := l.proxy.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
		return fmt.Errorf("link to %s: %w", l.broker, err)
	}
	return nil
}

func (l *link) quick(ctx context.Context) error {
	if err := l.proxy.Toxics.RemoveToxic(ctx, slowness); err != nil {
		return fmt.Errorf("link to %s: %w", l.broker, err)
	}
	return nil
}

func (l *link) close() { l.proxy.Stop() }
