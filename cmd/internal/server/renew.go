package server

import (
	"context"
	"log/slog"

	"lightsout/cmd/internal/feed"
	"lightsout/gateway"
)

// renew reads tokens again at each hangup, until the context ends. to is nil without a feed, over without a gateway.
func (c *Config) renew(ctx context.Context, log *slog.Logger, to *feed.Feed, over *gateway.Server) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.Hangup: // never without a channel
		}
		to.RenewToken()
		if err := c.renewTokens(over); err != nil {
			log.Error("the server's tokens stay as they were", slog.Any("err", err))
			continue
		}
		log.Info("SIGHUP: token files were read again; all other settings stay until the server is started again")
	}
}

func (c *Config) renewTokens(over *gateway.Server) error {
	if over == nil || c.Tokens == nil {
		return nil
	}
	token, drillToken, err := c.Tokens()
	if err != nil {
		return err
	}
	return over.SetTokens(token, drillToken)
}
