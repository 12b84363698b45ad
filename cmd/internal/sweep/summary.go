package sweep

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"lightsout/cmd/internal/cli"
	"lightsout/race"
)

// Summary are the statistics of a sweep, for each combination of values.
type Summary struct {
	Plan   string   `json:"plan,omitempty"`
	Races  int      `json:"races"`
	Vary   []string `json:"vary"`
	Combos []Combo  `json:"combinations"`
}

// Combo are the statistics of a combination.
type Combo struct {
	Values []string `json:"values"` // of the fields that vary
	Races  int      `json:"races"`
	// WinnerGapMS is the gap of the second car on the winner's lap.
	WinnerGapMS Spread `json:"winner_gap_ms"`
	MeanLapMS   Spread `json:"mean_lap_ms"`
	// Retired is the share of starters that retired.
	Retired Share `json:"retired"`
	Cars    []Car `json:"cars"`
}

// Car are the statistics of a car, the most successful first.
type Car struct {
	Number       int    `json:"driver_number"`
	Code         string `json:"name_acronym"`
	Team         string `json:"team_name"`
	Wins         Share  `json:"wins"`
	Podiums      Share  `json:"podiums"`
	Retired      Share  `json:"retired"`
	Positions    []int  `json:"positions"` // how often it was classified first, second, …
	MeanPosition *Real  `json:"mean_position"`
	GapMS        Spread `json:"gap_ms"` // to the winner, where it is on the same lap
	BestLapMS    Spread `json:"best_lap_ms"`
	MeanLapMS    Spread `json:"mean_lap_ms"`
}

// Real is a number of six decimals.
type Real float64

func rounded(v float64) Real { return Real(math.Round(v*1e6) / 1e6) }

// MarshalJSON writes the number without an exponent.
func (r Real) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(r), 'f', -1, 64), nil
}

// Share is how often something happened, with its 95 % confidence interval.
type Share struct {
	Count int  `json:"count"`
	Of    int  `json:"of"`
	Share Real `json:"share"`
	Low   Real `json:"low"`
	High  Real `json:"high"`
}

// shareOf is a share with Wilson's interval, which holds for few and for rare events as well.
// Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, 1927.
func shareOf(count, of int) Share {
	s := Share{Count: count, Of: of}
	if of == 0 {
		return s
	}
	const z = 1.959964 // of 95 %
	n, p := float64(of), float64(count)/float64(of)
	middle := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	s.Share, s.Low, s.High = rounded(p), rounded(max(0, middle-half)), rounded(min(1, middle+half))
	return s
}

// Spread describes a distribution. Without values only Count is given.
type Spread struct {
	Count int   `json:"count"`
	Mean  *Real `json:"mean"`
	P10   *Real `json:"p10"`
	P50   *Real `json:"p50"`
	P90   *Real `json:"p90"`
	Min   *Real `json:"min"`
	Max   *Real `json:"max"`
}

// spreadOf describes values, which it sorts.
func spreadOf(values []float64) Spread {
	s := Spread{Count: len(values)}
	if len(values) == 0 {
		return s
	}
	slices.Sort(values)
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	at := func(q float64) *Real { // linear between ranks, as numpy does it
		x := q * float64(len(values)-1)
		i := int(x)
		v := values[i]
		if i+1 < len(values) {
			v += float64((x - float64(i)) * (values[i+1] - v))
		}
		return new(rounded(v))
	}
	s.Mean, s.P10, s.P50, s.P90 = new(rounded(sum/float64(len(values)))), at(0.1), at(0.5), at(0.9)
	s.Min, s.Max = at(0), at(1)
	return s
}

// tally counts what a summary is made of.
type tally struct {
	values          []string
	races           map[string]bool
	gaps, laps      []float64
	starts, retired int
	cars            map[int]*carTally
}

type carTally struct {
	Car
	starts, wins, podiums, retired int
	positionSum, classified        int
	gaps, bests, means             []float64
}

// summarise reads the rows of the results.
func (p *Plan) summarise(k *sink) (*Summary, error) {
	column := map[string]int{}
	for i := range k.columns {
		column[k.columns[i].Name] = i
	}
	of := map[string]*tally{}
	var order []*tally
	err := k.rows(func(cells []string) error {
		first := column["repeat"] + 1
		values := cells[first : first+len(p.Vary)]
		key := strings.Join(values, "\x00")
		t := of[key]
		if t == nil {
			t = &tally{values: slices.Clone(values), races: map[string]bool{}, cars: map[int]*carTally{}}
			of[strings.Clone(key)] = t
			order = append(order, t)
		}
		t.add(func(name string) string { return cells[column[name]] })
		return nil
	})
	if err != nil {
		return nil, err
	}
	s := &Summary{Vary: []string{}, Races: p.Len(), Combos: []Combo{}}
	for _, v := range p.Vary {
		s.Vary = append(s.Vary, v.Path)
	}
	for _, t := range order {
		s.Combos = append(s.Combos, t.combo())
	}
	return s, nil
}

// add adds a row.
func (t *tally) add(cell func(string) string) {
	number := func(name string) (float64, bool) {
		v, err := strconv.ParseFloat(cell(name), 64)
		return v, err == nil
	}
	n, _ := strconv.Atoi(cell("driver_number"))
	c := t.cars[n]
	if c == nil {
		c = &carTally{Car: Car{Number: n, Code: strings.Clone(cell("name_acronym")), Team: strings.Clone(cell("team_name"))}}
		t.cars[n] = c
	}
	t.races[strings.Clone(cell("race_id"))] = true
	t.starts, c.starts = t.starts+1, c.starts+1
	if cell("status") == race.StatusRetired.String() {
		t.retired, c.retired = t.retired+1, c.retired+1
	}
	if mean, is := number("mean_lap_ms"); is && cell("status") != race.StatusRetired.String() {
		t.laps, c.means = append(t.laps, mean), append(c.means, mean)
	}
	if best, is := number("best_lap_ms"); is {
		c.bests = append(c.bests, best)
	}
	position, classified := number("position")
	if !classified {
		return
	}
	at := int(position)
	for len(c.Positions) < at {
		c.Positions = append(c.Positions, 0)
	}
	c.Positions[at-1]++
	c.classified++
	c.positionSum += at
	if at == 1 {
		c.wins++
	}
	if at <= 3 {
		c.podiums++
	}
	if gap, is := number("gap_ms"); is && cell("gap_laps") == "0" {
		c.gaps = append(c.gaps, gap)
		if at == 2 {
			t.gaps = append(t.gaps, gap)
		}
	}
}

func (t *tally) combo() Combo {
	out := Combo{
		Values: t.values, Races: len(t.races), WinnerGapMS: spreadOf(t.gaps), MeanLapMS: spreadOf(t.laps), Retired: shareOf(t.retired, t.starts),
	}
	for _, c := range t.cars {
		c.Wins, c.Podiums, c.Retired = shareOf(c.wins, c.starts), shareOf(c.podiums, c.starts), shareOf(c.retired, c.starts)
		if c.classified > 0 {
			c.MeanPosition = new(rounded(float64(c.positionSum) / float64(c.classified)))
		}
		if c.Positions == nil {
			c.Positions = []int{}
		}
		c.GapMS, c.BestLapMS, c.MeanLapMS = spreadOf(c.gaps), spreadOf(c.bests), spreadOf(c.means)
		out.Cars = append(out.Cars, c.Car)
	}
	slices.SortFunc(out.Cars, func(a, b Car) int {
		return cmp.Or(cmp.Compare(b.Wins.Count, a.Wins.Count), cmp.Compare(b.Podiums.Count, a.Podiums.Count), cmp.Compare(mean(a), mean(b)),
			cmp.Compare(a.Number, b.Number))
	})
	return out
}

func mean(c Car) float64 {
	if c.MeanPosition == nil {
		return math.Inf(1)
	}
	return float64(*c.MeanPosition)
}

// carsPrinted bounds the cars of a combination on a terminal.
const carsPrinted = 20

// Print prints the statistics as tables.
func (s *Summary) Print(w io.Writer) error {
	ms := func(r *Real) string {
		if r == nil {
			return "-"
		}
		return cli.TimeText(int64(math.Round(float64(*r))), "")
	}
	for _, c := range s.Combos {
		var head []string
		for i, name := range s.Vary {
			head = append(head, name+" "+c.Values[i])
		}
		head = append(head, fmt.Sprintf("%d %s", c.Races, cli.Plural(c.Races, "race")), "mean lap "+ms(c.MeanLapMS.Mean),
			"winner ahead by "+ms(c.WinnerGapMS.P50)+" (median)", fmt.Sprintf("%.1f %% retired", 100*c.Retired.Share))
		fmt.Fprintln(w, strings.Join(head, " · "))
		t := cli.Table{}
		t.Row("No", "Car", "Wins", "Share", "95 %", "Podiums", "Position", "Gap", "Best lap", "Retired")
		for _, one := range c.Cars[:min(carsPrinted, len(c.Cars))] {
			position := "-"
			if one.MeanPosition != nil {
				position = fmt.Sprintf("%.1f", *one.MeanPosition)
			}
			t.Row(strconv.Itoa(one.Number), race.Isolated(one.Code), strconv.Itoa(one.Wins.Count), fmt.Sprintf("%.1f %%", 100*one.Wins.Share),
				fmt.Sprintf("%.1f–%.1f", 100*one.Wins.Low, 100*one.Wins.High), strconv.Itoa(one.Podiums.Count), position, ms(one.GapMS.P50),
				ms(one.BestLapMS.Min), strconv.Itoa(one.Retired.Count))
		}
		if err := t.Write(w, cli.Right); err != nil {
			return err
		}
		if more := len(c.Cars) - carsPrinted; more > 0 {
			fmt.Fprintf(w, "and %d more; --json has all\n", more)
		}
	}
	return nil
}
