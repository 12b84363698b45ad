package gateway

import (
	"errors"
	"fmt"
	"net"
	"time"
)

// Config of a Server.
type Config struct {
	// Addr to listen on; port 0 takes a free one. Loopback by default.
	Addr string
	// Token that everything needs that changes something; it must be set where Addr is not loopback.
	Token string
	// ConnectionsMax bounds connections, SpectatorsMax those that watch a race; ConnectionsEachMax and SpectatorsEachMax what one
	// address may have of them.
	ConnectionsMax, ConnectionsEachMax, SpectatorsMax, SpectatorsEachMax int
	// PublicURL is where a reverse proxy shows the server: scheme, host, port and path. Empty: there is none.
	PublicURL string
	// TrustedProxies are addresses and networks of proxies whose X-Forwarded-* headers are believed. Empty: nobody's are.
	TrustedProxies []string
	// BodyMax bounds a request's body, in bytes, as it is sent; UnpackedMax what it may become when it is decompressed.
	BodyMax, UnpackedMax int
	// ReadTimeout and IdleTimeout of HTTP connections.
	ReadTimeout, IdleTimeout time.Duration
	// WriteTimeout is how long a spectator may take to read what was sent before it is cut.
	WriteTimeout time.Duration
	// PulseEvery is the longest silence towards a spectator.
	PulseEvery time.Duration
}

// DefaultConfig serves on loopback.
func DefaultConfig() Config {
	return Config{
		Addr: "127.0.0.1:8080", ConnectionsMax: 10_000, ConnectionsEachMax: 2_500, SpectatorsMax: 5_000, SpectatorsEachMax: 2_000,
		BodyMax: 4 << 20, UnpackedMax: 16 << 20, ReadTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
		WriteTimeout: 10 * time.Second, PulseEvery: time.Second,
	}
}

// Validate reports every fault.
func (c Config) Validate() error {
	var faults []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	host, _, err := net.SplitHostPort(c.Addr)
	check(err == nil, "address %q: expected host:port, such as 127.0.0.1:8080", c.Addr)
	check(err != nil || loopback(host) || c.Token != "",
		"address %q can be reached from other machines: it needs a token for everything that changes something", c.Addr)
	for _, most := range []struct {
		of  string
		num int
	}{
		{"connections", c.ConnectionsMax}, {"connections of an address", c.ConnectionsEachMax},
		{"spectators", c.SpectatorsMax}, {"spectators of an address", c.SpectatorsEachMax},
	} {
		check(most.num > 0, "the limit of %s is %d: allowed are 1 and more", most.of, most.num)
	}
	if c.Token != "" {
		faults = append(faults, checkToken(c.Token))
	}
	public, wrong := parsePublic(c.PublicURL)
	faults = append(faults, wrong)
	check(wrong != nil || public.local() || c.Token != "",
		"public URL %q can be reached from other machines: it needs a token for everything that changes something", c.PublicURL)
	_, wrong = parseProxies(c.TrustedProxies)
	faults = append(faults, wrong)
	check(c.BodyMax > 0, "the body limit is %d: allowed are 1 and more", c.BodyMax)
	check(c.UnpackedMax >= c.BodyMax, "the limit of an unpacked body is %d: allowed are %d and more", c.UnpackedMax, c.BodyMax)
	check(c.WriteTimeout > 0 && c.PulseEvery > 0, "write timeout and pulse must be above 0")
	return errors.Join(faults...)
}

// loopback says that a host name is this machine's own.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
