package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"text/tabwriter"

	"lightsout/actors/drill"
	"lightsout/cmd/internal/feed"
	"lightsout/race/sabotage"
	"lightsout/storage/influx"
)

// saboteur is a build in which mechanisms can be broken.
type saboteur struct{ bin string }

func mustSabotage(t *testing.T) saboteur {
	t.Helper()
	s := saboteur{filepath.Join(t.TempDir(), "sabotaged")}
	if out, err := exec.Command("go", "build", "-tags", "sabotage", "-o", s.bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return s
}

// drill runs a drill of a small race with a mechanism broken; an empty switch breaks none.
func (s saboteur) drill(broken string, args ...string) (string, error) {
	cmd := exec.Command(s.bin, append([]string{"drill", "--laps", "3", "--cars", "12", "--patience", "2s"}, args...)...)
	cmd.Env = append(os.Environ(), "LIGHTSOUT_SABOTAGE="+broken, feed.TokenEnv+"="+os.Getenv("INFLUX_TOKEN"))
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// finds reports whether a drill failed by its verdict, which says so in the given words.
func finds(out string, err error, says string) bool {
	return err != nil && strings.Contains(out, "\nFAILED\n") && strings.Contains(out, says) && !strings.Contains(out, "PASSED")
}

// feedScenario is the drill that needs an InfluxDB.
const feedScenario = "influx-away"

// with are the arguments of a drill of the library.
func with(t *testing.T, scenario string) []string {
	t.Helper()
	if scenario != feedScenario {
		return []string{scenario}
	}
	f := influxServer{feed.Config{Influx: influx.DefaultConfig()}}
	f.Influx.URL, f.Influx.Org, f.Influx.Bucket = os.Getenv("INFLUX_URL"), os.Getenv("INFLUX_ORG"), os.Getenv("INFLUX_BUCKET")
	return append([]string{scenario}, f.args()...)
}

// each calls do for numbers up to n, a few at a time.
func each(n int, do func(i int)) {
	var all sync.WaitGroup
	places := make(chan struct{}, max(2, runtime.GOMAXPROCS(0)))
	for i := range n {
		places <- struct{}{}
		all.Go(func() {
			do(i)
			<-places
		})
	}
	all.Wait()
}

func TestDrill_FindsEachMechanismThatIsSwitchedOff(t *testing.T) {
	long(t)
	s := mustSabotage(t)
	healthy, all := map[string]bool{}, sabotage.Switches()
	if os.Getenv("INFLUX_URL") == "" {
		t.Log("no InfluxDB: what only it shows is left out")
		all = slices.DeleteFunc(all, func(e sabotage.Entry) bool { return e.Scenario == feedScenario })
	}
	for _, e := range all {
		healthy[e.Scenario] = true
	}
	for scenario := range healthy {
		if out, err := s.drill("", with(t, scenario)...); err != nil || !strings.Contains(out, "PASSED") {
			t.Errorf("%s with everything on: %v\n%s", scenario, err, out)
		}
	}
	each(len(all), func(i int) {
		e := all[i]
		if out, err := s.drill(e.Name, with(t, e.Scenario)...); !finds(out, err, e.Says) {
			t.Errorf("%s does not find %s (%s), or does not say %q: %v\n%s", e.Scenario, e.Name, e.Breaks, e.Says, err, out)
		}
	})
	if out, err := s.drill("fill_in", "lost-hits"); err == nil || !strings.Contains(out, `"fill_in" is unknown`) {
		t.Errorf("an unknown switch: %v\n%s", err, out)
	}
}

// The verdict of a server judges the race that others watch and whose store they ask.
func TestDrills_OnAServerFindWhatIsBroken(t *testing.T) {
	long(t)
	s := mustSabotage(t)
	for broken, says := range map[sabotage.Switch]string{
		sabotage.RecorderFrames: "telemetry of", sabotage.TimekeeperLaps: "laps in the store", sabotage.RingLost: "as seen by the spectator who stays",
	} {
		t.Run(broken.String(), func(t *testing.T) {
			t.Setenv("LIGHTSOUT_SABOTAGE", broken.String())
			p := &process{t: t, bin: s.bin, db: filepath.Join(t.TempDir(), "races.db")}
			p.start()
			defer p.end(syscall.SIGTERM)
			id, _ := p.post("/api/v1/races", `{"circuit":"kartwerk","cars":12,"laps":2,"seed":4,"speed":60,"start":false}`)["id"].(string)
			p.post("/api/v1/races/"+id+"/drills", `{"scenario":"timing-in-the-dark"}`)
			p.post("/api/v1/races/"+id+"/start", "")
			verdict := p.awaitVerdict(id)
			if text := fmt.Sprint(verdict["broken"]); verdict["passed"] != false || !strings.Contains(text, says) {
				t.Errorf("passed: %v, broken: %s; expected %q", verdict["passed"], text, says)
			}
		})
	}
}

// A poisoned car excused whatever else was lost.
func TestDrill_APoisonedCarHidesNoLostPassings(t *testing.T) {
	long(t)
	s := mustSabotage(t)
	faults := []string{"--fault", "poison: car, at: 20s", "--fault", "hits: lose, chance: 0.5"}
	if out, err := s.drill("", faults...); err != nil || !strings.Contains(out, "PASSED: the poisoned cars were retired, and nothing else changed") {
		t.Errorf("with everything on: %v\n%s", err, out)
	}
	if out, err := s.drill(sabotage.FillIn.String(), faults...); !finds(out, err, "records of the undisturbed race are missing") {
		t.Errorf("without the fill-in: %v\n%s", err, out)
	}
}

// TestMutants_EverySwitchInEveryScenario prints who finds what. A switch that nobody finds fails, and a scenario that fails with everything on.
func TestMutants_EverySwitchInEveryScenario(t *testing.T) {
	if os.Getenv("LIGHTSOUT_MUTANTS") == "" {
		t.Skip("takes a quarter of an hour: go tool task test:mutants")
	}
	s := mustSabotage(t)
	library, err := drill.Library()
	if err != nil {
		t.Fatal(err)
	}
	scenarios := slices.DeleteFunc(slices.Clone(library), func(one *drill.Scenario) bool { return one.NeedsInflux() && os.Getenv("INFLUX_URL") == "" })
	switches := append([]sabotage.Entry{{Name: "", Breaks: "nothing"}}, sabotage.Switches()...)
	found := make([][]string, len(switches))
	for i := range found {
		found[i] = make([]string, len(scenarios))
	}
	each(len(switches)*len(scenarios), func(n int) {
		e, scenario := switches[n/len(scenarios)], scenarios[n%len(scenarios)]
		out, err := s.drill(e.Name, append(with(t, scenario.Name), "--json")...)
		var v drill.Verdict
		_, rest, _ := strings.Cut(out, "{") // the progress is before and after it
		parsed := json.NewDecoder(strings.NewReader("{" + rest)).Decode(&v)
		if parsed != nil {
			t.Errorf("%s in %s gives no verdict: %v\n%s", e.Name, scenario.Name, err, out)
		}
		found[n/len(scenarios)][n%len(scenarios)] = map[bool]string{true: "-", false: fmt.Sprint(len(v.Broken))}[v.Passed]
	})
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 1, ' ', 0)
	for i, scenario := range scenarios {
		fmt.Fprintf(&table, "%3d  %s\n", i+1, scenario.Name)
		fmt.Fprintf(w, "\t%d", i+1)
	}
	fmt.Fprintln(w, "\tbreaks")
	for i, e := range switches {
		fmt.Fprintf(w, "%s\t%s\t%s\n", e.Name, strings.Join(found[i], "\t"), e.Breaks)
		reach := e.Scenario != feedScenario || len(scenarios) == len(library)
		if missed := strings.Join(found[i], ""); reach && (strings.Trim(missed, "-") == "") != (e.Name == "") {
			t.Errorf("%q: broken promises by scenario are %v", e.Name, found[i])
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	t.Logf("broken promises by switch and scenario; - is a drill that passed\n%s", table.String())
}

func TestDrill_ShrinksToTheStrikesThatMatter(t *testing.T) {
	long(t)
	file := filepath.Join(t.TempDir(), "least.json")
	s := mustSabotage(t)
	out, err := s.drill("retry", "storm", "--shrink", file)
	if err == nil {
		t.Fatalf("it passed: %s", out)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var v drill.Verdict
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Strikes) != 1 || v.Passed {
		t.Errorf("it takes %d strikes: %v: %v\n%s", len(v.Strikes), v.Strikes, v.Broken, out)
	}
	again := func(broken string) (string, error) {
		cmd := exec.Command(s.bin, "drill", "--replay", file, "--patience", "2s")
		cmd.Env = append(os.Environ(), "LIGHTSOUT_SABOTAGE="+broken)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := again("retry"); err == nil {
		t.Errorf("they do not fail again: %s", out)
	}
	if out, err := again(""); err != nil {
		t.Errorf("they fail without the bug: %s", out)
	}
}
