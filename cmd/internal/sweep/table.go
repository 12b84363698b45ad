package sweep

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"lightsout/race"
	"lightsout/race/batch"
	"lightsout/storage/export"
)

// table is a data set: a row of each car of each race, or of each of its laps.
type table struct {
	name, about string
	columns     []export.Column
	rows        func(it *Item, out *batch.Outcome, emit func(values ...any))
}

// head are the columns that say which race a row is of.
func (p *Plan) head() []export.Column {
	columns := []export.Column{{Name: "race_id", Type: export.Text}, {Name: "seed", Type: export.Count}, {Name: "repeat", About: "from 1", Type: export.Small}}
	for _, v := range p.Vary {
		kind := export.Real
		for _, one := range v.Values {
			if _, number := one.(json.Number); !number {
				kind = export.Text
			}
		}
		columns = append(columns, export.Column{Name: v.Path, About: "varied", Type: kind})
	}
	return columns
}

// headValues are the values of those columns.
func (it *Item) headValues(id race.ID) []any {
	out := []any{string(id), it.Order.Seed, it.Repeat}
	for _, v := range it.Values {
		out = append(out, shown(v))
	}
	return out
}

func (p *Plan) results() *table {
	small := func(name, unit, about string) export.Column {
		return export.Column{Name: name, Unit: unit, About: about, Type: export.Small}
	}
	some := func(name, unit, about string) export.Column {
		return export.Column{Name: name, Unit: unit, About: about, Type: export.Whole, Optional: true}
	}
	return &table{name: "results", about: "a row of each car of each race, in the order of the classification", columns: append(p.head(),
		some("position", "", "from 1; missing of a car that is not classified"), small("driver_number", "", ""),
		export.Column{Name: "name_acronym", Type: export.Text}, export.Column{Name: "team_name", Type: export.Text},
		small("grid_position", "", "from 1"), small("laps", "laps", "complete"), small("race_laps", "laps", "the distance"),
		export.Column{Name: "status", Type: export.Text}, some("duration_ms", "ms", "with penalties"), some("gap_ms", "ms", "to the winner; missing of cars that are laps down"),
		some("gap_laps", "laps", "to the winner"), some("best_lap_ms", "ms", ""), some("mean_lap_ms", "ms", "race time over laps"), small("stops", "", "")),
		rows: func(_ *Item, out *batch.Outcome, emit func(...any)) {
			for _, e := range out.Result.Entries {
				who := out.Entries[e.Car]
				position, gapLaps, mean := any(nil), any(nil), any(nil)
				if e.Position > 0 {
					position, gapLaps = e.Position, e.GapLaps
				}
				if e.Laps > 0 && e.DurationMS > 0 {
					mean = e.DurationMS / int64(e.Laps)
				}
				emit(position, who.Number, who.Code, who.Team, who.Grid, e.Laps, out.Distance, e.Status.String(), known(e.DurationMS),
					known(e.GapMS), gapLaps, positive(e.BestLapMS), mean, out.Stops[e.Car])
			}
		}}
}

func known(ms int64) any {
	if ms < 0 {
		return nil
	}
	return ms
}

func positive(ms int64) any {
	if ms <= 0 {
		return nil
	}
	return ms
}

func (p *Plan) laps() *table {
	small := func(name, unit string) export.Column {
		return export.Column{Name: name, Unit: unit, Type: export.Small}
	}
	return &table{name: "laps", about: "a row of each lap of each car of each race", columns: append(p.head(),
		small("driver_number", ""), export.Column{Name: "name_acronym", Type: export.Text}, small("lap_number", ""),
		export.Column{Name: "lap_duration_ms", Unit: "ms", Type: export.Whole}, small("position", ""), export.Column{Name: "compound", Type: export.Text},
		small("tyre_age", "laps"), export.Column{Name: "is_pit_in_lap", Type: export.Truth}, export.Column{Name: "is_pit_out_lap", Type: export.Truth},
		export.Column{Name: "end_ms", Unit: "ms", About: "race time at the line", Type: export.Whole}),
		rows: func(_ *Item, out *batch.Outcome, emit func(...any)) {
			for car, laps := range out.Laps {
				who := out.Entries[car]
				for _, l := range laps {
					emit(who.Number, who.Code, l.Number, l.DurationMS, l.Position, l.Tyre.String(), l.TyreAgeLaps, l.PitIn, l.PitOut, l.EndMS)
				}
			}
		}}
}

// encode writes the rows of a race as CSV.
func (t *table) encode(w io.Writer, it *Item, id race.ID, out *batch.Outcome) error {
	c := csv.NewWriter(w)
	head := it.headValues(id)
	t.rows(it, out, func(values ...any) {
		line := make([]string, 0, len(t.columns))
		for _, v := range append(head[:len(head):len(head)], values...) {
			if v == nil {
				line = append(line, "")
			} else {
				line = append(line, fmt.Sprint(v))
			}
		}
		_ = c.Write(line) // kept as c.Error
	})
	c.Flush()
	if err := c.Error(); err != nil {
		return fmt.Errorf("write rows: %w", err)
	}
	return nil
}

func (t *table) header(w io.Writer) error {
	names := make([]string, len(t.columns))
	for i := range t.columns {
		names[i] = t.columns[i].Name
	}
	c := csv.NewWriter(w)
	_ = c.Write(names) // kept as c.Error
	c.Flush()
	if err := c.Error(); err != nil {
		return fmt.Errorf("write the header: %w", err)
	}
	return nil
}

// read reads the rows of a CSV file that encode wrote.
func (t *table) read(r io.Reader, each func(cells []string) error) error {
	c := csv.NewReader(r)
	c.ReuseRecord = true
	for first := true; ; first = false {
		cells, err := c.Read()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read rows: %w", err)
		case first:
			continue
		}
		if err := each(cells); err != nil {
			return err
		}
	}
}

// parquet makes Parquet of the CSV file.
func (t *table) parquet(w io.Writer, r io.Reader) error {
	sheet, err := export.NewSheet(w, t.name, t.about, t.columns)
	if err != nil {
		return fmt.Errorf("begin the file: %w", err)
	}
	values := make([]any, len(t.columns))
	err = t.read(r, func(cells []string) error {
		for i := range t.columns {
			if values[i], err = typed(&t.columns[i], cells[i]); err != nil {
				return fmt.Errorf("column %s: %w", t.columns[i].Name, err)
			}
		}
		return sheet.Row(values)
	})
	return errors.Join(err, sheet.Close())
}

func typed(c *export.Column, cell string) (any, error) {
	if cell == "" && c.Optional {
		return nil, nil
	}
	switch c.Type {
	case export.Text:
		return cell, nil
	case export.Truth:
		return cell == "true", nil
	case export.Real:
		return strconv.ParseFloat(cell, 64)
	case export.Count:
		n, err := strconv.ParseUint(cell, 10, 64)
		return int64(n), err
	default:
		return strconv.ParseInt(cell, 10, 64)
	}
}
