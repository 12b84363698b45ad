package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"lightsout/cmd/internal/cli"
)

// pprofTimeout bounds how long a client may take to send the head of its request.
const pprofTimeout = 10 * time.Second

// checkPprof refuses an address that other machines reach: profiles show what is in memory, and nobody is asked for a token.
func checkPprof(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return cli.BadInput("--pprof is %q: expected host:port on loopback, such as 127.0.0.1:6060", addr)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return cli.BadInput("--pprof is %q, which other machines may reach: allowed is loopback, such as 127.0.0.1:6060", addr)
	}
	return nil
}

// servePprof serves the profiles of the process on an address of their own, until end is called; an empty address serves nothing.
func servePprof(ctx context.Context, addr string, log *slog.Logger) (end func() error, err error) {
	if addr == "" {
		return func() error { return nil }, nil
	}
	if err := checkPprof(addr); err != nil {
		return nil, err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, cli.BadInput("--pprof: %w", err)
	}
	routes := http.NewServeMux()
	routes.HandleFunc("/debug/pprof/", pprof.Index)
	routes.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	routes.HandleFunc("/debug/pprof/profile", pprof.Profile)
	routes.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	routes.HandleFunc("/debug/pprof/trace", pprof.Trace)
	s := &http.Server{Handler: onlyLoopback(routes), ReadHeaderTimeout: pprofTimeout, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}
	log.Info("profiles are served", slog.String("url", fmt.Sprintf("http://%s/debug/pprof/", l.Addr())))
	failed := make(chan error, 1)
	go func() { failed <- s.Serve(l) }()
	return func() error {
		err := s.Close() // a profile that is being taken is not waited for
		if ended := <-failed; !errors.Is(ended, http.ErrServerClosed) {
			err = errors.Join(err, ended)
		}
		return err
	}, nil
}

// onlyLoopback refuses requests for another host's name: a page that a browser shows cannot read profiles through it.
func onlyLoopback(routes http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if checkPprof(net.JoinHostPort(host, "0")) != nil || r.Header.Get("Origin") != "" {
			http.Error(w, "profiles are for this machine alone", http.StatusForbidden)
			return
		}
		routes.ServeHTTP(w, r)
	})
}
