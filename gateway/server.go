package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/gofiber/contrib/websocket"
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/gofiber/fiber/v2/middleware/compress"
	"github.com/gofiber/fiber/v2/middleware/recover"
	"github.com/graphql-go/graphql"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"lightsout/gateway/body"
	"lightsout/gateway/live"
)

// Deps are the rooms behind a Server. All are needed except Feeds.
type Deps struct {
	Races     Races
	Ingest    Ingest
	History   History
	Standings Standings
	Telemetry Telemetry
	Transfers Transfers
	Circuits  Circuits
	Audit     Audit
	Actors    Actors
	Drills    Drills
	Feeds     Feeds  // nil without InfluxDB
	Shared    Shared // nil for a server of its own
	// Standing lists the races that stand still; nil means none.
	Standing func() []Standing
	// Hub publishes races to spectators; Boards loads a race that the Hub does not hold.
	Hub      *live.Hub
	Boards   live.Boards
	Encoder  Encoder
	Unpacker body.Unpacker
	Site     fs.FS
	Log      *slog.Logger
	Registry *prometheus.Registry
	Version  string
}

// Server serves a platform over HTTP.
type Server struct {
	cfg          Config
	deps         Deps
	isReady      func(ctx context.Context) error
	unknown      string // the answer to a path that no route has
	app          *fiber.App
	schema       graphql.Schema
	m            *metrics
	bodies       *body.Reader
	traces       slots  // cars whose telemetry is read
	transfers    *seats // exports and imports
	graphQLSlots slots  // GraphQL requests
	// schemaLists is the estimated length of each list of introspection.
	schemaLists map[string]int
	seats       *seats
	public      public
	proxies     proxies
	guard       *guard
	registered  []route        // for OPTIONS and 405
	known       map[route]bool // the same, to look one up

	mu       sync.Mutex
	listener *limitListener
	closing  bool
}

// New makes a server. Listen and Serve start it.
func New(cfg Config, deps Deps) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := newServer(cfg, deps)
	s.isReady = func(ctx context.Context) error { return deps.Races.Ready(ctx) }
	s.unknown = "no such route: the routes are described at " + s.public.path("api/v1/openapi.json")
	s.traces, s.transfers = newSlots(maxTraces), newSeats(maxTransfers, maxTransfers/2)
	s.graphQLSlots, s.seats = newSlots(maxGraphQLRequests), newSeats(cfg.MaxSpectators, cfg.MaxSpectatorsEach)
	s.bodies = body.NewReader(body.Config{
		Unpacker: deps.Unpacker, MaxUnpacked: cfg.MaxUnpacked, Reading: newSlots(maxBodies), Large: newSlots(1), MaxWait: maxWait,
	})
	schema, err := s.newSchema()
	if err != nil {
		return nil, fmt.Errorf("set up GraphQL: %w", err)
	}
	s.schema, s.schemaLists = schema, listsOf(&schema)
	s.routes(s.platformRoutes)
	return s, nil
}

// newServer makes what all servers have. cfg is valid.
func newServer(cfg Config, deps Deps) *Server {
	public, _ := parsePublic(cfg.PublicURL) // Validate has parsed both
	proxies, _ := parseProxies(cfg.TrustedProxies)
	s := &Server{cfg: cfg, deps: deps, m: newMetrics(deps.Registry), public: public, proxies: proxies, guard: newGuard(cfg.Token, cfg.DrillToken)}
	s.app = fiber.New(fiber.Config{
		DisableStartupMessage: true, ErrorHandler: s.fail, BodyLimit: cfg.MaxBody, ReadTimeout: cfg.ReadTimeout,
		IdleTimeout: cfg.IdleTimeout, AppName: "Lights Out", ServerHeader: "", StrictRouting: false,
		JSONEncoder: json.Marshal, JSONDecoder: json.Unmarshal,
		StreamRequestBody: true, DisablePreParseMultipartForm: true, // wholeBody bounds bodies; a log is streamed
		EnableTrustedProxyCheck: true, TrustedProxies: proxies.texts(), ProxyHeader: fiber.HeaderXForwardedFor, EnableIPValidation: true,
	})
	s.app.Server().Handler = trackRequests(s.edge(s.app.Server().Handler))
	return s
}

// routes registers the routes of all servers, then those of one kind.
func (s *Server) routes(own func()) {
	s.app.Use(s.measure, recover.New(), s.wholeBody)
	s.app.Get("/healthz", func(c *fiber.Ctx) error {
		return c.JSON(map[string]string{"status": "alive", "version": s.deps.Version})
	})
	s.app.Get("/readyz", s.ready)
	s.app.Get("/metrics", adaptor.HTTPHandler(promhttp.HandlerFor(s.deps.Registry, promhttp.HandlerOpts{})))
	s.app.Use(s.sameOrigin)
	own()
	s.app.Use(s.unrouted)
	s.known = map[route]bool{}
	for _, r := range s.app.GetRoutes(true) {
		s.registered = append(s.registered, route{r.Method, r.Path})
		s.known[route{r.Method, r.Path}] = true
	}
}

// platformRoutes are those of a server with the gateway role.
func (s *Server) platformRoutes() {
	s.app.Get("/live/:id", allowParams(s.live(), "from"))
	s.compressed()
	asked := allowParams(s.graphql, "query", "variables", "operationName", "extensions")
	s.app.Get("/graphql", asked)
	s.app.Post("/graphql", asked)
	s.restRoutes(s.app.Group("/api/v1"))
	s.siteRoutes()
}

// compressed has the answers of the routes after it compressed and revalidated.
func (s *Server) compressed() {
	s.app.Use(compress.New(compress.Config{Level: compress.LevelBestSpeed, Next: compressesItself}))
	s.app.Use(revalidate)
}

// catchUp is how long a spectator waits for a server that is behind another one at the same log.
const catchUp = 2 * time.Second

// live serves the sockets of spectators.
func (s *Server) live() fiber.Handler {
	cfg := live.Config{
		Hub: s.deps.Hub, Boards: s.deps.Boards, Seats: s.seats, PulseEvery: s.cfg.PulseEvery, WriteTimeout: s.cfg.WriteTimeout,
		LoadTimeout: s.cfg.ReadTimeout,
	}
	if s.deps.Shared != nil {
		cfg.CatchUp, cfg.Await = catchUp, s.deps.Shared.Await
	}
	return live.Handler(cfg)
}

// Listen listens on the configured address. The listener has the actual one.
func (s *Server) Listen(ctx context.Context) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.cfg.Addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s is in use: is another server running? choose another address with --addr", s.cfg.Addr)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("%s needs rights that this user lacks: choose a port above 1023 with --addr", s.cfg.Addr)
	case err != nil:
		return nil, fmt.Errorf("listen: %w", err)
	}
	d := newLimitListener(l, descriptors(s.cfg.MaxConnections), s.cfg.MaxConnectionsEach, s.proxies, s.m)
	s.app.Server().ConnState = d.state
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listener = d
	return d, nil
}

// Serve serves until Shutdown.
func (s *Server) Serve(l net.Listener) error {
	err := s.app.Listener(l)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil && !s.closing {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// Shutdown closes the sockets of spectators and waits for requests that are being answered.
func (s *Server) Shutdown(ctx context.Context) error {
	if s.deps.Hub != nil {
		s.deps.Hub.Shutdown()
	}
	s.mu.Lock()
	s.closing = true
	if s.listener != nil {
		_ = s.listener.Close() // Fiber knows the listener only once Serve has begun; a second Close does no harm
	}
	s.mu.Unlock()
	if err := s.app.ShutdownWithContext(ctx); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("shut the server down: %w", err)
	}
	return nil
}

func (s *Server) measure(c *fiber.Ctx) error {
	start := time.Now()
	err := c.Next()
	if err != nil { // Fiber would call the error handler later; the status is counted here
		p := s.fail(c, err)
		err = p
	}
	took := time.Since(start)
	s.m.measure(c, s.known, took)
	if s.deps.Log.Enabled(c.UserContext(), slog.LevelDebug) {
		s.deps.Log.Debug("a request was answered", slog.String("method", c.Method()), slog.String("path", c.Path()),
			slog.Int("status", c.Response().StatusCode()), slog.Duration("took", took), slog.String("from", c.IP()))
	}
	return err
}

// sameOrigin keeps pages of other hosts from acting through a visitor's browser. On loopback it accepts only names of this
// machine and the public one. A request that changes something, and a websocket, must come from the server's own page or from no
// page. Changes need the token if there is one.
func (s *Server) sameOrigin(c *fiber.Ctx) error {
	listen, _, _ := net.SplitHostPort(s.cfg.Addr) // validated
	if host := hostname(c.Hostname()); loopback(listen) && !loopback(host) && !s.public.isHost(host) {
		return refuse(fiber.StatusForbidden, fmt.Sprintf("the host %q is not this server: allowed are localhost, 127.0.0.1, [::1]%s", host, s.hint(host)))
	}
	changes := c.Method() != fiber.MethodGet && c.Method() != fiber.MethodHead && c.Method() != fiber.MethodOptions
	if origin := c.Get(fiber.HeaderOrigin); origin != "" && (changes || websocket.IsWebSocketUpgrade(c) || plainPath(c) == "/graphql") && !s.isOwnOrigin(c, origin) {
		return refuse(fiber.StatusForbidden, fmt.Sprintf("the page at %q may not send this request: allowed are this server's own pages%s", origin, s.hint(origin)))
	}
	if changes {
		if err := s.needToken(c); err != nil {
			return err
		}
	}
	return c.Next()
}

// hint says which other address is allowed, or how to allow the one that was asked for, which may be a proxy's.
func (s *Server) hint(asked string) string {
	if s.public.host != "" {
		return " and " + s.cfg.PublicURL + " (--public-url)"
	}
	if !strings.Contains(asked, "://") {
		asked = "https://" + asked
	}
	return fmt.Sprintf("; if this is a reverse proxy's, start the server with its address, such as --public-url %s/", strings.Clone(asked))
}

// isOwnOrigin reports whether an origin is this server's.
func (s *Server) isOwnOrigin(c *fiber.Ctx, origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false
	}
	page := hostPort(u.Scheme, u.Host)
	if u.Scheme == s.public.scheme && page == hostPort(s.public.scheme, s.public.host) {
		return true
	}
	if proto := c.Get(fiber.HeaderXForwardedProto); proto != "" && proto != u.Scheme { // set by a trusted proxy only, see sanitize
		return false
	}
	return page == hostPort(u.Scheme, c.Hostname())
}

func (s *Server) ready(c *fiber.Ctx) error {
	if err := s.isReady(c.UserContext()); err != nil {
		return c.Status(fiber.StatusServiceUnavailable).JSON(map[string]string{"status": "not ready", "why": err.Error()})
	}
	answer := map[string]any{"status": "ready"}
	if s.deps.Shared != nil { // else all servers would leave a balancer at once
		if why := s.deps.Shared.Outage(); why != "" {
			answer["status"], answer["why"] = "degraded", why
		}
	}
	if s.deps.Standing != nil { // the other races go on
		if list := s.deps.Standing(); len(list) > 0 {
			answer["status"], answer["standing"] = "degraded", list
			answer["why"] = fmt.Sprintf("race %s stands still for %.0f s, of %d that do", list[0].Race, list[0].Seconds, len(list))
		}
	}
	if s.deps.Feeds != nil { // a feed that lags does not make the server unready
		answer["feeds"] = s.deps.Feeds.Feeds()
	}
	return c.JSON(answer)
}
