package main

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"

	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/manifest"
	"lightsout/race"
	"lightsout/race/view"
)

// raceJSON is the race of a result.
type raceJSON struct {
	ID      race.ID `json:"id"`
	Name    string  `json:"name"`
	Kind    string  `json:"kind"`
	Circuit string  `json:"circuit"`
	Cars    int     `json:"cars"`
	Laps    int     `json:"laps"` // the distance as far as it is known; 0 means by time
	Seed    uint64  `json:"seed"`
	Rules   string  `json:"rules"`
}

// classifiedJSON is a line of a result with the names of driver and team.
type classifiedJSON struct {
	view.Classified
	FullName string `json:"full_name"`
	TeamName string `json:"team_name"`
}

// resultJSON is what --json prints.
type resultJSON struct {
	Race           raceJSON         `json:"race"`
	Final          bool             `json:"final"`
	Classification []classifiedJSON `json:"classification"`
	StateHash      string           `json:"state_hash"`
	// Manifest says how a simulated race was made.
	Manifest *manifest.Manifest `json:"manifest,omitempty"`
}

func resultOf(summary race.Summary, entries []race.Entry, c race.Classification) resultJSON {
	r := &summary.Race
	out := resultJSON{
		Race: raceJSON{
			ID: r.ID, Name: r.Name, Kind: r.Kind.String(), Circuit: r.Circuit, Cars: len(entries), Laps: summary.Laps, Seed: r.Seed,
			Rules: r.Rules.Name,
		},
		Final: c.Final(), StateHash: c.StateHash, Classification: []classifiedJSON{},
	}
	for _, e := range c.Entries {
		who := entries[e.Car]
		out.Classification = append(out.Classification, classifiedJSON{view.NewClassified(e, who), who.Name, who.Team})
	}
	return out
}

func printResultTable(w io.Writer, summary race.Summary, entries []race.Entry, c race.Classification) error {
	fmt.Fprintln(w, resultTitle(summary, c))
	t := cli.Table{}
	t.Row("Pos", "No", "Car", "Laps", "Time", "Gap", "Interval", "Best lap", "Penalty", "Status")
	for _, e := range c.Entries {
		who := entries[e.Car]
		position, gap, interval := "-", "-", "-"
		if e.Position > 0 {
			position = strconv.Itoa(e.Position)
			gap = gapText(e)
		}
		if e.Position > 1 {
			interval = cli.TimeText(e.IntervalMS, "+")
		}
		penalty := ""
		if e.PenaltyMS > 0 {
			penalty = "+" + strconv.FormatFloat(float64(e.PenaltyMS)/1000, 'f', -1, 64) + " s"
		}
		status := e.Status.Words()
		if e.Reason != "" {
			status += " (" + race.Isolated(e.Reason) + ")"
		}
		t.Row(position, strconv.Itoa(who.Number), race.Isolated(who.Code), strconv.Itoa(e.Laps), cli.TimeText(e.DurationMS, ""), gap, interval,
			cli.TimeText(e.BestLapMS, ""), penalty, status)
	}
	if err := t.Write(w, cli.Right); err != nil {
		return err
	}
	fmt.Fprintf(w, "state %s\n", c.StateHash[:min(16, len(c.StateHash))])
	return nil
}

// resultTitle is the race, its distance if known, and the status of the result.
func resultTitle(summary race.Summary, c race.Classification) string {
	parts := []string{race.Isolated(cmp.Or(summary.Race.Name, string(summary.Race.ID)))}
	if summary.Laps > 0 {
		parts = append(parts, fmt.Sprintf("%d %s", summary.Laps, cli.Plural(summary.Laps, "lap")))
	}
	return strings.Join(append(parts, finality(c)), " · ")
}

func finality(c race.Classification) string {
	if c.Version == 0 {
		return "not finished: order so far"
	}
	return c.Status.String() + " classification"
}

func gapText(e race.Classified) string {
	switch {
	case e.Position == 1:
		return "-"
	case e.GapLaps == 1:
		return "+1 lap"
	case e.GapLaps > 1:
		return fmt.Sprintf("+%d laps", e.GapLaps)
	}
	return cli.TimeText(e.GapMS, "+")
}
