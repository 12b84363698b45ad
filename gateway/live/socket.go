package live

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/contrib/websocket"
	"github.com/gofiber/fiber/v2"

	"lightsout/race"
)

// Limits of a live socket.
const (
	maxReadBytes = 512 // of a message from a spectator: its look
	pingEvery    = 20 * time.Second
	pongWait     = 60 * time.Second
)

// Close codes of a live socket. A client reconnects after the last three.
const (
	closeBadRequest = 4400
	closeNotFound   = 4404
	closeTooSlow    = 4408
	closeGoingAway  = 1001
	closeFull       = 1013
)

// Config of Handler. All fields but CatchUp and Await are needed.
type Config struct {
	Hub    *Hub
	Boards Boards
	Seats  Seats
	// PulseEvery is the longest silence towards a spectator.
	PulseEvery time.Duration
	// WriteTimeout is how long a spectator may take to read a message before it is cut.
	WriteTimeout time.Duration
	// LoadTimeout bounds loading a race that the hub does not hold.
	LoadTimeout time.Duration
	// CatchUp is how long a spectator who has seen more than this server waits for it: another server at the same log was ahead. Then
	// it is sent away, to try again. 0 means that there is no other server: it gets a snapshot at once.
	CatchUp time.Duration
	// Await waits until this server has all of a race that the shared log has now; nil without one.
	Await func(ctx context.Context, id race.ID) error
}

// Handler serves /live/{id}. The messages are described in transport/WIRE.md.
func Handler(cfg Config) fiber.Handler {
	l := &sockets{cfg}
	upgrade := websocket.New(l.serve, websocket.Config{EnableCompression: false})
	return func(c *fiber.Ctx) error {
		if !websocket.IsWebSocketUpgrade(c) {
			return fiber.NewError(fiber.StatusUpgradeRequired, "this is a websocket: connect with ws:// and read binary messages")
		}
		c.Locals(addressKey, strings.Clone(c.IP()))
		return upgrade(c)
	}
}

// addressKey is the local that keeps a spectator's address: the request has it only until the upgrade.
const addressKey = "address"

// sockets serves the sockets of spectators.
type sockets struct{ cfg Config }

// serve serves one connection, from the upgrade to its end.
func (l *sockets) serve(conn *websocket.Conn) {
	sock := wsSocket{conn}
	id := race.ID(strings.Clone(conn.Params("id")))
	from, _ := conn.Locals(addressKey).(string)
	if !l.cfg.Seats.Take(from) {
		l.cfg.Hub.m.refused.Add(1)
		sock.CloseWith(closeFull, "the server has as many spectators as it can hold: try again later")
		return
	}
	defer l.cfg.Seats.Leave(from)
	ch, err := l.channel(id)
	switch {
	case errors.Is(err, race.ErrNotFound):
		sock.CloseWith(closeNotFound, "no such race")
		return
	case err != nil:
		sock.CloseWith(closeGoingAway, "the race cannot be shown now")
		return
	}
	s := newSpectator(ch, sock)
	if after := conn.Query("from"); after != "" {
		seq, err := strconv.ParseUint(after, 10, 64)
		if err != nil {
			sock.CloseWith(closeBadRequest, "from must be a sequence number")
			return
		}
		if s.cursor, s.resumed = race.Seq(seq), true; l.cfg.CatchUp > 0 {
			s.patient = time.Now().Add(l.cfg.CatchUp)
		}
	}
	if err := ch.join(s); err != nil {
		sock.CloseWith(closeGoingAway, err.Error())
		return
	}
	var readers sync.WaitGroup
	readers.Go(func() { read(conn, s) })
	readers.Go(func() { ping(conn, s) })
	s.watch(l.cfg.PulseEvery, l.cfg.WriteTimeout)
	s.cut(0, "")
	_ = conn.Close() // ends read
	readers.Wait()   // the library reuses conn once serve returns
}

// channel returns the channel of a race. It loads the race if the hub does not hold it.
func (l *sockets) channel(id race.ID) (*channel, error) {
	if ch := l.cfg.Hub.channel(id); ch != nil {
		return ch, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), l.cfg.LoadTimeout)
	defer cancel()
	info, entries, board, err := l.cfg.Boards.Board(ctx, id)
	if errors.Is(err, race.ErrNotFound) && l.cfg.Await != nil && l.cfg.Await(ctx, id) == nil { // it may be new
		info, entries, board, err = l.cfg.Boards.Board(ctx, id)
	}
	if err != nil {
		return nil, err
	}
	return l.cfg.Hub.open(info, entries, board), nil
}

// read reads a spectator's looks and its answers to pings. It cuts the spectator when the client hangs up or stops answering.
func read(conn *websocket.Conn, s *spectator) {
	conn.SetReadLimit(maxReadBytes)
	extend := func(string) error { return conn.SetReadDeadline(time.Now().Add(pongWait)) }
	conn.SetPongHandler(extend)
	_ = extend("") // if it fails, so does ReadMessage
	for {
		kind, data, err := conn.ReadMessage()
		if err != nil {
			s.cut(0, "")
			return
		}
		look, err := s.ch.hub.enc.DecodeLook(data)
		if kind != websocket.BinaryMessage || err != nil {
			s.cut(closeBadRequest, "a spectator says what it looks at: message 7 of the wire")
			return
		}
		s.ch.look(s, look)
	}
}

// ping pings the client until the spectator is cut. read notices a client that does not answer.
func ping(conn *websocket.Conn, s *spectator) {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.end:
			return
		case <-tick.C:
			_ = conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second))
		}
	}
}

// wsSocket is a websocket as a spectator's socket.
type wsSocket struct{ conn *websocket.Conn }

// Send writes one binary message.
func (w wsSocket) Send(data []byte, deadline time.Time) error {
	if err := w.conn.SetWriteDeadline(deadline); err != nil {
		return err
	}
	return w.conn.WriteMessage(websocket.BinaryMessage, data)
}

// CloseWith sends a close code. A failure does not matter: the connection ends next.
func (w wsSocket) CloseWith(code int, reason string) {
	_ = w.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(time.Second))
}
