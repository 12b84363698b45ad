package main

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	"lightsout/race"
)

// raceJSON is the head of a race in a result.
type raceJSON struct {
	ID      race.ID `json:"id"`
	Name    string  `json:"name"`
	Kind    string  `json:"kind"`
	Circuit string  `json:"circuit"`
	Cars    int     `json:"cars"`
	Laps    int     `json:"laps"`
	Seed    uint64  `json:"seed"`
	Rules   string  `json:"rules"`
}

// classifiedJSON is a line of a result; what does not apply is null.
type classifiedJSON struct {
	Position     *int    `json:"position"`
	DriverNumber int     `json:"driver_number"`
	NameAcronym  string  `json:"name_acronym"`
	FullName     string  `json:"full_name"`
	TeamName     string  `json:"team_name"`
	Laps         int     `json:"laps"`
	Status       string  `json:"status"`
	DurationMS   *int64  `json:"duration_ms"`
	GapMS        *int64  `json:"gap_ms"`
	GapLaps      *int    `json:"gap_laps"`
	IntervalMS   *int64  `json:"interval_ms"`
	PenaltyMS    int64   `json:"penalty_ms"`
	BestLapMS    *int64  `json:"best_lap_ms"`
	BestLap      *int    `json:"best_lap"`
	Reason       *string `json:"reason"`
}

// resultJSON is what --json prints.
type resultJSON struct {
	Race           raceJSON         `json:"race"`
	Final          bool             `json:"final"`
	Classification []classifiedJSON `json:"classification"`
	StateHash      string           `json:"state_hash"`
}

func printResultJSON(w io.Writer, head race.Race, entries []race.Entry, c race.Classification) error {
	return writeJSON(w, resultOf(head, entries, c))
}

func resultOf(head race.Race, entries []race.Entry, c race.Classification) resultJSON {
	out := resultJSON{
		Race: raceJSON{
			ID: head.ID, Name: head.Name, Kind: head.Kind.String(), Circuit: head.Circuit, Cars: len(entries),
			Laps: head.Rules.Laps, Seed: head.Seed, Rules: head.Rules.Name,
		},
		Final: c.Final(), StateHash: c.StateHash, Classification: []classifiedJSON{},
	}
	for _, e := range c.Entries {
		out.Classification = append(out.Classification, classifiedLine(entries[e.Car], e))
	}
	return out
}

func classifiedLine(who race.Entry, e race.Classified) classifiedJSON {
	line := classifiedJSON{
		DriverNumber: who.Number, NameAcronym: who.Code, FullName: who.Name, TeamName: who.Team, Laps: e.Laps,
		Status: e.Status.String(), DurationMS: applies(e.DurationMS), GapMS: applies(e.GapMS),
		IntervalMS: applies(e.IntervalMS), PenaltyMS: e.PenaltyMS, BestLapMS: applies(e.BestLapMS),
	}
	if e.Position > 0 {
		line.Position, line.GapLaps = &e.Position, &e.GapLaps
	}
	if e.BestLap > 0 {
		line.BestLap = &e.BestLap
	}
	if e.Reason != "" {
		line.Reason = &e.Reason
	}
	return line
}

func applies(ms int64) *int64 {
	if ms < 0 {
		return nil
	}
	return &ms
}

func printResultTable(w io.Writer, head race.Race, entries []race.Entry, c race.Classification) error {
	fmt.Fprintf(w, "%s · %d laps · %s\n", head.Name, head.Rules.Laps, finality(c))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "Pos\tNo\tCar\tLaps\tTime\tGap\tInterval\tBest lap\tPenalty\t  Status\t")
	for _, e := range c.Entries {
		who := entries[e.Car]
		position, gap, interval := "-", "-", "-"
		if e.Position > 0 {
			position = strconv.Itoa(e.Position)
			gap = gapText(e)
			interval = msText(e.IntervalMS, "+")
		}
		penalty := ""
		if e.PenaltyMS > 0 {
			penalty = "+" + strconv.FormatFloat(float64(e.PenaltyMS)/1000, 'f', -1, 64) + " s"
		}
		status := e.Status.String()
		if e.Reason != "" {
			status += " (" + e.Reason + ")"
		}
		fmt.Fprintf(t, "%s\t%d\t%s\t%d\t%s\t%s\t%s\t%s\t%s\t  %s\t\n", position, who.Number, who.Code, e.Laps,
			msText(e.DurationMS, ""), gap, interval, msText(e.BestLapMS, ""), penalty, status)
	}
	if err := flush(t); err != nil {
		return err
	}
	fmt.Fprintf(w, "state %s\n", c.StateHash[:min(16, len(c.StateHash))])
	return nil
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
	return msText(e.GapMS, "+")
}

func msText(ms int64, sign string) string {
	if ms < 0 {
		return "-"
	}
	if sign != "" && ms < 60_000 {
		return fmt.Sprintf("%s%d.%03d", sign, ms/1000, ms%1000)
	}
	return sign + (race.Micros(ms) * race.Millisecond).String()
}
