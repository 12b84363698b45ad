package gateway

import (
	"errors"
	"fmt"
	"net"
	"time"
)

// Config of a Server.
type Config struct {
	// Addr is the address to listen on, loopback by default. Port 0 takes a free one.
	Addr string
	// Token is required of every request that changes something. It must be set if Addr is not loopback.
	Token string
	// DrillToken allows drills and nothing else; Token allows them as well. Empty means that there is no such token.
	DrillToken string
	// MaxConnections bounds open connections, and MaxSpectators those of spectators; MaxConnectionsEach and MaxSpectatorsEach
	// bound them per address.
	MaxConnections, MaxConnectionsEach, MaxSpectators, MaxSpectatorsEach int
	// PublicURL is where a reverse proxy publishes the server: scheme, host, port and path. Empty means that there is no proxy.
	PublicURL string
	// TrustedProxies are addresses and networks of the proxies whose X-Forwarded-* headers count. Empty means none.
	TrustedProxies []string
	// MaxBody bounds a request's body as it is sent, MaxUnpacked after decompression, both in bytes.
	MaxBody, MaxUnpacked int
	// ReadTimeout and IdleTimeout are those of HTTP connections.
	ReadTimeout, IdleTimeout time.Duration
	// WriteTimeout is how long a spectator may take to read a message before it is cut.
	WriteTimeout time.Duration
	// PulseEvery is the longest silence towards a spectator.
	PulseEvery time.Duration
}

// DefaultConfig listens on loopback.
func DefaultConfig() Config {
	return Config{
		Addr: "127.0.0.1:8080", MaxConnections: 10_000, MaxConnectionsEach: 2_500, MaxSpectators: 5_000, MaxSpectatorsEach: 2_000,
		MaxBody: 4 << 20, MaxUnpacked: 16 << 20, ReadTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
		WriteTimeout: 10 * time.Second, PulseEvery: time.Second,
	}
}

// Validate reports every fault.
func (c Config) Validate() error {
	var faults []error
	host, _, err := net.SplitHostPort(c.Addr)
	if err == nil && !loopback(host) && c.Token == "" {
		faults = append(faults, fmt.Errorf("address %q can be reached from other machines: it needs a token for everything that changes something", c.Addr))
	}
	public, err := parsePublic(c.PublicURL)
	if err == nil && !public.isLocal() && c.Token == "" {
		faults = append(faults, fmt.Errorf("public URL %q can be reached from other machines: it needs a token for everything that changes something", c.PublicURL))
	}
	return errors.Join(append(faults, c.ValidateStatus())...)
}

// ValidateStatus reports every fault of the configuration of a status server. It needs no token, for it changes nothing.
func (c Config) ValidateStatus() error {
	var faults []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	_, _, err := net.SplitHostPort(c.Addr)
	check(err == nil, "address %q: expected host:port, such as 127.0.0.1:8080", c.Addr)
	for _, limit := range []struct {
		name  string
		value int
	}{
		{"connections", c.MaxConnections}, {"connections of an address", c.MaxConnectionsEach},
		{"spectators", c.MaxSpectators}, {"spectators of an address", c.MaxSpectatorsEach},
	} {
		check(limit.value > 0, "the limit.name %s is %d: allowed are 1 and more", limit.name, limit.value)
	}
	if c.Token != "" {
		faults = append(faults, checkToken(c.Token))
	}
	if c.DrillToken != "" {
		faults = append(faults, checkToken(c.DrillToken))
		check(c.DrillToken != c.Token, "the token for drills is the server's token: allowed is another one")
	}
	_, wrong := parsePublic(c.PublicURL)
	faults = append(faults, wrong)
	_, wrong = parseProxies(c.TrustedProxies)
	faults = append(faults, wrong)
	check(c.MaxBody > 0, "the body limit is %d: allowed are 1 and more", c.MaxBody)
	check(c.MaxUnpacked >= c.MaxBody, "the limit.name an unpacked body is %d: allowed are %d and more", c.MaxUnpacked, c.MaxBody)
	check(c.WriteTimeout > 0 && c.PulseEvery > 0, "write timeout and pulse must be above 0")
	return errors.Join(faults...)
}

// loopback reports whether a host name is this machine's own.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
