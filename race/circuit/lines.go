package circuit

import (
	"fmt"
	"sort"

	"lightsout/race"
)

// arrange makes the timing lines of a circuit: ordered by place, the finish line first, sectors numbered.
func arrange(lines []race.Line) ([]race.Line, error) {
	sort.SliceStable(lines, func(i, j int) bool { return lines[i].Permyriad < lines[j].Permyriad })
	sector := 0
	for i := range lines {
		l := &lines[i]
		if l.Permyriad < 0 || l.Permyriad >= Lap || (l.Permyriad == 0) != (l.Kind == race.LineFinish) {
			return nil, fmt.Errorf("a %s line lies at %s of the lap: allowed is 0.0001 to 0.9999, 0 is the finish line",
				l.Kind, place(l.Permyriad))
		}
		if i > 0 && lines[i-1].Permyriad == l.Permyriad {
			return nil, fmt.Errorf("a %s and a %s line lie at the same place %s: one place has one line",
				lines[i-1].Kind, l.Kind, place(l.Permyriad))
		}
		l.Sector = 0
		if l.Kind == race.LineSector {
			sector++
			l.Sector = sector
		}
	}
	if sector != SectorsPerLap-1 {
		return nil, fmt.Errorf("there are %d sector lines: allowed are exactly %d, the finish line ends the last sector",
			sector, SectorsPerLap-1)
	}
	lines[0].Sector = SectorsPerLap
	if len(lines) > race.LinesMax {
		return nil, fmt.Errorf("there are %d timing lines: allowed are at most %d", len(lines), race.LinesMax)
	}
	return lines, nil
}

// place formats ten thousandths as a decimal fraction of the lap.
func place(permyriad int) string { return fmt.Sprintf("%.4f", float64(permyriad)/Lap) }

// divided adds mini-sector lines that divide each sector into n equal parts; a line at an occupied place moves to the next
// one.
func divided(lines []race.Line, n int) []race.Line {
	taken := map[int]bool{}
	bounds := []int{0}
	for _, l := range lines {
		taken[l.Permyriad] = true
		if l.Kind == race.LineSector {
			bounds = append(bounds, l.Permyriad)
		}
	}
	sort.Ints(bounds)
	bounds = append(bounds, Lap)
	for i := range len(bounds) - 1 {
		for k := 1; k < n; k++ {
			at := bounds[i] + (bounds[i+1]-bounds[i])*k/n
			for taken[at] && at < Lap {
				at++
			}
			taken[at] = true
			lines = append(lines, race.Line{Kind: race.LineMini, Permyriad: at})
		}
	}
	return lines
}

// defaults adds default lines and a pit lane to an imported outline: sectors at thirds, five mini-sectors each, a speed trap
// before the finish, and a lane beside the finish line on the inside.
func (c *Circuit) defaults() error {
	m := c.Length()
	aside := max(250, int(220/m*Lap)) // the lane extends about 220 m to either side, at least 2.5 %
	aside = min(aside, 1500)
	c.WidthM = 12
	c.Pit = Pit{Entry: Lap - aside, Exit: aside, LimitKMH: 80, BoxFrom: 3000, BoxTo: 7000}
	c.Pit.LengthMM = c.length / 1000 * int64(c.Pit.Span()) / Lap
	c.Pit.Left = area(c.track) > 0
	lines := []race.Line{
		{Kind: race.LineFinish},
		{Kind: race.LineSector, Permyriad: 3333}, {Kind: race.LineSector, Permyriad: 6667},
		{Kind: race.LineSpeedTrap, Permyriad: Lap - aside/3},
		{Kind: race.LinePitEntry, Permyriad: c.Pit.Entry}, {Kind: race.LinePitExit, Permyriad: c.Pit.Exit},
	}
	var err error
	c.Lines, err = arrange(divided(lines, 5))
	return err
}
