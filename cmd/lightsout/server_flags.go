package main

import (
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/feed"
	"lightsout/cmd/internal/server"
	"lightsout/storage/influx"
)

// serverFlags are the flags of the commands that run a server.
type serverFlags struct {
	server.Config
	logLevel string
	logJSON  bool
	// The files hold tokens, because every user of the machine can read a command line.
	tokenFile, drillTokenFile string
}

func newServerFlags() *serverFlags {
	f := &serverFlags{Config: server.DefaultConfig()}
	f.Version = buildVersion()
	return f
}

// add adds the flags of serve and replay.
func (f *serverFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.Gateway.Addr, "addr", f.Gateway.Addr, "address to listen on; port 0 takes a free one")
	cmd.Flags().IntVar(&f.Gateway.MaxConnections, "max-connections", f.Gateway.MaxConnections, "most connections at once; fewer where the system allows fewer files")
	cmd.Flags().IntVar(&f.Gateway.MaxConnectionsEach, "max-connections-each", f.Gateway.MaxConnectionsEach, "most connections of one address")
	cmd.Flags().IntVar(&f.Gateway.MaxSpectators, "max-spectators", f.Gateway.MaxSpectators, "most spectators at once")
	cmd.Flags().IntVar(&f.Gateway.MaxSpectatorsEach, "max-spectators-each", f.Gateway.MaxSpectatorsEach, "most spectators of one address")
	cmd.Flags().StringVar(&f.Gateway.Token, "token", "", "token for all that changes something; needed where other machines reach the server")
	cmd.Flags().StringVar(&f.tokenFile, "token-file", "", "file with the token")
	cmd.Flags().StringVar(&f.Gateway.PublicURL, "public-url", "", "where a reverse proxy shows the server, such as https://example.com/lights/")
	cmd.Flags().StringSliceVar(&f.Gateway.TrustedProxies, "trusted-proxies", nil,
		"addresses and networks of proxies whose X-Forwarded-* headers are believed, such as 127.0.0.1,10.0.0.0/8")
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) (err error) {
		f.Gateway.Token, f.Gateway.DrillToken, err = f.readTokens(cmd)()
		return err
	}
	cmd.Flags().StringVar(&f.Traces.Endpoint, "otlp", "", "send traces of batches to this OpenTelemetry collector by OTLP over HTTP, such as http://127.0.0.1:4318")
	cmd.Flags().Float64Var(&f.Traces.Share, "otlp-share", 0.1, "share of the batches that are traced; 1 is all")
	cmd.Flags().StringVar(&f.Pprof, "pprof", "", "serve Go's profiles on this loopback address, such as 127.0.0.1:6060")
	cmd.Flags().StringVar(&f.logLevel, "log-level", "info", "debug, info, warn or error")
	cmd.Flags().BoolVar(&f.logJSON, "log-json", false, "log as JSON")
}

// addTaken adds the flags of the races and drills that a server takes.
func (f *serverFlags) addTaken(cmd *cobra.Command, allowed *bool) {
	cmd.Flags().IntVar(&f.CarsMax, "max-cars", f.CarsMax, "most cars of all races that are not over")
	cmd.Flags().BoolVar(allowed, "drills", true, "let drills strike at races that run here")
	cmd.Flags().StringVar(&f.Gateway.DrillToken, "drill-token", "", "token that allows drills and nothing else; the server's token allows them as well")
	cmd.Flags().StringVar(&f.drillTokenFile, "drill-token-file", "", "file with the token for drills")
}

// readTokens returns a function that reads the tokens of a server from their flags or files, as these are when it is called.
func (f *serverFlags) readTokens(cmd *cobra.Command) func() (token, drillToken string, err error) {
	return func() (token, drillToken string, err error) {
		token, drillToken = f.Gateway.Token, f.Gateway.DrillToken
		if err := readToken("--token", &token, f.tokenFile, cmd.Flags().Changed("token")); err != nil {
			return "", "", err
		}
		return token, drillToken, readToken("--drill-token", &drillToken, f.drillTokenFile, cmd.Flags().Changed("drill-token"))
	}
}

// readToken reads the token of a flag from its file. It refuses a blank one, which would be no token at all.
func readToken(flag string, token *string, file string, given bool) error {
	switch {
	case given && file != "":
		return cli.BadInput("%s and %s-file are both given: allowed is one of the two", flag, flag)
	case file != "":
		data, err := os.ReadFile(file)
		if err != nil {
			return cli.BadInput("%s-file: %w", flag, err)
		}
		if *token = strings.TrimSpace(string(data)); *token == "" {
			return cli.BadInput("%s-file: %s is blank: expected a token", flag, file)
		}
	case given && strings.TrimSpace(*token) == "":
		return cli.BadInput("%s is blank: expected a secret that is hard to guess; leave the flag out for a server without it", flag)
	}
	return nil
}

// log makes the log that the flags ask for.
func (f *serverFlags) log(w io.Writer) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.logLevel)); err != nil {
		return nil, cli.BadInput("--log-level is %q: allowed are debug, info, warn and error", f.logLevel)
	}
	opts := &slog.HandlerOptions{Level: level}
	log := slog.New(slog.NewTextHandler(w, opts))
	if f.logJSON {
		log = slog.New(slog.NewJSONHandler(w, opts))
	}
	slog.SetDefault(log) // hollywood logs to the default
	return log, nil
}

// status is where the lines go that are not of the log: as they are, or as JSON where the log is.
func (f *serverFlags) status(w io.Writer) io.Writer {
	if f.logJSON {
		return jsonLines{slog.New(slog.NewJSONHandler(w, nil))}
	}
	return w
}

// jsonLines logs each line that is written.
type jsonLines struct{ log *slog.Logger }

func (j jsonLines) Write(data []byte) (int, error) {
	for line := range strings.Lines(string(data)) {
		j.log.Info("status", slog.String("text", strings.TrimSpace(line)))
	}
	return len(data), nil
}

// logsJSON reports whether a command was told to log as JSON.
func logsJSON(cmd *cobra.Command) bool {
	asked := cmd.Flags().Lookup("log-json")
	return asked != nil && asked.Value.String() == "true"
}

// influxFlags are the flags of the InfluxDB feed.
func influxFlags(cmd *cobra.Command, c *feed.Config) {
	c.Influx = influx.DefaultConfig()
	flags := cmd.Flags()
	flags.StringVar(&c.Influx.URL, "influx-url", "", "feed all races to the InfluxDB 2 at this address (http or https)")
	flags.StringVar(&c.Influx.Org, "influx-org", "", "its organisation, by name")
	flags.StringVar(&c.Influx.Bucket, "influx-bucket", "", "its bucket, by name")
	flags.StringVar(&c.TokenFile, "influx-token-file", "", "file with the token; or "+feed.TokenEnv+" in the environment")
	flags.StringVar(&c.Influx.CA, "influx-ca", "", "file with certificates (PEM) that are trusted as well")
	flags.IntVar(&c.Influx.Every, "influx-every", c.Influx.Every, "write every N-th frame of telemetry; laps and events are all written")
}
