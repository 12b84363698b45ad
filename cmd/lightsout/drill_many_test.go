package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/drills"
)

func TestDrillCommand_RunsManyScenariosAndSeedsAndComparesThem(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	report, a, b := filepath.Join(dir, "drills.xml"), filepath.Join(dir, "a.json"), filepath.Join(dir, "b.json")
	out, progress, err := command(t, "drill", "flaky-c*", "lost-hits", "--seeds", "1,3", "--jobs", "2", "--laps", "1", "--json", "--junit", report)
	var r drills.Results
	if decoded := json.Unmarshal([]byte(out), &r); err != nil || decoded != nil {
		t.Fatalf("%v, %v\n%.2000s", err, decoded, out)
	}
	if len(r.Runs) != 4 || r.Interrupted || r.Failed() != 0 || len(r.Scenarios) != 2 || r.Scenarios[1].Passed != 2 || r.Runs[3].Seed != 3 || r.Runs[3].Strikes == 0 {
		t.Errorf("the results are %+v", r)
	}
	if !strings.Contains(progress, "4 of 4: ") {
		t.Errorf("the progress is %q", progress)
	}
	data, err := os.ReadFile(report)
	var suite junitSuite
	if err != nil || xml.Unmarshal(data, &suite) != nil || suite.Tests != 4 || suite.Failures != 0 || suite.Cases[1].Name != "flaky-cars, seed 3" {
		t.Fatalf("the report is %s, %v", data, err)
	}
	if p := suite.Cases[1].Properties; len(p) != 3 || p[0] != (junitProperty{"seed", "3"}) || p[1].Value == "0" || p[2] != (junitProperty{"version", buildVersion()}) || suite.Cases[1].Time == "0.000" {
		t.Errorf("the case is %+v", suite.Cases[1])
	}

	mustWrite(t, a, out)
	r.Runs[2].Passed, r.Runs[2].Broken = false, []string{"2 records were lost"}
	if data, err = json.Marshal(r); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, b, string(data))
	if out, _, err := command(t, "drill", "compare", a, a); err != nil || !strings.Contains(out, "NOT WORSE") {
		t.Errorf("%v\n%s", err, out)
	}
	if out, _, err := command(t, "drill", "compare", a, b); !errors.Is(err, errWorse) || !strings.Contains(out, "lost-hits, seed 1: 2 records were lost") {
		t.Errorf("%v\n%s", err, out)
	}
	if out, _, err := command(t, "drill", "compare", b, a); err != nil || !strings.Contains(out, "Failed in A, passes in B: lost-hits, seed 1") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestDrillCommand_ManyLeaveAFolderEach(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "left")
	args := []string{"drill", "--fault", "kill: car, every: 5s", "--circuit", "kartwerk", "--cars", "4", "--laps", "1", "--seeds", "1-2", "--jobs", "2", "--out", dir}
	if out, said, err := command(t, args...); err != nil {
		t.Fatalf("%v\n%s%s", err, out, said)
	}
	for _, seed := range []string{"1", "2"} {
		of := filepath.Join(dir, "by-hand-"+seed)
		manifest, err := os.ReadFile(filepath.Join(of, "manifest.json"))
		if err != nil || !strings.Contains(string(manifest), `"seed": `+seed) || !strings.Contains(string(manifest), buildVersion()) {
			t.Errorf("seed %s: %v, %s", seed, err, manifest)
		}
		page, err := os.ReadFile(filepath.Join(of, "timeline.html"))
		if err != nil || !strings.Contains(string(page), "Undisturbed") {
			t.Errorf("seed %s: %v, a page of %d bytes", seed, err, len(page))
		}
		list, err := os.ReadFile(filepath.Join(of, "strikes.jsonl"))
		if err != nil || len(list) == 0 {
			t.Errorf("seed %s: %v, no strikes", seed, err)
		}
	}
	mustWrite(t, filepath.Join(dir, "by-hand-2", "mine.txt"), "mine")
	if err := os.Remove(filepath.Join(dir, "by-hand-2", "manifest.json")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := command(t, args...); !errors.Is(err, cli.ErrBadInput) || !strings.Contains(err.Error(), "by-hand-2 holds other files") {
		t.Errorf("among other files: %v", err)
	}
}

func TestDrillCommand_ManySayWhichSeedsFailed(t *testing.T) {
	t.Parallel()
	verdict := filepath.Join(t.TempDir(), "verdict.json")
	args := []string{"drill", "--fault", "kill: car, at: 5h", "--circuit", "kartwerk", "--cars", "4", "--laps", "1"}
	out, _, err := command(t, append(args, "--seeds", "5-7,9")...)
	if !errors.Is(err, errDrillFailed) || errors.Is(err, cli.ErrBadInput) || !strings.Contains(out, "5-7,9\n") || !strings.Contains(out, "by-hand, seed 6: nothing was injected") {
		t.Errorf("%v\n%s", err, out)
	}
	one, _, err := command(t, append(args, "--json")...)
	if !errors.Is(err, errDrillFailed) {
		t.Fatal(err)
	}
	mustWrite(t, verdict, one)
	if out, _, err := command(t, "drill", "compare", verdict, verdict); err != nil || !strings.Contains(out, "A: 1 drills, 1 failed") {
		t.Errorf("a verdict of one drill: %v\n%s", err, out)
	}
}

func TestDrillCommand_RefusesWhatManyDrillsCannotBe(t *testing.T) {
	t.Parallel()
	none := filepath.Join(t.TempDir(), "none.json")
	mustWrite(t, none, `{"kills": 5}`)
	for line, says := range map[string]string{
		"storm stalls --replay x":                   "--replay is given and means nothing for many drills",
		"all --shrink x":                            "--shrink is given and means nothing for many drills",
		"storm --jobs 2":                            "--jobs is given and means nothing for a drill of actors",
		"storm --seeds 3-1":                         `--seeds: "3-1" is none`,
		"storm --seeds 0-2":                         "--seeds has 0",
		"storm --seeds 1-2 --seed 4":                "--seed and --seeds",
		"storm --seeds 1-2 --jobs 0":                "--jobs is 0: allowed is 1 to 1024",
		"storm --seeds 1-2 --fault x":               "which scenario?",
		"--seeds 1-2":                               "which scenario?",
		"storm stalls --circuit nowhere":            "nowhere",
		"--cluster zombies two-at-once --kafka x:1": "--cluster takes one scenario: 2 are given",
		"influx-away storm":                         "--influx-url",
		"compare " + none + " " + none:              "no results of drills",
		"compare " + none + "-away " + none:         "no such file",
	} {
		if _, _, err := command(t, append([]string{"drill"}, strings.Fields(line)...)...); !errors.Is(err, cli.ErrBadInput) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, expected %q", line, err, says)
		}
	}
}

func TestSeedsText_WritesRangesAndSaysWhatItLeavesOut(t *testing.T) {
	for want, seeds := range map[string][]uint64{
		"":                              nil,
		"4":                             {4},
		"1-3,7,9-10":                    {1, 2, 3, 7, 9, 10},
		"1,3,5,7,9,11,13,15":            {1, 3, 5, 7, 9, 11, 13, 15},
		"1,3,5,7,9,11,13,15 and 2 more": {1, 3, 5, 7, 9, 11, 13, 15, 17, 18},
	} {
		if got := seedsText(seeds); got != want {
			t.Errorf("%v: got %q, expected %q", seeds, got, want)
		}
	}
}
