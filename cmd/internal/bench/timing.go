package bench

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"

	"lightsout/cmd/internal/cli"
	"lightsout/race"
	"lightsout/race/timing"
)

// ApplyLoad is how fast the rulebook processes the passings of a field, on one core. Figures are medians of rounds.
type ApplyLoad struct {
	Cars     int `json:"cars"`
	Passings int `json:"passings"`
	// PerSecond is passings through Apply, with the facts that follow.
	PerSecond  float64 `json:"passings_per_second"`
	PerPassing float64 `json:"ns_per_passing"`
	// ToFirst is the speed relative to the first field's in the same round.
	ToFirst float64 `json:"ratio_to_first"`
}

// TimingReport is the result of Timing.
type TimingReport struct {
	Processors int         `json:"processors"` // of the machine
	Lines      int         `json:"lines"`
	Rounds     int         `json:"rounds"`
	Apply      []ApplyLoad `json:"apply"`
	// Ingest measures an HTTP request until its passings are durable and applied.
	Ingest []IngestLoad `json:"ingest"`
}

// RequestsMax bounds the requests to what the longest race can hold: a tenth of them report a thousand passings each.
const RequestsMax = 1000

// Timing measures passings through the rulebook for fields of several sizes, and from HTTP requests to the disk.
func Timing(ctx context.Context, sizes []int, rounds, requests int, status io.Writer) (*TimingReport, error) {
	report := &TimingReport{Processors: runtime.GOMAXPROCS(0), Lines: benchLines, Rounds: rounds}
	var err error
	if report.Apply, err = benchApply(sizes, rounds, status); err != nil {
		return nil, err
	}
	report.Ingest, err = benchIngest(ctx, requests, status)
	return report, err
}

// Print prints the report as tables.
func (r *TimingReport) Print(out io.Writer) error {
	fmt.Fprintf(out, "the rulebook on one core, %d timing lines, medians of %d rounds\n", r.Lines, r.Rounds)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "cars\tpassings\tpassings/s\tns/passing\tto first\t")
	for _, l := range r.Apply {
		fmt.Fprintf(t, "%d\t%d\t%.0f\t%.0f\t%.2f\t\n", l.Cars, l.Passings, l.PerSecond, l.PerPassing, l.ToFirst)
	}
	if err := cli.Flush(t); err != nil {
		return err
	}
	fmt.Fprintln(out, "\nfrom an HTTP request to its answer: durable and applied")
	fmt.Fprintln(t, "clients\tpassings/request\trequests\tp50 ms\tp99 ms\tpassings/s\t")
	for _, l := range r.Ingest {
		fmt.Fprintf(t, "%d\t%d\t%d\t%.2f\t%.2f\t%.0f\t\n", l.Clients, l.Items, l.Requests, l.P50MS, l.P99MS, l.Rate)
	}
	return cli.Flush(t)
}

// benchApply measures the sizes in turns on one core, garbage collection included.
func benchApply(sizes []int, rounds int, status io.Writer) ([]ApplyLoad, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	fields := make([]procession, len(sizes))
	for i, cars := range sizes {
		fields[i] = processionOf(cars)
	}
	took := make([][]float64, len(sizes)) // ns of each passing, by round
	ratios := make([][]float64, len(sizes))
	for round := range rounds {
		fmt.Fprintf(status, "round %d of %d\n", round+1, rounds)
		for i := range fields {
			d, err := fields[i].apply()
			if err != nil {
				return nil, err
			}
			took[i] = append(took[i], float64(d.Nanoseconds())/float64(len(fields[i].passings)))
			ratios[i] = append(ratios[i], took[0][round]/took[i][round])
		}
	}
	loads := make([]ApplyLoad, len(sizes))
	for i, cars := range sizes {
		ns := median(took[i])
		loads[i] = ApplyLoad{
			Cars: cars, Passings: len(fields[i].passings), PerSecond: 1e9 / ns, PerPassing: ns, ToFirst: median(ratios[i]),
		}
	}
	return loads, nil
}

func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

// benchLines is the number of timing lines, benchPassings about the number of passings of a field.
const (
	benchLines    = 20
	benchPassings = 200_000
)

// procession is a race: its records up to the start, and then its passings in time order.
type procession struct {
	opening    []race.Record
	passings   []benchPassing
	cars, laps int
}

// benchPassing is a passing without pointers, which the garbage collector would follow.
type benchPassing struct {
	at   race.Micros
	car  race.CarIdx
	line int32
}

// processionOf makes a field that drives a tenth of a second apart, closer if it is large, with a place or two changing in each lap.
func processionOf(cars int) procession {
	p := procession{cars: cars, laps: max(2, benchPassings/(benchLines*cars))}
	rules := race.F1(min(p.laps, race.LapsMax))
	rules.RunningLimit, rules.WindowLimit = 0, 0
	p.opening = append(p.opening, race.Record{Body: race.Announced{
		Race: race.Race{ID: "bench", Kind: race.External, Lines: benchCircuit(), Rules: rules, Cars: cars},
	}})
	for i := range cars {
		p.opening = append(p.opening, race.Record{Body: race.Entered{Entry: race.Entry{Number: i + 1, Grid: i + 1}}})
	}
	p.opening = append(p.opening, race.Record{Body: race.Started{}})
	const lap = 90 * race.Second
	spacing := min(100*race.Millisecond, 80*race.Second/race.Micros(cars))
	for n := range p.laps * benchLines {
		base := race.Micros(n+1) * lap / benchLines
		for i := range cars {
			car := i ^ n/benchLines&1 // neighbours swap places from lap to lap
			if car >= cars {
				car = i
			}
			p.passings = append(p.passings, benchPassing{base + race.Micros(i)*spacing, race.CarIdx(car), int32(n+1) % benchLines})
		}
	}
	slices.SortStableFunc(p.passings, func(a, b benchPassing) int { return cmp.Compare(a.at, b.at) })
	return p
}

// benchCircuit has three sectors in mini-sectors, and a speed trap.
func benchCircuit() []race.Line {
	lines := []race.Line{{Kind: race.LineFinish, Sector: 3}}
	for i := 1; i < benchLines; i++ {
		l := race.Line{Kind: race.LineMini, Permyriad: i * 10_000 / benchLines}
		switch i {
		case benchLines / 3:
			l.Kind, l.Sector = race.LineSector, 1
		case benchLines / 2:
			l.Kind = race.LineSpeedTrap
		case 2 * benchLines / 3:
			l.Kind, l.Sector = race.LineSector, 2
		}
		lines = append(lines, l)
	}
	return lines
}

// batch is how many records come at once, as from a journal.
const batch = 1000

// apply returns how long the rulebook takes for the passings, and checks that it counted all of them.
func (p *procession) apply() (time.Duration, error) {
	state := timing.New()
	var facts []race.Fact
	for i := range p.opening {
		if _, err := state.Apply(&p.opening[i], nil); err != nil {
			return 0, fmt.Errorf("apply a record of %T: %w", p.opening[i].Body, err)
		}
	}
	runtime.GC() // so that earlier garbage is not part of the measurement
	took, seq, records := time.Duration(0), race.Seq(len(p.opening)), make([]race.Record, 0, batch)
	for passings := range slices.Chunk(p.passings, batch) {
		records = records[:0]
		for _, h := range passings {
			seq++
			records = append(records, race.Record{Seq: seq, Time: h.at, Body: race.Passing{Car: h.car, Line: int(h.line)}})
		}
		began := time.Now()
		for i := range records {
			var err error
			if facts, err = state.Apply(&records[i], facts[:0]); err != nil {
				return 0, fmt.Errorf("apply a passing: %w", err)
			}
		}
		took += time.Since(began)
	}
	laps := 0
	for _, e := range state.Classification().Entries {
		laps += e.Laps
	}
	if want := p.cars * p.laps; laps != want {
		return 0, fmt.Errorf("the cars completed %d laps, expected %d", laps, want)
	}
	return took, nil
}
