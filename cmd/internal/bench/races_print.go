package bench

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"lightsout/cmd/internal/cli"
)

// racesColumns are the columns of the table of whole races.
var racesColumns = []string{
	"cars", "laps", "race time", "× real time", "CPU, s", "memory, MB", "disk, MB", "actors alone: × real time", "memory, MB",
}

// Print prints the report as a table.
func (r *RacesReport) Print(out io.Writer) error {
	fmt.Fprintln(out, r.about())
	t := table(out)
	fmt.Fprintln(t, strings.Join(racesColumns, "\t")+"\t")
	for i := range r.Loads {
		fmt.Fprintln(t, strings.Join(r.Loads[i].cells(), "\t")+"\t")
	}
	if err := cli.Flush(t); err != nil {
		return err
	}
	if note := r.note(); note != "" {
		fmt.Fprintln(out, note)
	}
	return nil
}

// Markdown prints the report as it stands in docs/figures.md.
func (r *RacesReport) Markdown(out io.Writer) error {
	row := func(cells []string) string { return "| " + strings.Join(cells, " | ") + " |\n" }
	text := r.about() + "\n\n" + row(racesColumns) + strings.Repeat("|---", len(racesColumns)) + "|\n"
	for i := range r.Loads {
		text += row(r.Loads[i].cells())
	}
	if note := r.note(); note != "" {
		text += "\n" + note + ".\n"
	}
	if _, err := io.WriteString(out, text); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

func (r *RacesReport) about() string {
	text := fmt.Sprintf("Whole races on %s, %.2f km, at %d ticks a second, on %d processors", r.CircuitName, r.LengthM/1000, r.TickHz, r.Processors)
	if n := r.Loads[0].Runs; n > 1 {
		text += fmt.Sprintf(": the median of %d, in brackets the least and the most", n)
	}
	return text
}

// note is that of the largest field.
func (r *RacesReport) note() string {
	return slices.MaxFunc(r.Loads, func(a, b RaceLoad) int { return cmp.Compare(a.Cars, b.Cars) }).Note
}

func (l *RaceLoad) cells() []string {
	return []string{
		strconv.Itoa(l.Cars), strconv.Itoa(l.Laps), fmt.Sprintf("%d:%02d", int(l.RaceSeconds)/60, int(l.RaceSeconds)%60),
		spread(l.RealTime, digits), digits(l.CPUSeconds.Median), spread(l.PeakBytes, megabytes), megabytes(l.DiskBytes), digits(l.AloneRealTime), megabytes(l.AlonePeakBytes),
	}
}

// spread is a median, and in brackets the least and the most, if they differ.
func spread(s Spread, text func(float64) string) string {
	least, most := text(s.Min), text(s.Max)
	if least == most {
		return least
	}
	return fmt.Sprintf("%s (%s–%s)", text(s.Median), least, most)
}

// digits is a figure with as many digits as it is good for.
func digits(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func megabytes(v float64) string {
	if v == 0 {
		return "–"
	}
	return digits(v / 1e6)
}
