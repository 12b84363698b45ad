package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/rivo/uniseg"
	"github.com/schollz/progressbar/v3"
)

// writeJSON prints a value for programs: one object, indented.
func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// flush prints a table.
func flush(t *tabwriter.Writer) error {
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// table is a table of what people named. Its columns are as wide as a terminal shows their text: text/tabwriter counts
// code points, which are two cells wide in Chinese and none where they combine.
type table struct{ rows [][]string }

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

// pad puts a cell beside the room that it leaves in its column. The last column has no other beside it.
type pad func(cell, room string) string

func left(cell, room string) string  { return cell + room }
func right(cell, room string) string { return room + cell }

// write prints the rows, two spaces between the columns.
func (t *table) write(w io.Writer, to pad) error {
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

// warnings is the log of a command that serves nobody.
func warnings(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// newBar draws how far something long has come.
func newBar(w io.Writer, total int64, more ...progressbar.Option) *progressbar.ProgressBar {
	return progressbar.NewOptions64(total, append([]progressbar.Option{
		progressbar.OptionSetWriter(w), progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(30),
	}, more...)...)
}
