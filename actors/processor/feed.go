package processor

import (
	"log/slog"
	"time"

	"github.com/anthdm/hollywood/actor"

	"lightsout/actors/supervise"
)

// Feed copies what is durable into another store, at its own pace. It outlives the actor that drives it: what is in flight arrives and is
// noted whether or not Next is called again.
type Feed interface {
	// Next feeds a stretch from another goroutine and then calls ready; busy says that there is more. Of calls that are waiting, only the newest
	// counts. Next never blocks.
	Next(ready func(busy bool, err error))
}

// FeedConfig is what a feed's actor needs.
type FeedConfig struct {
	Feed Feed
	Log  *slog.Logger
	// Idle is how long to wait when there was nothing to feed; 0 means 200 ms.
	Idle time.Duration
}

const feedIdle = 200 * time.Millisecond

// feeder drives a Feed. It keeps no state, so a restart loses nothing: each incarnation asks for the next stretch. While the other store is
// away the Feed waits, and the actor is idle.
type feeder struct {
	cfg         FeedConfig
	incarnation incarnation
}

// FeedProducer makes the root actor of a feed.
func FeedProducer(cfg FeedConfig) supervise.Producer {
	if cfg.Idle <= 0 {
		cfg.Idle = feedIdle
	}
	return func() supervise.Actor { return &feeder{cfg: cfg, incarnation: newIncarnation()} }
}

// fed says that a stretch was fed; goOn that the next one is due. They are for the incarnation that asked.
type (
	fed struct {
		incarnation incarnation
		busy        bool
		err         error
	}
	goOn struct{ incarnation incarnation }
)

// Fed reports whether a message of a feed's actor says that a stretch has arrived.
func Fed(msg any) bool {
	f, ok := msg.(fed)
	return ok && f.err == nil
}

// Receive asks for one stretch after another.
func (f *feeder) Receive(c supervise.Context) {
	switch msg := c.Message().(type) {
	case actor.Started:
		f.next(c)
	case fed:
		if msg.incarnation == f.incarnation {
			f.after(c, msg)
		}
	case goOn:
		if msg.incarnation == f.incarnation {
			f.next(c)
		}
	}
}

func (f *feeder) next(c supervise.Context) {
	self, incarnation := c.Self(), f.incarnation
	f.cfg.Feed.Next(func(busy bool, err error) { self(fed{incarnation, busy, err}) })
}

func (f *feeder) after(c supervise.Context, msg fed) {
	switch {
	case msg.err != nil:
		f.cfg.Log.Error("the feed cannot go on now", slog.Any("err", msg.err))
		c.After(retryAfter, goOn{f.incarnation})
	case msg.busy:
		f.next(c)
	default:
		c.After(f.cfg.Idle, goOn{f.incarnation})
	}
}
