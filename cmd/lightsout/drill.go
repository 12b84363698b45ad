package main

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"lightsout/actors/drill"
	"lightsout/cmd/internal/cli"
	"lightsout/race"
)

// drillFlags are what drill is asked.
type drillFlags struct {
	faults  []string
	seed    uint64
	circuit string
	cars    int
	laps    int
	asJSON  bool
	junit   string
	process bool
	kills   int
	// patience is how long the race may stand still.
	patience time.Duration
	influx   *influxFlags
}

func newDrill() *cobra.Command {
	f := drillFlags{influx: &influxFlags{}}
	cmd := &cobra.Command{
		Use: "drill NAME|FILE", Short: "Run a race with faults beside the same race without, and compare", Args: cobra.MaximumNArgs(1),
		Long: `Run a race with faults beside the same race without: kill its actors, poison them, let them hang, lose
their messages, take the disk away. What was injected, the recovery times and the verdict are printed: whether log, laps,
classification and the state hash at every lap are identical. Exit 1 if a promise is broken, or nothing was injected.

A scenario is one of the library (lightsout drill list), a YAML file (actors/drill/SCENARIO.md), or made of --fault. With --process the
race runs in a server of its own, which is killed with SIGKILL and started again.`,
		Example: `  lightsout drill half-the-field
  lightsout drill storm --seed 5 --json
  lightsout drill my-scenario.yaml --junit drill.xml
  lightsout drill --fault "kill: car, share: 0.5, every: 1s" --fault "store: full, at: 30s, for: 1s"
  lightsout drill --process --kills 10 --laps 20`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.process {
				if len(args) > 0 {
					return cli.BadInput("--process takes no scenario: the server itself is killed")
				}
				return drillProcess(cmd, f)
			}
			if (len(args) == 0) == (len(f.faults) == 0) {
				return cli.BadInput("which scenario? see lightsout drill list, give a YAML file, or say with --fault what goes wrong")
			}
			return runDrill(cmd.Context(), strings.Join(args, ""), f, cmd)
		},
	}
	cmd.Flags().StringArrayVar(&f.faults, "fault", nil, "a fault as in a scenario's file; may be given again, instead of a scenario")
	cmd.Flags().Uint64Var(&f.seed, "seed", 0, "seed of the faults, instead of the scenario's")
	cmd.Flags().StringVar(&f.circuit, "circuit", "", "circuit, instead of the scenario's")
	cmd.Flags().IntVar(&f.cars, "cars", 0, "cars, instead of the scenario's")
	cmd.Flags().IntVar(&f.laps, "laps", 0, "laps, instead of the scenario's")
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print the verdict as JSON")
	cmd.Flags().StringVar(&f.junit, "junit", "", "write the verdict as JUnit XML to this file")
	cmd.Flags().BoolVar(&f.process, "process", false, "kill the whole server instead of actors")
	cmd.Flags().IntVar(&f.kills, "kills", 5, "how often --process kills the server")
	cmd.Flags().DurationVar(&f.patience, "patience", drillPatience, "how long the race may stand still before it has failed")
	f.influx.add(cmd)
	cmd.AddCommand(newDrillList())
	return cmd
}

func newDrillList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the scenarios that ship with the program", Args: cobra.NoArgs,
		Example: "  lightsout drill list",
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := drill.Library()
			if err != nil {
				return fmt.Errorf("open the library: %w", err)
			}
			if asJSON {
				return cli.WriteJSON(cmd.OutOrStdout(), map[string]any{"scenarios": all})
			}
			t := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(t, "Name\tRace\tWhat happens")
			for _, s := range all {
				fmt.Fprintf(t, "%s\t%d cars, %d laps of %s\t%s\n", s.Name, s.Race.Cars, s.Race.Laps, s.Race.Circuit, s.About)
			}
			return cli.Flush(t)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return cmd
}

// scenario finds a scenario by its name in the library, or reads it from a file; flags go before what it says.
func (f drillFlags) scenario(name string) (*drill.Scenario, error) {
	s, err := f.findScenario(name)
	if err != nil {
		return nil, err
	}
	if f.seed != 0 {
		s.Seed = f.seed
	}
	if f.circuit != "" {
		s.Race.Circuit = f.circuit
	}
	if f.cars != 0 {
		s.Race.Cars = f.cars
	}
	if f.laps != 0 {
		s.Race.Laps = f.laps
	}
	if err := s.Validate(); err != nil {
		return nil, cli.BadInput("%w", err)
	}
	return s, nil
}

func (f drillFlags) findScenario(name string) (*drill.Scenario, error) {
	if len(f.faults) > 0 {
		return byHand(f.faults)
	}
	if strings.ContainsAny(name, "./\\") {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, cli.BadInput("%w", err)
		}
		s, err := drill.Parse(name, data)
		if err != nil {
			return nil, cli.BadInput("%w", err)
		}
		return s, nil
	}
	all, err := drill.Library()
	if err != nil {
		return nil, fmt.Errorf("open the library: %w", err)
	}
	at := slices.IndexFunc(all, func(s *drill.Scenario) bool { return s.Name == name })
	if at < 0 {
		names := make([]string, len(all))
		for i, s := range all {
			names[i] = s.Name
		}
		return nil, cli.BadInput("the scenario %q is unknown: allowed are %s, or a YAML file", name, strings.Join(names, ", "))
	}
	return all[at], nil
}

// byHand makes a scenario of faults that are given one by one.
func byHand(faults []string) (*drill.Scenario, error) {
	var out *drill.Scenario
	for i, fault := range faults {
		text := "{name: by-hand, about: Made of flags., faults: [{" + strings.Trim(fault, "{} ") + "}]}"
		s, err := drill.Parse(fmt.Sprintf("--fault %q", fault), []byte(text))
		switch {
		case err != nil:
			return nil, cli.BadInput("%w", err)
		case i == 0:
			out = s
		default:
			out.Faults = append(out.Faults, s.Faults...)
		}
	}
	return out, nil
}

// errDrillFailed ends the program with exit code 1; the verdict says why.
var errDrillFailed = errors.New("the drill failed")

func runDrill(ctx context.Context, name string, f drillFlags, cmd *cobra.Command) error {
	s, err := f.scenario(name)
	if err != nil {
		return err
	}
	if f.patience < time.Second {
		return cli.BadInput("--patience is %v: allowed are 1s and more", f.patience)
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s: the race undisturbed\n", s.Name)
	bounds := drillBounds{patience: f.patience}
	switch {
	case f.influx.given():
		bounds.influx = f.influx
		bounds.id = race.ID(fmt.Sprintf("drill-%d", time.Now().UnixNano())) // others are drilled into the same bucket
	case s.NeedsInflux():
		return cli.BadInput("the scenario %s strikes the feed to InfluxDB: say which with --influx-url", s.Name)
	}
	undisturbed, err := drillRun(ctx, s.Race.Order(), nil, bounds)
	if err != nil {
		return cli.AsBadInput(err)
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s: the race with faults\n", s.Name)
	in := drill.NewInjector(s, drill.Members{Cars: s.Race.Cars, Checkpoints: undisturbed.lines})
	bounds.ticks = 2*undisturbed.Ticks + 1000
	drilled, err := drillRun(ctx, s.Race.Order(), in, bounds)
	if err != nil {
		return err
	}
	v := drill.Judge(s, in, &undisturbed.Run, &drilled.Run)
	return f.report(v, cmd.OutOrStdout())
}

func (f drillFlags) report(v *drill.Verdict, out io.Writer) error {
	if f.junit != "" {
		if err := writeJUnit(f.junit, v); err != nil {
			return err
		}
	}
	var err error
	if f.asJSON {
		err = cli.WriteJSON(out, v)
	} else {
		err = printVerdict(out, v)
	}
	if err == nil && !v.Passed {
		err = errDrillFailed
	}
	return err
}

func printVerdict(out io.Writer, v *drill.Verdict) error {
	s := v.Scenario
	fmt.Fprintf(out, "%s · %d cars, %d laps of %s · seeds %d, %d\n%s\n", s.Name, s.Race.Cars, s.Race.Laps, s.Race.Circuit,
		s.Race.Seed, s.Seed, s.About)
	for i := range s.Faults {
		fmt.Fprintf(out, "  %d. %v\n", i+1, &s.Faults[i])
	}
	fmt.Fprintln(out)
	for i, strike := range v.Strikes[:min(10, len(v.Strikes))] {
		fmt.Fprintf(out, "  %10v  fault %d  %s\n", strike.At, strike.Fault, strike.What)
		if i == 9 && v.Injected > 10 {
			fmt.Fprintf(out, "  %10s  and %d more\n", "…", v.Injected-10)
		}
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	us := func(v int64) string { return (time.Duration(v) * time.Microsecond).String() }
	yes := map[bool]string{true: "identical", false: "DIFFERENT"}
	if s.Poisons() {
		yes[false] = "different, as a poisoned car is out of the race"
	}
	fmt.Fprintf(t, "\nInjected\t%d\nRestarts\t%s\n", v.Injected, restartsText(v.Restarts))
	fmt.Fprintf(t, "Recovery\tp50 %s, p99 %s, at most %s\n", us(v.RecoveryP50US), us(v.RecoveryP99US), us(v.RecoveryMaxUS))
	fmt.Fprintf(t, "Ticks\t%d, %d late, the longest took %d ms\n", v.Ticks, v.TicksLate, v.LongestTickMS)
	for _, fed := range v.Fed {
		fmt.Fprintf(t, "In InfluxDB: %s\t%d of %d points\n", fed.Series, fed.Points, fed.Expected)
	}
	fmt.Fprintf(t, "Messages set aside\t%d\nPassings filled in\t%d\n", v.SetAside, v.FilledIn)
	fmt.Fprintf(t, "Records\t%d, %d lost, %d doubled\n", v.Records, v.Lost, v.Doubled)
	fmt.Fprintf(t, "Classification\t%s\nLaps\t%s\nState hash at every lap\t%s\n", yes[v.Classification], yes[v.Laps], yes[v.Hashes])
	if err := cli.Flush(t); err != nil {
		return err
	}
	if v.Passed {
		fmt.Fprintln(out, "\nPASSED: "+map[bool]string{
			false: "the faults changed nothing but the restart counters",
			true:  "the poisoned cars were retired, and the race went on to its end",
		}[s.Poisons()])
		return nil
	}
	fmt.Fprintln(out, "\nFAILED")
	for _, b := range v.Broken {
		fmt.Fprintln(out, "  - "+b)
	}
	return nil
}

func restartsText(restarts map[string]int64) string {
	var parts []string
	for kind, n := range restarts {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", kind, n))
		}
	}
	if parts == nil {
		return "none"
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

// JUnit XML as CI systems read it.
type (
	junitSuite struct {
		XMLName  xml.Name    `xml:"testsuite"`
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Failure *junitFailure `xml:"failure,omitempty"`
		Output  string        `xml:"system-out,omitempty"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

func writeJUnit(path string, v *drill.Verdict) error {
	var text strings.Builder
	if err := printVerdict(&text, v); err != nil {
		return err
	}
	one := junitCase{Name: v.Scenario.Name, Class: "lightsout.drill", Output: text.String()}
	suite := junitSuite{Name: "lightsout drill", Tests: 1}
	if !v.Passed {
		suite.Failures = 1
		one.Failure = &junitFailure{v.Broken[0], strings.Join(v.Broken, "\n")}
	}
	suite.Cases = []junitCase{one}
	data, err := xml.MarshalIndent(suite, "", "  ")
	if err != nil {
		return fmt.Errorf("write JUnit XML: %w", err)
	}
	return cli.WriteFile(path, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s%s\n", xml.Header, data)
		return err //nolint:wrapcheck // it names the file
	})
}
