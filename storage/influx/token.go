package influx

import (
	"io"
	"log/slog"
	"net/http"
	"sync"

	"lightsout/transport/login"
)

// bearer puts the token on each request. A token that is refused is read again, because it may have been replaced.
type bearer struct {
	next http.RoundTripper
	read func() (login.Secret, error) // nil: the token stays as it is
	log  *slog.Logger

	mu    sync.Mutex
	token login.Secret
}

// RoundTrip implements http.RoundTripper.
func (b *bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	used := b.current()
	res, err := b.next.RoundTrip(with(r, used))
	if err != nil || res.StatusCode != http.StatusUnauthorized || r.Body != nil && r.Body != http.NoBody && r.GetBody == nil {
		return res, err
	}
	token := b.current() // another request may have read it
	if token == used {
		b.renew()
		token = b.current()
	}
	if token == used {
		return res, nil
	}
	again := with(r, token)
	if r.GetBody != nil {
		if again.Body, err = r.GetBody(); err != nil {
			return res, nil
		}
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<16)) // so that the connection can be used again
	_ = res.Body.Close()
	return b.next.RoundTrip(again)
}

func (b *bearer) current() login.Secret {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.token
}

// renew reads the token again.
func (b *bearer) renew() {
	if b.read == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	token, err := b.read()
	switch {
	case err != nil:
		b.log.Warn("the token of InfluxDB cannot be read again; the one from before stays", slog.Any("err", err))
	case token != "" && token != b.token:
		b.token = token
		b.log.Info("the token of InfluxDB was replaced")
	}
}

// with returns the request with a token.
func with(r *http.Request, token login.Secret) *http.Request {
	out := r.Clone(r.Context())
	out.Header.Set("Authorization", "Token "+token.Reveal())
	return out
}
