package server

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/cluster"
	"lightsout/cmd/internal/traces"
	"lightsout/gateway/live"
)

// tracesTimeout bounds how long the end of a server waits for a collector.
const tracesTimeout = 5 * time.Second

// trace begins to trace batches, where that is configured. Call end last.
func (c *Config) trace(ctx context.Context, log *slog.Logger) (end func(), err error) {
	if err := c.Traces.Validate(); err != nil {
		return nil, cli.BadInput("%w", err)
	}
	if c.tracer, err = traces.Open(ctx, c.Traces, c.Version, log); err != nil {
		return nil, err
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tracesTimeout)
		defer cancel()
		if err := c.tracer.Close(ctx); err != nil { // races are not worse for it
			log.Warn("the last traces are lost", slog.Any("err", err))
		}
	}, nil
}

// lookInside serves profiles and begins to trace, as far as that is wanted; end ends both.
func (c *Config) lookInside(ctx context.Context, log *slog.Logger) (end func() error, err error) {
	endProfiles, err := servePprof(ctx, c.Pprof, log)
	if err != nil {
		return nil, err
	}
	endTraces, err := c.trace(ctx, log)
	if err != nil {
		return nil, errors.Join(err, endProfiles())
	}
	return func() error {
		endTraces()
		return endProfiles()
	}, nil
}

// follow has a hub tell the traces what spectators were shown, and spectators how far the shared log is behind.
func (c *Config) follow(hub *live.Hub, member *cluster.Member) {
	if member != nil {
		hub.BehindFrom(member.Node().Behind)
	}
	if c.tracer != nil {
		hub.ShownTo(c.tracer.Shown)
	}
}
