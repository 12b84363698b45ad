package main

import (
	"errors"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/server"
	"lightsout/storage/sqlite"
)

// retentionFlags say how much a server keeps.
type retentionFlags struct {
	telemetry, races, audit time.Duration
	size, disk              string
	unfed                   bool
}

func (f *retentionFlags) add(cmd *cobra.Command) {
	cmd.Flags().DurationVar(&f.telemetry, "retain-telemetry", 0, "how long to keep telemetry of races that are over (720h); 0 keeps it for ever")
	cmd.Flags().StringVar(&f.size, "retain-size", "", "delete telemetry, oldest race first, while the file is larger (20GB)")
	cmd.Flags().DurationVar(&f.races, "retain-races", 0, "how long to keep races that are over; 0 keeps them for ever")
	cmd.Flags().DurationVar(&f.audit, "retain-audit", 90*24*time.Hour, "how long to keep the audit trail, of which the newest 100,000 entries are kept at most; 0 means no limit of age")
	cmd.Flags().BoolVar(&f.unfed, "retain-unfed", false, "delete also what is not fed to InfluxDB yet")
	cmd.Flags().StringVar(&f.disk, "max-disk", "", "never let the file grow above this (50GB): races wait until there is room")
}

// sizeOf parses a size; an empty one is 0.
func sizeOf(flag, text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	n, err := humanize.ParseBytes(text)
	if err != nil || n == 0 || n > 1<<62 {
		return 0, cli.BadInput("--%s is %q: allowed is a size such as 500MB, 20GB or 1TiB", flag, text)
	}
	return int64(n), nil
}

// into sets the configuration of a server from the flags.
func (f *retentionFlags) into(cfg *server.Config) error {
	size, err := sizeOf("retain-size", f.size)
	quota, quotaErr := sizeOf("max-disk", f.disk)
	err = errors.Join(err, quotaErr)
	if f.telemetry < 0 || f.races < 0 || f.audit < 0 {
		err = errors.Join(err, cli.BadInput("--retain-telemetry, --retain-races and --retain-audit must not be negative"))
	}
	cfg.DBMax = quota
	cfg.Retention = sqlite.Retention{Telemetry: f.telemetry, SizeBytes: size, Races: f.races, Audit: f.audit, Unfed: f.unfed}
	return err
}
