package document

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"lightsout/race"
)

// lapsByCar returns the laps sorted by car and number.
func (in *Input) lapsByCar() []race.Lap {
	out := slices.Clone(in.Laps)
	slices.SortStableFunc(out, func(a, b race.Lap) int {
		return cmp.Or(cmp.Compare(a.Car, b.Car), cmp.Compare(a.Number, b.Number))
	})
	return out
}

// lapChart has a row for each lap with the cars in the order in which they completed it (race.Lap.Position), preceded by the
// grid.
func lapChart(in *Input, d *Document) {
	d.Title = "Lap chart"
	byLap := map[int][]race.Lap{}
	last, most := 0, 0
	for _, l := range in.Laps {
		byLap[l.Number] = append(byLap[l.Number], l)
		last, most = max(last, l.Number), max(most, len(byLap[l.Number]))
	}
	grid := in.grid()
	most = max(most, len(grid))
	d.Columns = []Column{{Name: "lap", Kind: Number, Label: "Lap"}}
	for p := 1; p <= most; p++ {
		d.Columns = append(d.Columns, Column{Name: fmt.Sprintf("position_%d", p), Kind: Number, Label: fmt.Sprint(p)})
	}
	row := func(lap Cell, cars []race.CarIdx) {
		cells := make([]Cell, most)
		for i, car := range cars {
			cells[i] = number(in.entry(car).Number)
		}
		d.add("", []Cell{lap}, cells)
	}
	if len(grid) > 0 {
		row(number(0).as("Grid"), grid)
	}
	for lap := 1; lap <= last; lap++ {
		list := byLap[lap]
		slices.SortStableFunc(list, func(a, b race.Lap) int {
			return cmp.Or(cmp.Compare(a.Position, b.Position), cmp.Compare(a.Car, b.Car))
		})
		cars := make([]race.CarIdx, len(list))
		for i := range list {
			cars[i] = list[i].Car
		}
		row(number(lap), cars)
	}
	d.note("Each row has the numbers of the cars in the order in which they completed that lap.")
}

// grid returns the cars by grid position, pit-lane starters last; nil if there are no positions.
func (in *Input) grid() (out []race.CarIdx) {
	for i, e := range in.Entries {
		if e.Grid > 0 || e.PitLaneStart {
			out = append(out, race.CarIdx(i))
		}
	}
	slices.SortStableFunc(out, func(a, b race.CarIdx) int {
		x, y := in.Entries[a], in.Entries[b]
		lane := func(e race.Entry) int {
			if e.PitLaneStart {
				return 1
			}
			return 0
		}
		return cmp.Or(cmp.Compare(lane(x), lane(y)), cmp.Compare(x.Grid, y.Grid))
	})
	return out
}

// lapAnalysis lists every lap of every car: times, sectors, visits to the pit lane, and whether it was deleted.
func lapAnalysis(in *Input, d *Document) {
	d.Title, d.blocks = "Lap analysis", true
	hidden := who()
	for i := range hidden {
		hidden[i].Label = "" // in the heading of the block
	}
	d.Columns = append(hidden,
		Column{Name: "lap", Kind: Number, Label: "Lap"}, Column{Name: "lap_time", Unit: "ms", Kind: Time, Label: "Time"},
		Column{Name: "sector_1", Unit: "ms", Kind: Time, Label: "S1"}, Column{Name: "sector_2", Unit: "ms", Kind: Time, Label: "S2"},
		Column{Name: "sector_3", Unit: "ms", Kind: Time, Label: "S3"}, Column{Name: "position", Kind: Number, Label: "Pos"},
		Column{Name: "end", Unit: "ms", Kind: Time}, Column{Name: "pit_in", Kind: Truth}, Column{Name: "pit_out", Kind: Truth},
		Column{Name: "compound"}, Column{Name: "flag"}, Column{Name: "deleted", Kind: Truth},
		Column{Name: "marks", Label: " ", only: onPage})
	own, all := in.bestLaps()
	list := in.lapsByCar()
	slices.SortStableFunc(list, func(a, b race.Lap) int { // by car number
		return cmp.Compare(in.entry(a.Car).Number, in.entry(b.Car).Number)
	})
	for _, l := range list {
		lapTime := millis(l.DurationMS)
		switch {
		case l.Deleted:
			lapTime = lapTime.set("struck")
		case l.DurationMS == all:
			lapTime = lapTime.set("best")
		case l.DurationMS == own[l.Car]:
			lapTime = lapTime.set("own")
		}
		compound := Cell{}
		if l.Tyre != race.NoCompound {
			compound = text(l.Tyre.String())
		}
		d.add(in.heading(l.Car), in.who(l.Car), []Cell{
			number(l.Number), lapTime, positive(l.SectorsMS[0]), positive(l.SectorsMS[1]), positive(l.SectorsMS[2]),
			positive(l.Position), millis(l.EndMS), truth(l.PitIn), truth(l.PitOut), compound, text(l.Flag.String()), truth(l.Deleted),
			text(marks(&l)),
		})
	}
	d.note("Best lap of all and best laps of each car are set off; deleted laps are struck out. " +
		"IN and OUT: through the pit lane; Y, VSC, SC, R: under that flag.")
}

// bestLaps returns the fastest laps that were not deleted: by car and of all cars.
func (in *Input) bestLaps() (own map[race.CarIdx]int64, all int64) {
	own = map[race.CarIdx]int64{}
	for _, l := range in.Laps {
		if l.Deleted || l.DurationMS <= 0 {
			continue
		}
		if b, seen := own[l.Car]; !seen || l.DurationMS < b {
			own[l.Car] = l.DurationMS
		}
		if all == 0 || l.DurationMS < all {
			all = l.DurationMS
		}
	}
	return own, all
}

// marks returns the remarks on a lap.
func marks(l *race.Lap) string {
	var out []string
	for _, m := range []struct {
		holds bool
		mark  string
	}{
		{l.PitOut, "OUT"}, {l.PitIn, "IN"}, {l.Deleted, "DEL"},
		{l.Flag == race.FlagYellow, "Y"}, {l.Flag == race.FlagVirtualSafetyCar, "VSC"},
		{l.Flag == race.FlagSafetyCar, "SC"}, {l.Flag == race.FlagRed, "R"},
	} {
		if m.holds {
			out = append(out, m.mark)
		}
	}
	return strings.Join(out, " ")
}
