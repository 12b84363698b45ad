package gateway

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
)

// Limits of those who guess the token. The first wrong one costs nothing: it is a slip of the pen.
const (
	guessWait    = 250 * time.Millisecond // of the second; it doubles with each further one
	guessWaitMax = 4 * time.Second
	guessesHeld  = 8                // of an address that wait for their answers
	guessesKnown = 10_000           // addresses; beyond them all others are one
	guessQuiet   = 10 * time.Minute // after which an address begins anew
	tokenMost    = 1024
)

// checkToken says what is wrong with a token: it is sent in a header, as one word.
func checkToken(token string) error {
	switch {
	case strings.TrimSpace(token) == "":
		return errors.New("the token is blank: expected a word that nobody guesses, such as 32 random letters and digits")
	case len(token) > tokenMost:
		return fmt.Errorf("the token has %d characters: allowed are %d", len(token), tokenMost)
	case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return errors.New("the token has spaces, or characters that no header may have: expected one word of ASCII")
	}
	return nil
}

// guesses are the wrong tokens that came from an address in a row.
type guesses struct {
	wrong, waiting int
	last           time.Time
}

// guard knows the token, and slows down those who guess it.
type guard struct {
	want [sha256.Size]byte

	mu   sync.Mutex
	from map[netip.Prefix]*guesses
}

func newGuard(token string) *guard {
	return &guard{want: sha256.Sum256([]byte(token)), from: map[netip.Prefix]*guesses{}}
}

// is compares hashes, in a time that tells neither how much of a token is right nor how long it is.
func (g *guard) is(token string) bool {
	given := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(given[:], g.want[:]) == 1
}

// guessers are the addresses that count as one guesser: a household has a whole /64 of IPv6.
func guessers(address string) netip.Prefix {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return netip.Prefix{}
	}
	bits := min(64, a.BitLen())
	network, err := a.WithZone("").Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return network
}

// of finds an address's guesses; it is nil where there are none and none are begun. The caller holds the lock.
func (g *guard) of(who netip.Prefix, begin bool) *guesses {
	known := g.from[who]
	if known != nil && known.waiting == 0 && time.Since(known.last) > guessQuiet {
		delete(g.from, who)
		known = nil
	}
	if known != nil || !begin {
		return known
	}
	if len(g.from) >= guessesKnown {
		for other, k := range g.from {
			if k.waiting == 0 && time.Since(k.last) > guessQuiet {
				delete(g.from, other)
			}
		}
	}
	if len(g.from) >= guessesKnown {
		who = netip.Prefix{}
	}
	if g.from[who] == nil {
		g.from[who] = &guesses{}
	}
	return g.from[who]
}

// busy says that so many wrong ones wait that no other is looked at.
func (g *guard) busy(who netip.Prefix) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	known := g.of(who, false)
	return known != nil && known.waiting >= guessesHeld
}

// right forgets what was wrong before.
func (g *guard) right(who netip.Prefix) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if known := g.from[who]; known != nil && known.waiting == 0 {
		delete(g.from, who)
	} else if known != nil {
		known.wrong = 0
	}
}

// wrong counts a wrong token, and waits before it may be answered.
func (g *guard) wrong(who netip.Prefix, end <-chan struct{}) {
	g.mu.Lock()
	known := g.of(who, true)
	known.wrong++
	known.waiting++
	known.last = time.Now()
	wait := time.Duration(0)
	if known.wrong > 1 {
		wait = min(guessWaitMax, guessWait<<min(known.wrong-2, 10))
	}
	g.mu.Unlock()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-end:
	}
	g.mu.Lock()
	known.waiting--
	g.mu.Unlock()
}

// needToken refuses who does not know the token. Who sends none is told of it and no more: a page asks so before it asks its
// visitor.
func (s *Server) needToken(c *fiber.Ctx) error {
	header := c.Get(fiber.HeaderAuthorization)
	if header == "" {
		c.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="Lights Out"`)
		return refuse(fiber.StatusUnauthorized, "this needs the header Authorization: Bearer TOKEN with the server's token")
	}
	who := guessers(c.IP())
	if s.guard.busy(who) {
		return refuse(fiber.StatusTooManyRequests, fmt.Sprintf("%d wrong tokens from %s wait for their answers", guessesHeld, c.IP()))
	}
	scheme, token, _ := strings.Cut(header, " ")
	if strings.EqualFold(scheme, "Bearer") && s.guard.is(strings.TrimSpace(token)) {
		s.guard.right(who)
		return nil
	}
	s.deps.Log.Warn("a wrong token was sent",
		slog.String("from", strings.Clone(c.IP())), slog.String("method", c.Method()), slog.String("path", strings.Clone(c.Path())))
	s.guard.wrong(who, c.Context().Done())
	c.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="Lights Out", error="invalid_token"`)
	return refuse(fiber.StatusUnauthorized, "the token is wrong: expected Authorization: Bearer TOKEN with the server's token")
}
