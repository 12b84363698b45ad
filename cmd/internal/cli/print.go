package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/rivo/uniseg"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"lightsout/race"
)

// WriteJSON prints a value as one indented JSON object.
func WriteJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// Flush prints a table.
func Flush(t *tabwriter.Writer) error {
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// Table is a table of text that people wrote. It measures the cells that a terminal uses: text/tabwriter counts code points, and a Chinese one
// takes two cells, a combining one none.
type Table struct{ rows [][]string }

// Row adds a row.
func (t *Table) Row(cells ...string) { t.rows = append(t.rows, cells) }

// pad aligns a cell within its column; room is the spaces that are left. The last column is not padded.
type pad func(cell, room string) string

// Left aligns a column to the left.
func Left(cell, room string) string { return cell + room }

// Right aligns a column to the right.
func Right(cell, room string) string { return room + cell }

// Write prints the rows with two spaces between columns.
func (t *Table) Write(w io.Writer, to pad) error {
	var widths []int
	for _, row := range t.rows {
		widths = append(widths, make([]int, max(0, len(row)-len(widths)))...)
		for i, cell := range row {
			widths[i] = max(widths[i], uniseg.StringWidth(cell))
		}
	}
	for _, row := range t.rows {
		cells := slices.Clone(row)
		for i, cell := range row[:len(row)-1] {
			cells[i] = to(cell, strings.Repeat(" ", widths[i]-uniseg.StringWidth(cell)))
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(strings.Join(cells, "  "), " ")); err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
	return nil
}

// Warnings is a log of warnings and errors, for commands without a server.
func Warnings(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// NewBar draws the progress of something long.
func NewBar(w io.Writer, total int64, more ...progressbar.Option) *progressbar.ProgressBar {
	return progressbar.NewOptions64(total, append([]progressbar.Option{
		progressbar.OptionSetWriter(w), progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(30),
	}, more...)...)
}

// Bar draws progress if standard error is a terminal.
func Bar(w io.Writer, what string) func(done, total int64) {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		return func(int64, int64) {}
	}
	var b *progressbar.ProgressBar
	return func(done, total int64) {
		if b == nil {
			b = NewBar(w, total, progressbar.OptionSetDescription(what))
		}
		_ = b.Set64(done) // only drawing
	}
}

// Plural is a word, in the plural unless n is 1.
func Plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// TimeText is a time or gap in ms with three decimals, after a sign; "-" if it is negative, which means none.
func TimeText(ms int64, sign string) string {
	if ms < 0 {
		return "-"
	}
	if sign != "" && ms < 60_000 {
		return fmt.Sprintf("%s%d.%03d", sign, ms/1000, ms%1000)
	}
	return sign + (race.Micros(ms) * race.Millisecond).String()
}
