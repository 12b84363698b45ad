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

// Limits of how a connection ends, and of waiting for room.
const (
	lingerTime  = time.Second
	lingerBytes = 256 << 10
	acceptFirst = 5 * time.Millisecond // doubled with each failure in a row
	acceptMost  = time.Second
	tellingMost = 64
)

// tooMany answers who finds no room, with the headers of every answer.
var tooMany = func() string {
	const text = "the server has too many connections\n"
	var out strings.Builder
	fmt.Fprintf(&out, "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nRetry-After: 5\r\nCache-Control: %s\r\n", cacheNever)
	for _, header := range securing {
		fmt.Fprintf(&out, "%s: %s\r\n", header[0], header[1])
	}
	fmt.Fprintf(&out, "Connection: close\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
	return out.String()
}()

// door lets connections in while there is room, in all and for each address. Where there is none, the connection that has waited
// longest for a request makes room; one that is being answered, or watches a race, stays. Accepting never ends for a lack of
// descriptors.
type door struct {
	net.Listener
	most, mostEach int
	spared         proxies // for which many ask
	m              *Metrics

	mu      sync.Mutex
	open    int
	waiting linked.List // of *caller, the longest first
	of      map[string]*callers
	telling chan struct{} // those who are told that there is no room
	closed  chan struct{}
	once    sync.Once
}

// callers are the connections of an address.
type callers struct {
	open    int
	waiting linked.List
}

func newDoor(l net.Listener, most, mostEach int, spared proxies, m *Metrics) *door {
	return &door{Listener: l, spared: spared, most: most, mostEach: mostEach, m: m, of: map[string]*callers{}, telling: make(chan struct{}, tellingMost), closed: make(chan struct{})}
}

// Accept gives the next connection there is room for.
func (d *door) Accept() (net.Conn, error) {
	for pause := acceptFirst; ; {
		conn, err := d.Listener.Accept()
		switch {
		case err == nil:
			pause = acceptFirst
			if c := d.admit(conn); c != nil {
				return c, nil
			}
		case errors.Is(err, net.ErrClosed):
			return nil, err //nolint:wrapcheck // fasthttp knows it
		default: // no descriptor, or gone before it was taken
			d.m.turnedAway.Add(1)
			d.makeRoom()
			select {
			case <-time.After(pause):
				pause = min(2*pause, acceptMost)
			case <-d.closed:
				return nil, net.ErrClosed
			}
		}
	}
}

// Close ends the accepting.
func (d *door) Close() error {
	d.once.Do(func() { close(d.closed) })
	return d.Listener.Close() //nolint:wrapcheck // of the listener it stands for
}

func (d *door) admit(conn net.Conn) net.Conn {
	from := hostOf(conn.RemoteAddr())
	d.mu.Lock()
	own := d.of[from]
	if own == nil {
		own = &callers{}
		d.of[from] = own
	}
	var leaves *caller
	full := own.open >= d.mostEach && !d.spares(from)
	switch {
	case full:
		leaves = longest(&own.waiting)
	case d.open >= d.most:
		leaves = longest(&d.waiting)
	}
	if leaves == nil && (full || d.open >= d.most) {
		d.mu.Unlock()
		d.turnAway(conn)
		return nil
	}
	if leaves != nil {
		d.forget(leaves)
	}
	c := &caller{Conn: conn, door: d, own: own, from: from}
	d.open++
	own.open++
	d.wait(c)
	d.mu.Unlock()
	if leaves != nil {
		d.m.turnedAway.Add(1)
		_ = leaves.Conn.Close()
	}
	return c
}

// spares says that an address is a trusted proxy's.
func (d *door) spares(from string) bool {
	address, err := netip.ParseAddr(from)
	return err == nil && d.spared.trust(address.Unmap())
}

// turnAway says that there is no room, once something was asked: an answer before that is none. So many at once are told, the others
// are hung up on.
func (d *door) turnAway(conn net.Conn) {
	d.m.turnedAway.Add(1)
	select {
	case d.telling <- struct{}{}:
	default:
		_ = conn.Close()
		return
	}
	go func() {
		defer func() { <-d.telling }()
		c := &caller{Conn: conn, door: d, gone: true, unread: true}
		defer c.Close() //nolint:errcheck // it is not wanted
		if conn.SetDeadline(time.Now().Add(lingerTime)) != nil {
			return
		}
		if _, err := conn.Read(make([]byte, 1)); err == nil {
			_, _ = io.WriteString(conn, tooMany)
		}
	}()
}

// makeRoom ends the connection that has waited longest for a request.
func (d *door) makeRoom() {
	d.mu.Lock()
	leaves := longest(&d.waiting)
	if leaves != nil {
		d.forget(leaves)
	}
	d.mu.Unlock()
	if leaves != nil {
		_ = leaves.Conn.Close()
	}
}

func longest(l *linked.List) *caller {
	if l.Front() == nil {
		return nil
	}
	c, _ := l.Front().Value.(*caller)
	return c
}

// wait puts a connection behind those that wait for a request. The door is locked.
func (d *door) wait(c *caller) {
	if c.gone || c.inAll != nil {
		return
	}
	c.inAll, c.inOwn = d.waiting.PushBack(c), c.own.waiting.PushBack(c)
}

// busy takes a connection from those that wait. The door is locked.
func (d *door) busy(c *caller) {
	if c.inAll != nil {
		d.waiting.Remove(c.inAll)
		c.own.waiting.Remove(c.inOwn)
		c.inAll, c.inOwn = nil, nil
	}
}

// forget counts a connection no more. The door is locked.
func (d *door) forget(c *caller) {
	if c.gone {
		return
	}
	d.busy(c)
	c.gone = true
	d.open--
	if c.own.open--; c.own.open == 0 {
		delete(d.of, c.from)
	}
}

// state follows what fasthttp does with a connection: an answer is written before it waits again.
func (d *door) state(conn net.Conn, state fasthttp.ConnState) {
	if c, ok := conn.(*caller); ok && state == fasthttp.StateIdle {
		d.mu.Lock()
		d.wait(c)
		d.mu.Unlock()
	}
}

// attend has the door know which connections are being answered, and ends those after the answer whose body was not read as a
// whole: fasthttp would take what is left of it for the next request.
func attend(handle fasthttp.RequestHandler) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		c, ours := ctx.Conn().(*caller)
		if ours {
			c.asks()
		}
		handle(ctx)
		if ctx.RequestBodyStream() != nil { // wholeBody takes it away
			ctx.SetConnectionClose()
			if ours {
				c.unread = true
			}
		}
	}
}

// caller is a connection that was let in.
type caller struct {
	net.Conn
	door *door
	own  *callers
	from string

	// Of the door, and locked by it.
	inAll, inOwn *linked.Element
	gone         bool

	unread bool // of the last request something was not read
	ahead  [1]byte
	read   int // of ahead
	once   sync.Once
}

// asks says that a request of it is being answered.
func (c *caller) asks() {
	c.door.mu.Lock()
	defer c.door.mu.Unlock()
	c.door.busy(c)
}

// watch calls gone if the other side goes before what it gives is called. What is read of it meanwhile is read again later.
func (c *caller) watch(gone func()) (done func()) {
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
		_ = c.SetReadDeadline(time.Unix(1, 0)) // long ago: the reading ends
		<-ended
		_ = c.SetReadDeadline(time.Time{}) // fasthttp sets its own before it reads
	}
}

// Read reads what was read while it was being answered first.
func (c *caller) Read(b []byte) (int, error) {
	if c.read > 0 && len(b) > 0 {
		c.read = 0
		b[0] = c.ahead[0]
		return 1, nil
	}
	return c.Conn.Read(b) //nolint:wrapcheck // of the connection it stands for
}

// Close ends the connection. Where the other side is still sending what nobody reads, it is given the time to read its answer: the
// system would throw that away.
func (c *caller) Close() error {
	var err error
	c.once.Do(func() {
		c.door.mu.Lock()
		c.door.forget(c)
		c.door.mu.Unlock()
		if c.unread {
			c.linger()
		}
		err = c.Conn.Close()
	})
	return err
}

func (c *caller) linger() {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil || c.SetReadDeadline(time.Now().Add(lingerTime)) != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, c.Conn, lingerBytes)
}

func hostOf(addr net.Addr) string {
	host, _, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	return host
}
