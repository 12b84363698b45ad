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

// Limits of guessing the token. The first wrong token costs nothing: it may be a typing error.
const (
	firstGuessWait    = 250 * time.Millisecond // for the second wrong token; doubles with each further one
	maxGuessWait      = 4 * time.Second
	maxGuessesWaiting = 8                // of one network
	maxGuessers       = 10_000           // networks; all further ones share one entry
	guessesForgotten  = 10 * time.Minute // after which a network starts anew
	maxToken          = 1024
)

// checkToken says what is wrong with a token. It must be one word, for a header.
func checkToken(token string) error {
	switch {
	case strings.TrimSpace(token) == "":
		return errors.New("the token is blank: expected a secret word, such as 32 random letters and digits")
	case len(token) > maxToken:
		return fmt.Errorf("the token has %d characters: allowed are %d", len(token), maxToken)
	case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return errors.New("the token has spaces, or characters that no header may have: expected one word of ASCII")
	}
	return nil
}

// guesses are the wrong tokens of a network in a row.
type guesses struct {
	wrong, waiting int
	last           time.Time
}

// guard checks the token and slows down guessing.
type guard struct {
	hash [sha256.Size]byte

	mu        sync.Mutex
	byNetwork map[netip.Prefix]*guesses
}

func newGuard(token string) *guard {
	return &guard{hash: sha256.Sum256([]byte(token)), byNetwork: map[netip.Prefix]*guesses{}}
}

// matches compares hashes in constant time, which reveals neither a correct prefix nor the length.
func (g *guard) matches(token string) bool {
	given := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(given[:], g.hash[:]) == 1
}

// networkOf returns the network that counts as one guesser: an IPv4 address, or a /64 of IPv6.
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

// guesses returns the guesses of a network; nil if there are none and begin is false. The caller holds the lock.
func (g *guard) guesses(network netip.Prefix, begin bool) *guesses {
	known := g.byNetwork[network]
	if known != nil && known.waiting == 0 && time.Since(known.last) > guessesForgotten {
		delete(g.byNetwork, network)
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
		network = netip.Prefix{}
	}
	if g.byNetwork[network] == nil {
		g.byNetwork[network] = &guesses{}
	}
	return g.byNetwork[network]
}

// busy reports whether so many wrong tokens of a network wait that no further one is checked.
func (g *guard) busy(network netip.Prefix) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	known := g.guesses(network, false)
	return known != nil && known.waiting >= maxGuessesWaiting
}

// reset forgets the wrong tokens of a network.
func (g *guard) reset(network netip.Prefix) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if known := g.byNetwork[network]; known != nil && known.waiting == 0 {
		delete(g.byNetwork, network)
	} else if known != nil {
		known.wrong = 0
	}
}

// delay counts a wrong token and waits before it is answered.
func (g *guard) delay(network netip.Prefix, end <-chan struct{}) {
	g.mu.Lock()
	known := g.guesses(network, true)
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

// needToken refuses a request without the right token. A request without any token is not counted: the page asks that way before
// it prompts its visitor.
func (s *Server) needToken(c *fiber.Ctx) error {
	header := c.Get(fiber.HeaderAuthorization)
	if header == "" {
		c.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="Lights Out"`)
		return refuse(fiber.StatusUnauthorized, "this needs the header Authorization: Bearer TOKEN with the server's token")
	}
	network := networkOf(c.IP())
	if s.guard.busy(network) {
		return refuse(fiber.StatusTooManyRequests, fmt.Sprintf("%d wrong tokens from %s are waiting for their answers", maxGuessesWaiting, c.IP()))
	}
	scheme, token, _ := strings.Cut(header, " ")
	if strings.EqualFold(scheme, "Bearer") && s.guard.matches(strings.TrimSpace(token)) {
		s.guard.reset(network)
		return nil
	}
	s.deps.Log.Warn("a wrong token was sent",
		slog.String("from", strings.Clone(c.IP())), slog.String("method", c.Method()), slog.String("path", strings.Clone(c.Path())))
	s.guard.delay(network, c.Context().Done())
	c.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="Lights Out", error="invalid_token"`)
	return refuse(fiber.StatusUnauthorized, "the token is wrong: expected Authorization: Bearer TOKEN with the server's token")
}
