package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"lightsout/cmd/internal/cli"
)

// RacesConfig says which whole races are measured.
type RacesConfig struct {
	// Program is this program: each race runs in a process of its own, so that its peak of memory is its own.
	Program string
	Circuit string
	Sizes   []int
	Laps    int // 0 means LapsOf
	Repeats int
}

// LapsOf is the length of the race of a field: as many laps as 30,000 laps of single cars give, from 1 to 57.
func LapsOf(cars int) int { return max(1, min(57, 30_000/cars)) }

// Spread is a measure of several runs.
type Spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// spreadOf needs at least one value.
func spreadOf(values []float64) Spread {
	slices.Sort(values)
	n := len(values)
	return Spread{Median: (values[(n-1)/2] + values[n/2]) / 2, Min: values[0], Max: values[n-1]}
}

// RaceLoad is the cost of whole races of a field.
type RaceLoad struct {
	Cars        int     `json:"cars"`
	Laps        int     `json:"laps"`
	Runs        int     `json:"runs"`
	RaceSeconds float64 `json:"race_seconds"`
	// With the log: how many times faster than the clock, memory and file.
	RealTime  Spread  `json:"real_time_factor"`
	PeakBytes Spread  `json:"peak_bytes"`
	DiskBytes float64 `json:"disk_bytes"`
	// CPUSeconds of the whole process; where the machine has other work, they vary less than the times.
	CPUSeconds Spread `json:"cpu_seconds"`
	// The actors alone, once.
	AloneRealTime  float64 `json:"actors_alone_real_time_factor"`
	AlonePeakBytes float64 `json:"actors_alone_peak_bytes"`
	// Note says what the field does not stand for; empty if it fits on the circuit.
	Note string `json:"note,omitempty"`
}

// RacesReport is the result of Races.
type RacesReport struct {
	Processors  int        `json:"processors"`
	Circuit     string     `json:"circuit"`
	CircuitName string     `json:"-"`
	LengthM     float64    `json:"length_m"`
	TickHz      int        `json:"tick_hz"`
	Loads       []RaceLoad `json:"loads"`
}

// Races measures whole races, from the grid to the flag. The fields take turns, so that a drift of the machine's speed shows as spread.
func Races(ctx context.Context, cfg RacesConfig, status io.Writer) (*RacesReport, error) {
	c, err := cli.OpenCircuit(cfg.Circuit)
	if err != nil {
		return nil, err
	}
	report := &RacesReport{Processors: runtime.GOMAXPROCS(0), Circuit: c.Key, CircuitName: c.Name, LengthM: c.Length(), TickHz: 10}
	specs, runs := make([]RaceSpec, len(cfg.Sizes)), make([][]RaceRun, len(cfg.Sizes))
	for i, cars := range cfg.Sizes {
		specs[i] = RaceSpec{Circuit: cfg.Circuit, Cars: cars, Laps: cfg.Laps, Log: true}
		if cfg.Laps == 0 {
			specs[i].Laps = LapsOf(cars)
		}
	}
	for round := range cfg.Repeats {
		for i, spec := range specs {
			fmt.Fprintf(status, "round %d of %d: %d %s, %d %s", round+1, cfg.Repeats, spec.Cars, cli.Plural(spec.Cars, "car"), spec.Laps,
				cli.Plural(spec.Laps, "lap"))
			run, err := ownProcess(ctx, cfg.Program, spec)
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(status, ": %s\n", run)
			runs[i] = append(runs[i], *run)
		}
	}
	for i, spec := range specs {
		fmt.Fprintf(status, "the actors alone: %d %s", spec.Cars, cli.Plural(spec.Cars, "car"))
		spec.Log = false
		alone, err := ownProcess(ctx, cfg.Program, spec)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(status, ": %s\n", alone)
		load := loadOf(spec, runs[i], alone)
		load.Note = cli.Crowded(spec.Cars, c)
		report.Loads = append(report.Loads, load)
	}
	return report, nil
}

// ownProcess runs a race in a process of its own: the hidden command "bench race".
func ownProcess(ctx context.Context, program string, spec RaceSpec) (*RaceRun, error) {
	cmd := exec.CommandContext(ctx, program, "bench", "race", "--circuit", spec.Circuit, "--cars", strconv.Itoa(spec.Cars),
		"--laps", strconv.Itoa(spec.Laps), "--log="+strconv.FormatBool(spec.Log))
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("a race of %d cars: %w", spec.Cars, errors.Join(err, errors.New(strings.TrimSpace(errs.String()))))
	}
	run := &RaceRun{}
	if err := json.Unmarshal(out, run); err != nil {
		return nil, fmt.Errorf("read the figures of a race of %d cars: %w", spec.Cars, err)
	}
	run.CPUSeconds = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	return run, nil
}

func loadOf(spec RaceSpec, runs []RaceRun, alone *RaceRun) RaceLoad {
	of := func(value func(*RaceRun) float64) Spread {
		values := make([]float64, len(runs))
		for i := range runs {
			values[i] = value(&runs[i])
		}
		return spreadOf(values)
	}
	return RaceLoad{
		Cars: spec.Cars, Laps: spec.Laps, Runs: len(runs), RaceSeconds: runs[0].RaceSeconds, RealTime: of((*RaceRun).realTime),
		PeakBytes:     of(func(r *RaceRun) float64 { return float64(r.PeakBytes) }),
		DiskBytes:     of(func(r *RaceRun) float64 { return float64(r.DiskBytes) }).Median,
		CPUSeconds:    of(func(r *RaceRun) float64 { return r.CPUSeconds }),
		AloneRealTime: alone.realTime(), AlonePeakBytes: float64(alone.PeakBytes),
	}
}
