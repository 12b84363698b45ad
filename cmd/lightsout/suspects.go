package main

import (
	"fmt"
	"io"
	"strings"

	"lightsout/cmd/internal/cli"
	"lightsout/race"
	"lightsout/race/history"
)

// suspectsMax is how many passings of each verdict are listed.
const suspectsMax = 10

// notCounted are the verdicts of passings that do not count.
var notCounted = []race.Verdict{race.Suspect, race.Duplicate, race.Rejected, race.AfterTheEnd}

// suspectJSON is a passing that does not count; what is not known is null.
type suspectJSON struct {
	Seq          uint64  `json:"seq"`
	Verdict      string  `json:"verdict"`
	Reason       string  `json:"reason"`
	TimeUS       int64   `json:"time_us"`
	DriverNumber *int    `json:"driver_number"`
	NameAcronym  *string `json:"name_acronym"`
	Line         int     `json:"line"`
	// SplitUS is the time of the split that is offered.
	SplitUS *int64 `json:"split_us"`
}

func suspectsOf(h *history.Race, entries []race.Entry) []suspectJSON {
	out := []suspectJSON{}
	for _, v := range notCounted {
		for _, j := range h.Passings(v) {
			one := suspectJSON{
				Seq: uint64(j.Seq), Verdict: v.String(), Reason: j.Reason, TimeUS: int64(j.Time), Line: j.Line,
			}
			if j.Car != race.NoCar {
				e := entries[j.Car]
				one.DriverNumber, one.NameAcronym = &e.Number, &e.Code
			}
			if v == race.Suspect && j.Split != race.NoTime {
				split := int64(j.Split)
				one.SplitUS = &split
			}
			out = append(out, one)
		}
	}
	return out
}

// saySuspects prints the number of passings of each verdict, and the first of them with the reason.
func saySuspects(w io.Writer, h *history.Race, entries []race.Entry, lines []race.Line) {
	for _, v := range notCounted {
		list := h.Passings(v)
		if len(list) == 0 {
			continue
		}
		fmt.Fprintf(w, "%d %s %s\n", len(list), v, cli.Plural(len(list), "passing"))
		for _, j := range list[:min(len(list), suspectsMax)] {
			whose := "no car"
			if j.Car != race.NoCar {
				whose = strings.TrimSpace(fmt.Sprintf("car %d %s", entries[j.Car].Number, race.Isolated(entries[j.Car].Code)))
			}
			fmt.Fprintf(w, "  record %d, %v, %s, line %d (%v): %s\n", j.Seq, j.Time, whose, j.Line, lines[j.Line].Kind, j.Reason)
			if v == race.Suspect && j.Split != race.NoTime {
				fmt.Fprintf(w, "    a split of the lap is offered at %v\n", j.Split)
			}
		}
		if more := len(list) - suspectsMax; more > 0 {
			fmt.Fprintf(w, "  and %d more (--json lists them all)\n", more)
		}
	}
}
