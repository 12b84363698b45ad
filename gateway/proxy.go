package gateway

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// public is the address under which people reach the server, where a reverse proxy stands before it.
type public struct {
	scheme, host string // empty: no proxy is known of
	base         string // the path before ours, with a slash at both ends
}

// ownPaths begin the routes of this server. A base path that began with one of them could not be told from them.
var ownPaths = []string{"actors", "api", "assets", "docs", "graphql", "healthz", "live", "metrics", "race", "readyz"}

// parsePublic reads a public URL; an empty one is a server without a proxy.
func parsePublic(text string) (public, error) {
	p := public{base: "/"}
	if text == "" {
		return p, nil
	}
	wrong := func(what string) (public, error) {
		return public{}, fmt.Errorf("public URL %q %s: expected scheme, host, port and path, such as https://example.com/lights/", text, what)
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return wrong("cannot be read")
	case u.Scheme != "http" && u.Scheme != "https":
		return wrong("is neither http nor https")
	case u.Hostname() == "" || strings.ContainsFunc(u.Hostname(), notInHost):
		return wrong("has no host that a browser would send")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(text, "#"):
		return wrong("has a user, a query or a fragment")
	}
	if port, err := strconv.Atoi(u.Port()); strings.HasSuffix(u.Host, ":") || u.Port() != "" && (err != nil || port < 1 || port > 65535) {
		return wrong("has no port from 1 to 65535")
	}
	p.scheme, p.host = u.Scheme, u.Host
	inner := strings.Trim(u.EscapedPath(), "/")
	if inner == "" {
		return p, nil
	}
	for i, segment := range strings.Split(inner, "/") {
		switch {
		case segment == "" || segment == "." || segment == ".." || strings.ContainsFunc(segment, notInPath):
			return wrong("has a path of more than letters, digits, dots, dashes and underscores")
		case i == 0 && slices.Contains(ownPaths, strings.ToLower(segment)):
			return wrong("has a path that begins as one of this server's own, " + segment)
		}
	}
	p.base = "/" + inner + "/"
	return p, nil
}

func notInPath(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-._~", r)
}

// notInHost takes the colons of IPv6 addresses for a host's; names in other scripts are sent in Punycode.
func notInHost(r rune) bool { return notInPath(r) && r != ':' }

// isHost says that a host, with or without a port, is the public one.
func (p public) isHost(host string) bool {
	return p.host != "" && strings.EqualFold(hostname(host), hostname(p.host))
}

// isLocal says that nobody but this machine reaches the public URL.
func (p public) isLocal() bool { return p.host == "" || loopback(hostname(p.host)) }

// path is a path of ours as people reach it.
func (p public) path(inner string) string { return p.base + strings.TrimPrefix(inner, "/") }

// hostname is a host without its port and brackets.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}

// hostPort is a host with its port, in the letters in which they are compared.
func hostPort(scheme, host string) string {
	port := map[string]string{"http": "80", "https": "443"}[scheme]
	if _, p, err := net.SplitHostPort(host); err == nil {
		port = p
	}
	return strings.ToLower(hostname(host)) + ":" + port
}

// proxies are the networks of those whose X-Forwarded-* headers are believed.
type proxies []netip.Prefix

func parseProxies(list []string) (out proxies, err error) {
	for _, text := range list {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			address, failed := netip.ParseAddr(text)
			if failed != nil || address.Zone() != "" {
				return nil, fmt.Errorf("trusted proxy %q: expected an address or a network, such as 127.0.0.1 or 10.0.0.0/8", text)
			}
			network = netip.PrefixFrom(address.Unmap(), address.Unmap().BitLen())
		}
		out = append(out, network.Masked())
	}
	return out, nil
}

// texts are the networks as Fiber reads them.
func (p proxies) texts() []string {
	out := make([]string, len(p))
	for i, network := range p {
		out[i] = network.String()
	}
	return out
}

func (p proxies) trust(address netip.Addr) bool {
	return slices.ContainsFunc(p, func(network netip.Prefix) bool { return network.Contains(address) })
}

// client is who asked, by what each proxy on the way noted of whom it was asked by: the last one that is no trusted proxy.
// What stands before it may have been made up by that client, and so may all that is no address.
func (p proxies) client(peer netip.Addr, noted []string) netip.Addr {
	client := peer
	for i := len(noted) - 1; i >= 0 && p.trust(client); i-- {
		text := strings.TrimSpace(noted[i])
		address, err := netip.ParseAddr(strings.Trim(text, "[]"))
		if err != nil {
			withPort, failed := netip.ParseAddrPort(text)
			if address = withPort.Addr(); failed != nil {
				break
			}
		}
		if address.Zone() != "" {
			break
		}
		client = address.Unmap()
	}
	return client
}

// forwardedHeaders are those that proxies tell of a request.
var forwardedHeaders = []string{
	fiber.HeaderXForwardedFor, fiber.HeaderXForwardedHost, fiber.HeaderXForwardedProto, fiber.HeaderXForwardedProtocol,
	fiber.HeaderXForwardedSsl, fiber.HeaderXUrlScheme, "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Real-Ip", fiber.HeaderForwarded,
}

// sanitize leaves of the headers of proxies what can be believed, so that all that reads them reads the truth: one client, one host,
// one scheme from a trusted proxy, and nothing at all from others.
func (p proxies) sanitize(ctx *fasthttp.RequestCtx) {
	h := &ctx.Request.Header
	peer, ok := netip.AddrFromSlice(ctx.RemoteIP())
	if peer = peer.Unmap(); !ok || !p.trust(peer) {
		for _, name := range forwardedHeaders {
			h.Del(name)
		}
		return
	}
	h.Set(fiber.HeaderXForwardedFor, p.client(peer, headerList(h, fiber.HeaderXForwardedFor)).String())
	for _, name := range []string{fiber.HeaderXForwardedHost, fiber.HeaderXForwardedProto} {
		if list := headerList(h, name); list != nil { // the nearest proxy's word is the last
			h.Set(name, strings.TrimSpace(list[len(list)-1]))
		}
	}
}

// headerList is a header's list, that may be spread over several lines of it.
func headerList(h *fasthttp.RequestHeader, name string) []string {
	lines := h.PeekAll(name)
	if len(lines) == 0 {
		return nil
	}
	return strings.Split(string(bytes.Join(lines, []byte(","))), ",")
}

// stripBase takes the base path off a request, for proxies that leave it on. It answers by itself where the path ends without its
// slash, since all links of the page are relative to it.
func (p public) stripBase(ctx *fasthttp.RequestCtx) (answered bool) {
	if p.base == "/" {
		return false
	}
	path, asked := string(ctx.URI().PathOriginal()), ""
	if q := ctx.URI().QueryString(); len(q) > 0 {
		asked = "?" + string(q)
	}
	if path+"/" == p.base {
		ctx.Response.Header.Set(fiber.HeaderLocation, p.base+asked)
		ctx.SetStatusCode(fiber.StatusPermanentRedirect)
		return true
	}
	if strings.HasPrefix(path, p.base) {
		ctx.Request.SetRequestURI("/" + strings.TrimLeft(path[len(p.base):], "/") + asked)
	}
	return false
}

// withBase is the page with the path that it is under.
func (p public) withBase(page []byte) []byte {
	page = bytes.ReplaceAll(page, []byte(`name="base-path" content="/"`), []byte(`name="base-path" content="`+p.base+`"`))
	return bytes.ReplaceAll(page, []byte(`"./assets/`), []byte(`"`+p.base+`assets/`))
}
