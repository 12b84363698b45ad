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
	firstGuessWait    = 250 * time.Millisecond // of the second; it doubles with each further one
	maxGuessWait      = 4 * time.Second
	maxGuessesWaiting = 8                // of an address that wait for their answers
	maxGuessers       = 10_000           // addresses; beyond them all others are one
	guessesForgotten  = 10 * time.Minute // after which an address begins anew
	maxToken          = 1024
)

// checkToken says what is wrong with a token: it is sent in a header, as one word.
func checkToken(token string) error {
	switch {
	case strings.TrimSpace(token) == "":
		return errors.New("the token is blank: expected a word that nobody guesses, such as 32 random letters and digits")
	case len(token) > maxToken:
		return fmt.Errorf("the token has %d characters: allowed are %d", len(token), maxToken)
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
	hash [sha256.Size]byte

	mu        sync.Mutex
	byNetwork map[netip.Prefix]*guesses
}

func newGuard(token string) *guard {
	return &guard{hash: sha256.Sum256([]byte(token)), byNetwork: map[netip.Prefix]*guesses{}}
}

// matches compares hashes, in a time that tells neither how much of a token is right nor how long it is.
func (g *guard) matches(token string) bool {
	given := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(given[:], g.hash[:]) == 1
}

// networkOf are the addresses that count as one guesser: a household has a whole /64 of IPv6.
func networkOf(address string) netip.Prefix {
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

// guesses finds an address's guesses; it is nil where there are none and none are begun. The caller holds the lock.
func (g *guard) guesses(who netip.Prefix, begin bool) *guesses {
	known := g.byNetwork[who]
	if known != nil && known.waiting == 0 && time.Since(known.last) > guessesForgotten {
		delete(g.byNetwork, who)
		known = nil
	}
	if known != nil || !begin {
		return known
	}
	if len(g.byNetwork) >= maxGuessers {
		for other, k := range g.byNetwork {
			if k.waiting == 0 && time.Since(k.last) > guessesForgotten {
				delete(g.byNetwork, other)
			}
		}
	}
	if len(g.byNetwork) >= maxGuessers {
		who = netip.Prefix{}
	}
	if g.byNetwork[who] == nil {
		g.byNetwork[who] = &guesses{}
	}
	return g.byNetwork[who]
}

// busy says that so many wrong ones wait that no other is looked at.
func (g *guard) busy(who netip.Prefix) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	known := g.guesses(who, false)
	return known != nil && known.waiting >= maxGuessesWaiting
}

// reset forgets what was wrong before.
func (g *guard) reset(who netip.Prefix) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if known := g.byNetwork[who]; known != nil && known.waiting == 0 {
		delete(g.byNetwork, who)
	} else if known != nil {
		known.wrong = 0
	}
}

// delay counts a wrong token, and waits before it may be answered.
func (g *guard) delay(who netip.Prefix, end <-chan struct{}) {
	g.mu.Lock()
	known := g.guesses(who, true)
	known.wrong++
	known.waiting++
	known.last = time.Now()
	wait := time.Duration(0)
	if known.wrong > 1 {
		wait = min(maxGuessWait, firstGuessWait<<min(known.wrong-2, 10))
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
	who := networkOf(c.IP())
	if s.guard.busy(who) {
		return refuse(fiber.StatusTooManyRequests, fmt.Sprintf("%d wrong tokens from %s wait for their answers", maxGuessesWaiting, c.IP()))
	}
	scheme, token, _ := strings.Cut(header, " ")
	if strings.EqualFold(scheme, "Bearer") && s.guard.matches(strings.TrimSpace(token)) {
		s.guard.reset(who)
		return nil
	}
	s.deps.Log.Warn("a wrong token was sent",
		slog.String("from", strings.Clone(c.IP())), slog.String("method", c.Method()), slog.String("path", strings.Clone(c.Path())))
	s.guard.delay(who, c.Context().Done())
	c.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="Lights Out", error="invalid_token"`)
	return refuse(fiber.StatusUnauthorized, "the token is wrong: expected Authorization: Bearer TOKEN with the server's token")
}
