package gateway

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
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

// role is what a token allows.
type role uint8

const (
	nobody   role = iota // a wrong token
	driller              // drills, and nothing else
	operator             // everything
)

// String names a token in the audit trail.
func (r role) String() string { return [...]string{"", "drills", "server"}[r] }

// guard checks tokens and slows down guessing.
type guard struct {
	roles atomic.Pointer[[]secret]

	mu        sync.Mutex
	byNetwork map[netip.Prefix]*guesses
}

// secret is the hash of a token, and what the token allows.
type secret struct {
	hash   [sha256.Size]byte
	allows role
}

// newGuard makes a guard of the server's token and of the token for drills; either may be empty.
func newGuard(token, drillToken string) *guard {
	g := &guard{byNetwork: map[netip.Prefix]*guesses{}}
	g.set(token, drillToken)
	return g
}

// set replaces the tokens.
func (g *guard) set(token, drillToken string) {
	var roles []secret
	for _, one := range []struct {
		text   string
		allows role
	}{{drillToken, driller}, {token, operator}} { // of two that are the same, the last counts
		if one.text != "" {
			roles = append(roles, secret{sha256.Sum256([]byte(one.text)), one.allows})
		}
	}
	g.roles.Store(&roles)
}

// roleOf compares hashes in constant time, which reveals neither a correct prefix nor the length.
func (g *guard) roleOf(token string) role {
	given, is := sha256.Sum256([]byte(token)), nobody
	for _, one := range *g.roles.Load() {
		if subtle.ConstantTimeCompare(given[:], one.hash[:]) == 1 {
			is = one.allows
		}
	}
	return is
}

// SetTokens replaces the tokens of a server that runs: who has an old one is refused from now on. Whether there is a token at all cannot change.
func (s *Server) SetTokens(token, drillToken string) error {
	if (token == "") != (s.cfg.Token == "") || (drillToken == "") != (s.cfg.DrillToken == "") {
		return errors.New("tokens can be replaced while the server runs: to begin or to end asking for one, start it again")
	}
	cfg := s.cfg
	cfg.Token, cfg.DrillToken = token, drillToken
	if err := cfg.Validate(); err != nil {
		return err
	}
	s.guard.set(token, drillToken)
	return nil
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

// wrongInARow is how many wrong tokens came from a network since its last right one.
func (g *guard) wrongInARow(network netip.Prefix) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	if known := g.guesses(network, false); known != nil {
		return known.wrong
	}
	return 0
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

// drillPaths are the routes of drills. Reading them needs no token.
var drillPaths = regexp.MustCompile(`^/api/v1/(drills|races/[^/]+/drills)(/[^/]+)?$`)

// needToken refuses a request that changes something without the right token. A request without any token is not counted: the page asks that
// way before it prompts its visitor.
func (s *Server) needToken(c *fiber.Ctx) error {
	drills := drillPaths.MatchString(plainPath(c))
	if s.cfg.Token == "" && (s.cfg.DrillToken == "" || !drills) {
		return nil
	}
	which := "the server's token"
	if drills && s.cfg.DrillToken != "" {
		which += ", or that for drills"
	}
	header := c.Get(fiber.HeaderAuthorization)
	if header == "" {
		c.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="Lights Out"`)
		return refuse(fiber.StatusUnauthorized, "this needs the header Authorization: Bearer TOKEN with "+which)
	}
	network := networkOf(c.IP())
	if s.guard.busy(network) {
		return refuse(fiber.StatusTooManyRequests, fmt.Sprintf("%d wrong tokens from %s are waiting for their answers", maxGuessesWaiting, c.IP()))
	}
	scheme, token, _ := strings.Cut(header, " ")
	is := nobody
	if strings.EqualFold(scheme, "Bearer") {
		is = s.guard.roleOf(strings.TrimSpace(token))
	}
	switch {
	case is == operator, is == driller && drills:
		s.guard.reset(network)
		c.Locals(tokenKey{}, is.String())
		return nil
	case is == driller:
		c.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="Lights Out", error="insufficient_scope"`)
		c.Locals(tokenKey{}, is.String())
		err := refuse(fiber.StatusForbidden, "the token is that for drills: this needs the server's token")
		s.audit(c, actTokenRefused, &note{}, err, 0)
		return err
	}
	wrong := refuse(fiber.StatusUnauthorized, "the token is wrong: expected Authorization: Bearer TOKEN with "+which)
	s.deps.Log.Warn("a wrong token was sent",
		slog.String("from", strings.Clone(c.IP())), slog.String("method", c.Method()), slog.String("path", strings.Clone(c.Path())))
	s.auditWrongToken(c, s.guard.wrongInARow(network)+1, wrong)
	s.guard.delay(network, c.Context().Done())
	c.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="Lights Out", error="invalid_token"`)
	return wrong
}
