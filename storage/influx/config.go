package influx

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"lightsout/transport/login"
)

// Config of a Feed.
type Config struct {
	// URL of the server, with http or https; names of Org and Bucket.
	URL, Org, Bucket string
	Token            login.Secret
	// ReadToken reads the token again when it is refused; nil means that it does not change.
	ReadToken func() (login.Secret, error)
	// CA is a file of PEM certificates that are trusted in addition to the system's; empty means only the system's.
	CA string
	// Every n-th telemetry frame is written unless the race sets its own value; 1 means all.
	Every int
	// Lanes is the maximum of concurrent requests. The points of a car stay in one shard and so in order.
	Lanes int
	// A request is sent when it has BatchBytes of line protocol, or after FlushAfter.
	BatchBytes int
	FlushAfter time.Duration
	// Timeout of a request.
	Timeout time.Duration
	// RetryFirst and MaxRetry are the first and the longest pause between attempts: pauses double, with jitter. A race that
	// cannot be read is tried again after MaxRetry.
	RetryFirst, MaxRetry time.Duration
	// Instance is the name of this process among those that write to the bucket, a tag of the engine series.
	Instance string
	// LookUpAfter is how often, and after each outage, it is asked whether the bucket is still the same.
	LookUpAfter time.Duration
	// EngineEvery is the interval of the engine series; 0 means never.
	EngineEvery time.Duration
	// Plain disables compression. On loopback compression costs more than it saves (docs/figures.md).
	Plain bool
	// Wrap wraps the HTTP transport, for drills; nil means none.
	Wrap func(http.RoundTripper) http.RoundTripper
	Log  *slog.Logger
}

// DefaultConfig returns a Config that lacks only the address and the token.
func DefaultConfig() Config {
	return Config{
		Every: 1, Lanes: 4, BatchBytes: 1 << 20, FlushAfter: 500 * time.Millisecond, Timeout: 30 * time.Second,
		RetryFirst: 250 * time.Millisecond, MaxRetry: 15 * time.Second, LookUpAfter: time.Minute, EngineEvery: 5 * time.Second,
		Log: slog.New(slog.DiscardHandler),
	}
}

// Limits of a Config.
const (
	everyMax      = 10_000
	maxShards     = 64
	batchBytesMax = 16 << 20
)

// Validate returns all faults of the Config.
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

// Address returns the server's address without a password in it.
func (c *Config) Address() string {
	u, err := url.Parse(c.URL)
	if err != nil {
		return "an address that cannot be read"
	}
	return u.Redacted()
}

// Loopback reports whether the server is on this machine.
func (c *Config) Loopback() bool {
	u, err := url.Parse(c.URL)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}
