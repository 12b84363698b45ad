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

// public is the address of the server as its users see it, behind a reverse proxy.
type public struct {
	scheme, host string // empty without a proxy
	base         string // path of the server, with a slash at both ends
}

// ownPaths begin the routes of this server. A base path must not begin with one: stripBase could not tell it from a route.
var ownPaths = []string{"actors", "api", "assets", "docs", "graphql", "healthz", "live", "metrics", "race", "readyz"}

// parsePublic parses a public URL. An empty one means no proxy.
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

// notInHost allows colons, for IPv6 addresses. Browsers send names in other scripts as Punycode.
func notInHost(r rune) bool { return notInPath(r) && r != ':' }

// isHost reports whether a host, with or without a port, is the public one.
func (p public) isHost(host string) bool {
	return p.host != "" && strings.EqualFold(hostname(host), hostname(p.host))
}

// isLocal reports whether only this machine reaches the public URL.
func (p public) isLocal() bool { return p.host == "" || loopback(hostname(p.host)) }

// path returns a path of the server as its users see it.
func (p public) path(inner string) string { return p.base + strings.TrimPrefix(inner, "/") }

// hostname returns a host without port and brackets.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}

// hostPort returns a host with its port in lower case, for comparison.
func hostPort(scheme, host string) string {
	port := map[string]string{"http": "80", "https": "443"}[scheme]
	if _, p, err := net.SplitHostPort(host); err == nil {
		port = p
	}
	return strings.ToLower(hostname(host)) + ":" + port
}

// proxies are the networks whose X-Forwarded-* headers count.
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

// texts returns the networks as Fiber reads them.
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

// client returns the address of the client: the right-most address in the chain that is no trusted proxy. What stands left of it
// is the client's own claim, as is anything that is no address.
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

// forwardedHeaders are the headers in which proxies describe a request.
var forwardedHeaders = []string{
	fiber.HeaderXForwardedFor, fiber.HeaderXForwardedHost, fiber.HeaderXForwardedProto, fiber.HeaderXForwardedProtocol,
	fiber.HeaderXForwardedSsl, fiber.HeaderXUrlScheme, "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Real-Ip", fiber.HeaderForwarded,
}

// sanitize reduces the headers of proxies to what can be trusted: one client, one host and one scheme from a trusted proxy, and
// nothing from others.
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
		if list := headerList(h, name); list != nil { // the nearest proxy wrote the last one
			h.Set(name, strings.TrimSpace(list[len(list)-1]))
		}
	}
}

// headerList returns the values of a header that may have several lines.
func headerList(h *fasthttp.RequestHeader, name string) []string {
	lines := h.PeekAll(name)
	if len(lines) == 0 {
		return nil
	}
	return strings.Split(string(bytes.Join(lines, []byte(","))), ",")
}

// stripBase removes the base path, for proxies that pass it on. It redirects the base path without its slash, since all links of
// the page are relative to it.
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

// withBase returns the page with the base path written into it.
func (p public) withBase(page []byte) []byte {
	page = bytes.ReplaceAll(page, []byte(`name="base-path" content="/"`), []byte(`name="base-path" content="`+p.base+`"`))
	return bytes.ReplaceAll(page, []byte(`"./assets/`), []byte(`"`+p.base+`assets/`))
}
