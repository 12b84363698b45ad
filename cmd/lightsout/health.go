package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"lightsout/cmd/internal/cli"
)

// healthTimeout bounds how long a server may take to answer.
const healthTimeout = 3 * time.Second

func newHealth() *cobra.Command {
	var url string
	var ready bool
	cmd := &cobra.Command{
		Use: "health", Short: "Check whether a server is healthy", Args: cobra.NoArgs,
		Long: `Check a server as container engines do: exit 0 if it is healthy, 1 if it is not or does not answer.`,
		Example: `  lightsout health
  lightsout health --ready --url http://127.0.0.1:9000`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			path := "/healthz"
			if ready {
				path = "/readyz"
			}
			return health(cmd.Context(), url+path, cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&url, "url", "http://127.0.0.1:8080", "where the server is")
	cmd.Flags().BoolVar(&ready, "ready", false, "check whether it is ready: the log can be written and no actor hangs")
	return cmd
}

func health(ctx context.Context, url string, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return cli.BadInput("--url: %w", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("the server does not answer: %w", err)
	}
	defer res.Body.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(io.LimitReader(res.Body, 4096))
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the server is not well: %s %s", res.Status, text)
	}
	fmt.Fprintf(out, "%s\n", text)
	return nil
}
