package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"lightsout/cmd/internal/archive"
	"lightsout/cmd/internal/cli"
	"lightsout/race"
	"lightsout/race/document"
	"lightsout/race/history"
	"lightsout/race/timing"
)

// timeFlags are the flags of time.
type timeFlags struct {
	asJSON, laps bool
	documents    string // folder; empty means none
	formats      []string
}

func newTime() *cobra.Command {
	var f timeFlags
	cmd := &cobra.Command{
		Use:   "time PATH",
		Short: "Time a recorded race and print its classification",
		Long: `Time a recorded race: a log file (simulate --log), or a folder of CSV, or a zip file of it (passings.csv or
laps.csv, and optionally entries.csv, lines.csv, control.csv, grid.csv, results.csv, pitstops.csv, race.json; the
columns are in storage/folder/README.md). "export --format csv" writes such a folder. Suspect data goes to standard
error: passings that do not count, with the reason, and rows that contradict each other.`,
		Example: `  lightsout time races/2022-17-singapore
  lightsout export latest --out round-7.zip && lightsout time round-7.zip
  lightsout time race.lolog --json
  lightsout time race.lolog --documents results --format html,csv`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFormats(f.formats); err != nil {
				return err
			}
			return timeRace(args[0], f, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print the classification and the suspect passings as JSON")
	cmd.Flags().BoolVar(&f.laps, "laps", false, "print every lap as well")
	cmd.Flags().StringVar(&f.documents, "documents", "", "folder to write the result documents into")
	cmd.Flags().StringSliceVar(&f.formats, "format", document.Formats(), "formats of the documents: csv, json, html")
	return cmd
}

func timeRace(path string, f timeFlags, out, status io.Writer) error {
	h := history.New()
	note := func(s string) { fmt.Fprintln(status, "note: "+s) }
	for step, err := range timing.Replay(archive.RecordedRecords(path, note)) {
		if err != nil {
			return err
		}
		if step.Refused != nil {
			note(fmt.Sprintf("record %d at %v is refused: %v", step.Record.Seq, step.Record.Time, step.Refused))
		}
		h.Add(step)
	}
	if h.State == nil || len(h.State.Entries()) == 0 {
		return cli.BadInput("%s: the log announces no race with cars", path)
	}
	summary, entries, result := race.Summary{Race: h.State.Race(), Laps: h.Session.Laps}, h.State.Entries(), h.State.Classification()
	saySuspects(status, h, entries, summary.Race.Lines)
	if f.documents != "" {
		if err := writeDocuments(f.documents, f.formats, document.FromHistory(h, instant), status); err != nil {
			return err
		}
	}
	if f.asJSON {
		return printTimedJSON(out, summary, entries, result, h)
	}
	if f.laps {
		for _, l := range h.Laps() {
			fmt.Fprintf(out, "%s lap %d %s position %d\n", race.Isolated(entries[l.Car].Code), l.Number, cli.TimeText(l.DurationMS, ""), l.Position)
		}
	}
	return printResultTable(out, summary, entries, result)
}

// timedJSON is what time --json prints: the result, and the passings that do not count.
type timedJSON struct {
	resultJSON
	Suspects []suspectJSON `json:"suspects"`
}

func printTimedJSON(w io.Writer, summary race.Summary, entries []race.Entry, c race.Classification, h *history.Race) error {
	return cli.WriteJSON(w, timedJSON{resultOf(summary, entries, c), suspectsOf(h, entries)})
}
