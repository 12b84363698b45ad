package folder_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"lightsout/race/timing"
	"lightsout/storage/folder"
)

const lapsHeader = "number,code,lap,lap_time_ms,elapsed_ms\n"

func read(files map[string]string) (*folder.Race, error) {
	dir := fstest.MapFS{}
	for name, text := range files {
		dir[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return folder.Read(dir, "r")
}

func TestRead_ReportsFileLineAndExpectation(t *testing.T) {
	good := lapsHeader + "7,AAA,1,90000,90000\n"
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"no laps":           {map[string]string{}, "laps.csv: is missing"},
		"an empty file":     {map[string]string{"laps.csv": ""}, "laps.csv: the file is empty"},
		"a header alone":    {map[string]string{"laps.csv": lapsHeader}, "laps.csv: the file has a header and no rows"},
		"a missing column":  {map[string]string{"laps.csv": "number,lap,place\n7,1,5\n"}, `laps.csv:1: the column elapsed or lap_time is missing: expected elapsed_ms, end_ms, race_time_ms, total_time_ms, total_tm_ms, lap_time_ms, lap_duration_ms, lap_tm_ms; the header has number, lap, place`},
		"text for a number": {map[string]string{"laps.csv": good + "7,AAA,two,90000,180000\n"}, `laps.csv:3: lap is "two": expected a whole number from 1 to 10000`},
		"a lap left out":    {map[string]string{"laps.csv": good + "7,AAA,3,90000,180000\n"}, "laps.csv:3: lap 3 of car 7 is out of order: expected lap 2"},
		"a lap twice":       {map[string]string{"laps.csv": good + "7,AAA,1,90000,180000\n"}, "laps.csv:3: lap 1 of car 7 is out of order: expected lap 2"},
		"time going back":   {map[string]string{"laps.csv": good + "7,AAA,2,90000,80000\n"}, "laps.csv:3: car 7 ends lap 2"},
		"a short line":      {map[string]string{"laps.csv": good + "7,AAA,2\n"}, "laps.csv:3: the number of fields differs"},
		"a car twice":       {map[string]string{"laps.csv": good, "grid.csv": "position,number,code\n1,7,AAA\n2,7,AAA\n"}, "grid.csv:3: car 7 is there twice"},
		"a wrong ruling":    {map[string]string{"laps.csv": good, "results.csv": "position,number,time_penalty_ms,reason_retired\nXX,7,,\n"}, `results.csv:2: position is "XX": expected a number, or one of DNF`},
		"a wrong head":      {map[string]string{"laps.csv": good, "race.json": "{\n\"laps\": \"x\"}"}, "race.json:2: laps is a string"},
		"a broken head":     {map[string]string{"laps.csv": good, "race.json": "{\n\n,"}, "race.json:3: is no valid JSON"},
	} {
		_, err := read(c.files)
		var wrong *folder.Error
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	if r, err := read(map[string]string{"laps.csv": good}); err != nil || len(r.Records) != 5 || len(r.Notes) == 0 {
		t.Errorf("laps alone: %v, %v", r, err)
	}
}

func TestPassings_FaultsHaveFileLineAndExpectation(t *testing.T) {
	passings := "time_ms,number\n30000,7\n"
	for name, c := range map[string]struct{ file, text, want string }{
		"no time":              {"passings.csv", "number\n7\n", "passings.csv:1: the column time is missing: expected time_ms; the header has number"},
		"no car column":        {"passings.csv", "time_ms\n7\n", "passings.csv:1: the column number or transponder is missing"},
		"an empty transponder": {"passings.csv", passings + "40000,\n", "passings.csv:3: the passing has no car"},
		"another car":          {"passings.csv", passings + "40000,99\n", "passings.csv:3: car 99 is not among the entries: expected a number of entries.csv"},
		"a wrong time":         {"passings.csv", passings + "soon,7\n", `passings.csv:3: time_ms is "soon": expected a time such as 1:23.456, or a number`},
		"a line too many":      {"passings.csv", "time_us,number,line\n5,7,3\n", `passings.csv:2: line is "3": expected a whole number from 0 to 2`},
		"no truth":             {"passings.csv", "time_us,number,in_pit\n5,7,maybe\n", `passings.csv:2: in_pit is "maybe": expected true or false`},
		"no sequence":          {"passings.csv", "time_us,number,decoder,sequence\n5,7,d,\n", `passings.csv:2: sequence is ""`},
		"no passings":          {"passings.csv", "time_ms,number\n", "passings.csv: the file has a header and no rows"},
		"a box twice":          {"entries.csv", "number,transponders\n7,A B\n8,B\n", `entries.csv:3: the transponder "B" is car 7's`},
		"a car twice":          {"entries.csv", "number\n7\n7\n", "entries.csv:3: car 7 is there twice"},
		"a wrong grid":         {"entries.csv", "number,grid\n7,first\n", `entries.csv:2: grid is "first"`},
		"no finish line":       {"lines.csv", "kind\nsector\n", `lines.csv:2: kind is "sector": expected the finish line first`},
		"two finish lines":     {"lines.csv", "kind\nfinish\nfinish\n", "lines.csv:3: kind is"},
		"an unknown line":      {"lines.csv", "kind\nfinish\nhairpin\n", `lines.csv:3: unknown timing line "hairpin": allowed are finish, sector`},
		"an unknown kind":      {"control.csv", "time_ms,kind\n5,purple\n", `control.csv:2: kind is "purple": expected one of clear, yellow`},
		"no time of control":   {"control.csv", "kind\nred\n", "control.csv:1: the column time is missing"},
		"no amount":            {"control.csv", "time_ms,kind,number\n5,time,7\n", `control.csv:2: value is ""`},
		"no car":               {"control.csv", "time_ms,kind\n5,retired\n", `control.csv:2: number is ""`},
		"no passing":           {"control.csv", "time_ms,kind,of_row\n5,accept,77\n", "control.csv:2: of_row is 77: expected the row of a passing in passings.csv"},
		"no such row":          {"control.csv", "time_ms,kind,of_row\n5,undo,77\n", "control.csv:2: of_row is 77: expected the row of what it is about"},
		"a later row":          {"control.csv", "time_ms,kind,of_row\n5,undo,3\n6,red,\n", "control.csv:2: of_row is 3, which comes later"},
		"a late start":         {"control.csv", "time_ms,kind\n5,start\n", "control.csv:2: the start is at"},
		"no decoder":           {"control.csv", "time_ms,kind,value\n5,offset,3\n", "control.csv:2: decoder is empty"},
		"a preset":             {"race.json", `{"rules": {"name": "rally"}}`, `race.json: rules: unknown rule set "rally": allowed are f1, endurance, kart`},
		"an unknown rule":      {"race.json", `{"rules": {"lap": 3}}`, `race.json: rules: "lap" is unknown: expected name, laps, running_limit_us`},
		"a rule of text":       {"race.json", `{"rules": {"laps": "3"}}`, "race.json: rules: laps is a string: expected int"},
		"rules out of range":   {"race.json", `{"rules": {"laps": -3, "precision_us": 0}}`, "race.json: rules: laps is -3: allowed is 0 (by time) to 10000; "},
		"no rules":             {"race.json", `{"rules": 7}`, "race.json: rules: expected an object of the fields name, laps"},
		"no limit":             {"race.json", `{"rules": {"name": "endurance"}}`, "race.json: rules: a race needs laps or a time limit"},
	} {
		_, err := read(passingsFolder(map[string]string{c.file: c.text}))
		var wrong *folder.Error
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func TestFaults_AreReportedTogetherUpToTen(t *testing.T) {
	_, err := read(passingsFolder(map[string]string{"passings.csv": "time_ms,number\n" + strings.Repeat("x,7\n", 30)}))
	var faults folder.Faults
	if !errors.As(err, &faults) || len(faults) != 10 || faults[9].Line != 11 || strings.Count(err.Error(), "\n") != 9 {
		t.Errorf("got %v", err)
	}
}

func FuzzRead(f *testing.F) {
	small := passingsFolder(nil)
	control := "time_ms,kind,number,value,of_row,at_ms\n1000,red,,,,\n2000,clear,,,,\n3000,undo,,,2,\n70000,time,7,5000,,\n71000,served,7,,5,\n72000,accept,,,3,\n"
	f.Add(lapsHeader+"7,AAA,1,90000,90000\n", "position,number,code\n1,7,AAA\n", `{"laps": 1}`, "", "", "", "")
	f.Add("", "", small["race.json"], small["entries.csv"], small["lines.csv"], small["passings.csv"], control)
	f.Add(lapsHeader+"7,AAA,1,90000,90000\n", "", `{"rules": {"name": "f1"}}`, "number\n7\n", "", "", control)
	f.Fuzz(func(t *testing.T, laps, grid, head, entries, lines, passings, control string) {
		files := map[string]string{}
		for name, text := range map[string]string{
			"laps.csv": laps, "grid.csv": grid, "race.json": head, "entries.csv": entries, "lines.csv": lines,
			"passings.csv": passings, "control.csv": control,
		} {
			if text != "" {
				files[name] = text
			}
		}
		r, err := read(files)
		if err != nil {
			return
		}
		if len(r.Records) == 0 {
			t.Error("no error and no race")
		}
		s := timing.New()
		for i := range r.Records { // the rules may refuse some records
			_, _ = s.Apply(&r.Records[i], nil)
		}
	})
}
