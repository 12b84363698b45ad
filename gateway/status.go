package gateway

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
)

// StatusDeps are what a status server shows. All are needed except Feeds and Shared.
type StatusDeps struct {
	Ready    func(ctx context.Context) error // nil, or why the process cannot do its work
	Actors   Actors
	Feeds    Feeds             // nil without InfluxDB
	Shared   Shared            // nil without a shared log
	Standing func() []Standing // nil means none
	Log      *slog.Logger
	Registry *prometheus.Registry
	Version  string
}

// NewStatus makes the server of a process without the gateway role. It serves /healthz, /readyz, /metrics and /api/v1/actors alone, with the
// limits and the checks of New.
func NewStatus(cfg Config, deps StatusDeps) (*Server, error) {
	if err := cfg.ValidateStatus(); err != nil {
		return nil, err
	}
	s := newServer(cfg, Deps{
		Actors: deps.Actors, Feeds: deps.Feeds, Shared: deps.Shared, Standing: deps.Standing, Log: deps.Log, Registry: deps.Registry, Version: deps.Version,
	})
	s.isReady = deps.Ready
	s.unknown = "no such route: this process has no gateway role, and serves only /healthz, /readyz, /metrics and /api/v1/actors"
	s.routes(s.statusRoutes)
	return s, nil
}

// statusRoutes are those of a process without the gateway role.
func (s *Server) statusRoutes() {
	s.compressed()
	s.app.Get("/api/v1/actors", s.actors)
}
