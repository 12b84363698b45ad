package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/feed"
	"lightsout/cmd/internal/races"
	"lightsout/cmd/internal/server"
)

const serveExamples = `  lightsout serve --demo
  lightsout serve --addr 127.0.0.1:9000 --db season.db
  lightsout serve --retain-telemetry 720h --retain-size 20GB --max-disk 50GB
  lightsout serve --addr 0.0.0.0:8080 --token-file token --drill-token-file drill-token
  lightsout serve --public-url https://example.com/lights/ --trusted-proxies 127.0.0.1 --token-file token
  lightsout serve --print-config > lightsout.yaml; lightsout serve --config lightsout.yaml
  lightsout serve --kafka 127.0.0.1:9092 --kafka-create-topics --roles simulator,processor,gateway
  lightsout serve --kafka kafka1:9092 --roles simulator --addr 127.0.0.1:8081
  lightsout serve --influx-url http://127.0.0.1:8086 --influx-org club --influx-bucket races --influx-token-file token`

func newServe() *cobra.Command {
	f := newServerFlags()
	around := newClusterFlags()
	var keep retentionFlags
	var demo, drilled bool
	cmd := &cobra.Command{
		Use: "serve", Short: "Serve races: everything in one process", Args: cobra.NoArgs,
		Long: `Serve races: simulator, timing, storage, live push, REST, GraphQL and the page, in one process on
127.0.0.1:8080. Races that an earlier process left unfinished continue where their log ends.

With --kafka the races' log is a topic that several processes share, each in the roles that --roles gives it: simulators run races,
processors take what is reported of real ones and feed InfluxDB, gateways serve the page and the API. See docs/KAFKA.md.`,
		Example: serveExamples,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.CarsMax < 1 {
				return cli.BadInput("--max-cars is %d: allowed is 1 or more", f.CarsMax)
			}
			if err := keep.into(&f.Config); err != nil {
				return err
			}
			f.DrillsOff = !drilled
			hangup := make(chan os.Signal, 1)
			signal.Notify(hangup, syscall.SIGHUP)
			defer signal.Stop(hangup)
			f.Hangup, f.Tokens = hangup, f.readTokens(cmd)
			log, err := f.log(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			status := f.status(cmd.ErrOrStderr())
			if f.Cluster, err = around.into(cmd.Context(), log, status); err != nil {
				return err
			}
			if of := f.Cluster; of != nil && !of.Roles.Gateway {
				if !cmd.Flags().Changed("db") {
					f.DB = ""
				} else if !of.Roles.Copies() {
					log.Warn("a simulator keeps no copy of the races: --db is not used")
				}
				return server.RunRoles(cmd.Context(), f.Config, log, status)
			}
			return server.Run(cmd.Context(), f.Config, log, status, func(ctx context.Context, all *races.Races) error {
				if demo {
					return all.Demo(ctx)
				}
				return nil
			})
		},
	}
	f.add(cmd)
	around.add(cmd)
	cmd.Flags().StringVar(&f.DB, "db", "lightsout.db", "SQLite file that keeps the races")
	keep.add(cmd)
	influxFlags(cmd, &f.Feed)
	cmd.Flags().StringVar(&f.History, "history", feed.HistorySQLite, "store that answers for telemetry: sqlite or influx")
	f.addTaken(cmd, &drilled)
	cmd.Flags().BoolVar(&demo, "demo", false, "keep a demo race running")
	orPrint(cmd)
	return cmd
}

// orPrint has a command print its settings where that is asked for. It does not look at them: the files that they name may not be there yet.
func orPrint(cmd *cobra.Command) {
	asked := cmd.Flags().Bool("print-config", false, "print the settings as they are in force, as a file for --config, and end")
	check, run := cmd.PreRunE, cmd.RunE
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		if *asked {
			return nil
		}
		return check(cmd, args)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *asked {
			return cli.PrintConfig(cmd.OutOrStdout(), cmd, "token", "drill-token")
		}
		return run(cmd, args)
	}
}
