package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"lightsout/cmd/internal/cli"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

func newDBBackup() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "backup FILE COPY", Short: "Copy a file while a server writes it", Args: cobra.ExactArgs(2),
		Long: `Copy a file as it is at one moment, also while a server writes it. COPY appears, and takes the place of an older one, when
it is complete and on disk. A server that is started on a copy goes on with the races that were running. The disk
needs room for the whole copy.`,
		Example: "  lightsout db backup lightsout.db backup.db\n  lightsout db backup lightsout.db backup.db --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			began := time.Now()
			bytes, err := dbBackup(cmd.Context(), args[0], args[1], cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			took := time.Since(began)
			if asJSON {
				return cli.WriteJSON(cmd.OutOrStdout(), map[string]any{"file": args[0], "copy": args[1], "bytes": bytes, "seconds": took.Seconds()})
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %s in %v; lightsout db check %s looks whether it is sound\n", args[1], size(bytes), took.Round(time.Millisecond), args[1])
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return cmd
}

// dbBackup copies a file, and returns how large the copy is.
func dbBackup(ctx context.Context, from, to string, status io.Writer) (bytes int64, err error) {
	if cli.SameFile(from, to) {
		return 0, cli.BadInput("%s would be copied into itself: allowed is another name", from)
	}
	store, err := sqlite.OpenForReading(from, transport.Codec{})
	if err != nil {
		return 0, cli.BadInput("%w", err)
	}
	defer store.Close() //nolint:errcheck // it was only read
	whole, err := os.Stat(from)
	if err != nil {
		return 0, cli.BadInput("%w", err)
	}
	out, err := cli.CreateFile(to)
	if err != nil {
		return 0, err
	}
	watching, stop := context.WithCancel(ctx)
	go showSize(watching, out.Name(), whole.Size(), cli.Bar(status, "copied"))
	err = store.Backup(ctx, out.Name())
	stop()
	if err != nil {
		return 0, errors.Join(err, out.Discard())
	}
	copied, err := out.Stat()
	if err != nil {
		return 0, errors.Join(fmt.Errorf("back up: %w", err), out.Discard())
	}
	return copied.Size(), out.Close()
}

// showSize shows how much of a file is there until ctx ends.
func showSize(ctx context.Context, path string, total int64, show func(done, total int64)) {
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			if file, err := os.Stat(path); err == nil {
				show(min(file.Size(), total), total)
			}
		}
	}
}
