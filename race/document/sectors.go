package document

import (
	"cmp"
	"fmt"
	"slices"

	"lightsout/race"
)

// sectorBest is a car's best time in a sector and its lap; 0 means none.
type sectorBest struct {
	car race.CarIdx
	ms  int64
	lap int
}

// bestSectors ranks each car's best time in each sector, and the ideal laps, which are their sums.
func bestSectors(in *Input, d *Document) {
	d.Title, d.blocks = "Best sector times", true
	d.Columns = append([]Column{{Name: "sector"}, {Name: "rank", Kind: Number, Label: "Pos"}}, who()...)
	d.Columns = append(d.Columns,
		Column{Name: "time", Unit: "ms", Kind: Time, Label: "Time"}, Column{Name: "gap", Unit: "ms", Kind: Gap, Label: "Gap"},
		Column{Name: "lap", Kind: Number, Label: "Lap"})
	best := in.sectorBests()
	for sector := range 3 {
		var list []sectorBest
		for _, car := range best {
			if car[sector].ms > 0 {
				list = append(list, car[sector])
			}
		}
		in.rank(d, fmt.Sprint(sector+1), fmt.Sprintf("Sector %d", sector+1), list)
	}
	var ideal []sectorBest
	for _, car := range best {
		if car[0].ms > 0 && car[1].ms > 0 && car[2].ms > 0 {
			ideal = append(ideal, sectorBest{car: car[0].car, ms: car[0].ms + car[1].ms + car[2].ms})
		}
	}
	in.rank(d, "ideal", "Ideal lap", ideal)
	if len(d.Rows) == 0 {
		d.note("No sector times were taken.")
		return
	}
	d.note("Sectors of deleted laps do not count. The ideal lap is the sum of a car's best sectors.")
}

// sectorBests returns each car's best sectors, by slot; of equal times the earlier one.
func (in *Input) sectorBests() [][3]sectorBest {
	best := make([][3]sectorBest, len(in.Entries))
	for i := range best {
		for s := range best[i] {
			best[i][s].car = race.CarIdx(i)
		}
	}
	for _, l := range in.lapsByCar() {
		if l.Deleted || l.Car < 0 || int(l.Car) >= len(best) {
			continue
		}
		for s, ms := range l.SectorsMS {
			if b := &best[l.Car][s]; ms > 0 && (b.ms == 0 || ms < b.ms) {
				b.ms, b.lap = ms, l.Number
			}
		}
	}
	return best
}

// rank adds a list sorted by time; equal times share a rank.
func (in *Input) rank(d *Document, sector, group string, list []sectorBest) {
	slices.SortStableFunc(list, func(a, b sectorBest) int { return cmp.Or(cmp.Compare(a.ms, b.ms), cmp.Compare(a.car, b.car)) })
	rank := 0
	for i, b := range list {
		if i == 0 || b.ms != list[i-1].ms {
			rank = i + 1
		}
		t, gap := millis(b.ms), millis(b.ms-list[0].ms)
		if rank == 1 {
			t, gap = t.set("best"), gap.as("–")
		}
		d.add(group, []Cell{text(sector), number(rank)}, in.who(b.car), []Cell{t, gap, positive(b.lap)})
	}
}
