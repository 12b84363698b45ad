package gateway

import (
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
	readMax   = 512 // a spectator says what it looks at
	pingEvery = 20 * time.Second
	pongWait  = 60 * time.Second
)

// live answers /live/{id}: see transport/WIRE.md for what is sent.
func (s *Server) live() fiber.Handler {
	upgrade := websocket.New(s.watch, websocket.Config{EnableCompression: false})
	return func(c *fiber.Ctx) error {
		if !websocket.IsWebSocketUpgrade(c) {
			return refuse(fiber.StatusUpgradeRequired, "this is a websocket: connect with ws:// and read binary messages")
		}
		c.Locals(callerKey, strings.Clone(c.IP()))
		return upgrade(c)
	}
}

// callerKey is where the address of a spectator is kept, which its request gives while it lasts.
const callerKey = "caller"

// wsSocket is a websocket as the spectator's socket.
type wsSocket struct{ conn *websocket.Conn }

// Send writes one binary message.
func (w wsSocket) Send(data []byte, deadline time.Time) error {
	if err := w.conn.SetWriteDeadline(deadline); err != nil {
		return err
	}
	return w.conn.WriteMessage(websocket.BinaryMessage, data)
}

// CloseWith says goodbye; what is left to fail then does not matter.
func (w wsSocket) CloseWith(code int, reason string) {
	_ = w.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(time.Second))
}

// watch is one spectator's connection, from the upgrade to its end.
func (s *Server) watch(conn *websocket.Conn) {
	sock := wsSocket{conn}
	id := race.ID(strings.Clone(conn.Params("id")))
	from, _ := conn.Locals(callerKey).(string)
	if !s.seats.take(from) {
		s.m.spectatorsRefused.Add(1)
		sock.CloseWith(closeFull, "the server has as many spectators as it can hold: try again later")
		return
	}
	defer s.seats.leave(from)
	st, err := s.channelOf(id)
	switch {
	case errors.Is(err, race.ErrNotFound):
		sock.CloseWith(closeNotFound, "no such race")
		return
	case err != nil:
		sock.CloseWith(closeGoingAway, "the race cannot be shown now")
		return
	}
	v := newSpectator(st, sock)
	if after := conn.Query("from"); after != "" {
		seq, err := strconv.ParseUint(after, 10, 64)
		if err != nil {
			sock.CloseWith(closeBadRequest, "from must be a sequence number")
			return
		}
		v.cursor, v.resumed = race.Seq(seq), true
	}
	if err := st.join(v); err != nil {
		sock.CloseWith(closeGoingAway, err.Error())
		return
	}
	var beside sync.WaitGroup
	beside.Go(func() { drain(conn, v) })
	beside.Go(func() { ping(conn, v) })
	v.watch(s.cfg.PulseEvery, s.cfg.WriteTimeout)
	v.cut(0, "")
	_ = conn.Close() // ends the reading
	beside.Wait()    // the library hands the connection's place to another one once this returns
}

// drain reads what a spectator sends, answers to pings and what it looks at, and notices when it has gone.
func drain(conn *websocket.Conn, v *spectator) {
	conn.SetReadLimit(readMax)
	extend := func(string) error { return conn.SetReadDeadline(time.Now().Add(pongWait)) }
	conn.SetPongHandler(extend)
	_ = extend("") // a deadline that cannot be set shows in the read
	for {
		kind, data, err := conn.ReadMessage()
		if err != nil {
			v.cut(0, "")
			return
		}
		look, err := v.st.hub.enc.DecodeLook(data)
		if kind != websocket.BinaryMessage || err != nil {
			v.cut(closeBadRequest, "a spectator says what it looks at: message 7 of the wire")
			return
		}
		v.st.look(v, look)
	}
}

// ping makes a spectator answer now and then; that it has gone shows in the reading.
func ping(conn *websocket.Conn, v *spectator) {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-v.end:
			return
		case <-tick.C:
			_ = conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second))
		}
	}
}

// channelOf is a race on the hub; one that is over is put there again.
func (s *Server) channelOf(id race.ID) (*channel, error) {
	if st := s.deps.Hub.channel(id); st != nil {
		return st, nil
	}
	ctx, cancel := contextFor(s.cfg.ReadTimeout)
	defer cancel()
	head, entries, board, err := s.deps.Standings.Board(ctx, id)
	if err != nil {
		return nil, err
	}
	return s.deps.Hub.open(head, entries, board), nil
}
