package influx

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"
)

// Config of a Feed.
type Config struct {
	// URL of the server, with http or https; Org and Bucket by their names.
	URL, Org, Bucket string
	Token            Secret
	// CA is a file of certificates (PEM) that are trusted beside the system's; empty: those alone.
	CA string
	// Every n-th frame of telemetry is written where a race does not say otherwise; 1: all.
	Every int
	// Lanes is how many requests may be on the way at once. A car's points keep to one shard, and so their order.
	Lanes int
	// BatchBytes of line protocol, or FlushAfter what time, make a request.
	BatchBytes int
	FlushAfter time.Duration
	// Timeout of one request.
	Timeout time.Duration
	// RetryFirst and MaxRetry are the pauses between attempts: they double from the one to the other, with jitter. A race that
	// cannot be read is tried again after MaxRetry.
	RetryFirst, MaxRetry time.Duration
	// EngineEvery is how often the actors are looked at; 0: never.
	EngineEvery time.Duration
	// Plain sends without compression. On loopback compression costs more than it saves (docs/figures.md).
	Plain bool
	// Wrap stands between the Feed and the network, for drills; nil: nothing does.
	Wrap func(http.RoundTripper) http.RoundTripper
	Log  *slog.Logger
}

// DefaultConfig has everything but the address and the token.
func DefaultConfig() Config {
	return Config{
		Every: 1, Lanes: 4, BatchBytes: 1 << 20, FlushAfter: 500 * time.Millisecond, Timeout: 30 * time.Second,
		RetryFirst: 250 * time.Millisecond, MaxRetry: 15 * time.Second, EngineEvery: 5 * time.Second,
		Log: slog.New(slog.DiscardHandler),
	}
}

// Limits of a Config.
const (
	everyMax      = 10_000
	maxShards     = 64
	batchBytesMax = 16 << 20
)

// Validate reports every fault.
func (c *Config) Validate() error {
	var faults []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	u, err := url.Parse(c.URL)
	check(err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "",
		"the address of InfluxDB is %q: allowed are http://host:port and https://host:port", c.URL)
	check(c.Org != "", "the organisation of InfluxDB is missing")
	check(c.Bucket != "", "the bucket of InfluxDB is missing")
	check(c.Token != "", "the token of InfluxDB is missing")
	check(c.Every >= 1 && c.Every <= everyMax, "every %d-th frame: allowed is 1 (all) to %d", c.Every, everyMax)
	check(c.Lanes >= 1 && c.Lanes <= maxShards, "%d lanes: allowed are 1 to %d", c.Lanes, maxShards)
	check(c.BatchBytes >= 1 && c.BatchBytes <= batchBytesMax, "batches of %d bytes: allowed are 1 to %d", c.BatchBytes, batchBytesMax)
	check(c.FlushAfter > 0 && c.Timeout > 0 && c.RetryFirst > 0 && c.MaxRetry >= c.RetryFirst, "the times must be above 0")
	return errors.Join(faults...)
}

// Address is the server's, without a password that may stand in it.
func (c *Config) Address() string {
	u, err := url.Parse(c.URL)
	if err != nil {
		return "an address that cannot be read"
	}
	return u.Redacted()
}

// Loopback says that the server is on this machine.
func (c *Config) Loopback() bool {
	u, err := url.Parse(c.URL)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// trust is how the server's certificate is checked.
func (c *Config) trust() (*tls.Config, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CA == "" {
		return t, nil
	}
	pem, err := os.ReadFile(c.CA)
	if err != nil {
		return nil, fmt.Errorf("read the certificates: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s has no certificate in PEM form", c.CA)
	}
	t.RootCAs = pool
	return t, nil
}
