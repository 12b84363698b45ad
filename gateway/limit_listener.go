package gateway

import (
	linked "container/list"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// Limits of ending a connection, and of retrying accept.
const (
	maxLinger        = time.Second
	maxLingerBytes   = 256 << 10
	firstAcceptPause = 5 * time.Millisecond // doubles with each failure in a row
	maxAcceptPause   = time.Second
	maxRejecting     = 64
)

// tooManyAnswer is the answer to a rejected connection, with the headers of every answer.
var tooManyAnswer = func() string {
	const text = "the server has too many connections\n"
	var out strings.Builder
	fmt.Fprintf(&out, "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nRetry-After: 5\r\nCache-Control: %s\r\n", cacheNever)
	for _, header := range securityHeaders {
		fmt.Fprintf(&out, "%s: %s\r\n", header[0], header[1])
	}
	fmt.Fprintf(&out, "Connection: close\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
	return out.String()
}()

// limitListener bounds open connections, in total and per address. At the limit a new connection evicts the longest idle one;
// connections that serve a request or a spectator are never evicted. Errors of accept, such as EMFILE, are retried, not returned.
type limitListener struct {
	net.Listener
	max, maxEach int
	trusted      proxies // exempt from the limit per address
	m            *metrics

	mu        sync.Mutex
	open      int
	idle      linked.List // of *limitedConn, longest idle first
	byAddress map[string]*addressConns
	rejecting chan struct{} // rejected connections that still get an answer
	closed    chan struct{}
	once      sync.Once
}

// addressConns are the connections of an address.
type addressConns struct {
	open int
	idle linked.List
}

func newLimitListener(l net.Listener, maxTotal, maxEach int, trusted proxies, m *metrics) *limitListener {
	return &limitListener{Listener: l, trusted: trusted, max: maxTotal, maxEach: maxEach, m: m, byAddress: map[string]*addressConns{}, rejecting: make(chan struct{}, maxRejecting), closed: make(chan struct{})}
}

// Accept returns the next connection within the limits.
func (d *limitListener) Accept() (net.Conn, error) {
	for pause := firstAcceptPause; ; {
		conn, err := d.Listener.Accept()
		switch {
		case err == nil:
			pause = firstAcceptPause
			if c := d.admit(conn); c != nil {
				return c, nil
			}
		case errors.Is(err, net.ErrClosed):
			return nil, err
		default: // out of descriptors, or the peer hung up first
			d.m.connectionsRefused.Add(1)
			d.evictLongestIdle()
			select {
			case <-time.After(pause):
				pause = min(2*pause, maxAcceptPause)
			case <-d.closed:
				return nil, net.ErrClosed
			}
		}
	}
}

// Close stops accepting.
func (d *limitListener) Close() error {
	d.once.Do(func() { close(d.closed) })
	return d.Listener.Close()
}

func (d *limitListener) admit(conn net.Conn) net.Conn {
	from := hostOf(conn.RemoteAddr())
	d.mu.Lock()
	own := d.byAddress[from]
	if own == nil {
		own = &addressConns{}
		d.byAddress[from] = own
	}
	var evicted *limitedConn
	full := own.open >= d.maxEach && !d.isTrustedProxy(from)
	switch {
	case full:
		evicted = longestIdle(&own.idle)
	case d.open >= d.max:
		evicted = longestIdle(&d.idle)
	}
	if evicted == nil && (full || d.open >= d.max) {
		d.mu.Unlock()
		d.reject(conn)
		return nil
	}
	if evicted != nil {
		d.forget(evicted)
	}
	c := &limitedConn{Conn: conn, listener: d, own: own, from: from}
	d.open++
	own.open++
	d.markIdle(c)
	d.mu.Unlock()
	if evicted != nil {
		d.m.connectionsRefused.Add(1)
		_ = evicted.Conn.Close()
	}
	return c
}

// isTrustedProxy reports whether an address belongs to a trusted proxy.
func (d *limitListener) isTrustedProxy(from string) bool {
	address, err := netip.ParseAddr(from)
	return err == nil && d.trusted.trust(address.Unmap())
}

// reject answers 503 once the client has sent something: an answer before the request is a protocol error. Beyond maxRejecting
// connections are closed without an answer.
func (d *limitListener) reject(conn net.Conn) {
	d.m.connectionsRefused.Add(1)
	select {
	case d.rejecting <- struct{}{}:
	default:
		_ = conn.Close()
		return
	}
	go func() {
		defer func() { <-d.rejecting }()
		c := &limitedConn{Conn: conn, listener: d, forgotten: true, unread: true}
		defer c.Close() //nolint:errcheck // the client is rejected anyway
		if conn.SetDeadline(time.Now().Add(maxLinger)) != nil {
			return
		}
		if _, err := conn.Read(make([]byte, 1)); err == nil {
			_, _ = io.WriteString(conn, tooManyAnswer)
		}
	}()
}

// evictLongestIdle closes the connection that has been idle longest.
func (d *limitListener) evictLongestIdle() {
	d.mu.Lock()
	evicted := longestIdle(&d.idle)
	if evicted != nil {
		d.forget(evicted)
	}
	d.mu.Unlock()
	if evicted != nil {
		_ = evicted.Conn.Close()
	}
}

func longestIdle(l *linked.List) *limitedConn {
	if l.Front() == nil {
		return nil
	}
	c, _ := l.Front().Value.(*limitedConn)
	return c
}

// markIdle makes a connection evictable. The listener is locked.
func (d *limitListener) markIdle(c *limitedConn) {
	if c.forgotten || c.inAll != nil {
		return
	}
	c.inAll, c.inOwn = d.idle.PushBack(c), c.own.idle.PushBack(c)
}

// unmarkIdle makes a connection unevictable. The listener is locked.
func (d *limitListener) unmarkIdle(c *limitedConn) {
	if c.inAll != nil {
		d.idle.Remove(c.inAll)
		c.own.idle.Remove(c.inOwn)
		c.inAll, c.inOwn = nil, nil
	}
}

// forget stops counting a connection. The listener is locked.
func (d *limitListener) forget(c *limitedConn) {
	if c.forgotten {
		return
	}
	d.unmarkIdle(c)
	c.forgotten = true
	d.open--
	if c.own.open--; c.own.open == 0 {
		delete(d.byAddress, c.from)
	}
}

// state marks a connection idle once fasthttp has written its answer.
func (d *limitListener) state(conn net.Conn, state fasthttp.ConnState) {
	if c, ok := conn.(*limitedConn); ok && state == fasthttp.StateIdle {
		d.mu.Lock()
		d.markIdle(c)
		d.mu.Unlock()
	}
}

// trackRequests marks connections busy while they serve a request. It closes a connection whose request body was not read in full:
// fasthttp would parse the rest of the body as the next request.
func trackRequests(handle fasthttp.RequestHandler) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		c, ours := ctx.Conn().(*limitedConn)
		if ours {
			c.markBusy()
		}
		handle(ctx)
		if ctx.RequestBodyStream() != nil { // wholeBody consumes the stream of every accepted request
			ctx.SetConnectionClose()
			if ours {
				c.unread = true
			}
		}
	}
}

// limitedConn is a connection that counts towards the limits.
type limitedConn struct {
	net.Conn
	listener *limitListener
	own      *addressConns
	from     string

	// Guarded by the listener.
	inAll, inOwn *linked.Element
	forgotten    bool

	unread bool // part of the last request was not read
	ahead  [1]byte
	read   int // bytes of ahead that are not returned yet
	once   sync.Once
}

// markBusy keeps the connection from being evicted while it serves a request.
func (c *limitedConn) markBusy() {
	c.listener.mu.Lock()
	defer c.listener.mu.Unlock()
	c.listener.unmarkIdle(c)
}

// watch calls gone if the client hangs up before done is called. A byte read meanwhile is returned by the next Read.
func (c *limitedConn) watch(gone func()) (done func()) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		n, err := c.Conn.Read(c.ahead[:])
		c.read = n
		if n == 0 && !errors.Is(err, os.ErrDeadlineExceeded) {
			gone()
		}
	}()
	return func() {
		_ = c.SetReadDeadline(time.Unix(1, 0)) // in the past: ends the Read
		<-ended
		_ = c.SetReadDeadline(time.Time{}) // fasthttp sets its own deadline before it reads
	}
}

// Read returns the byte that watch read, then reads on.
func (c *limitedConn) Read(b []byte) (int, error) {
	if c.read > 0 && len(b) > 0 {
		c.read = 0
		b[0] = c.ahead[0]
		return 1, nil
	}
	return c.Conn.Read(b)
}

// Close closes the connection. If request data is still unread it lingers first: closing at once would reset the connection and
// discard the answer.
func (c *limitedConn) Close() error {
	var err error
	c.once.Do(func() {
		c.listener.mu.Lock()
		c.listener.forget(c)
		c.listener.mu.Unlock()
		if c.unread {
			c.linger()
		}
		err = c.Conn.Close()
	})
	return err
}

func (c *limitedConn) linger() {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil || c.SetReadDeadline(time.Now().Add(maxLinger)) != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, c.Conn, maxLingerBytes)
}

func hostOf(addr net.Addr) string {
	host, _, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	return host
}
