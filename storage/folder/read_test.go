package folder_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

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

func TestRead_SaysFileLineAndWhatWasExpected(t *testing.T) {
	good := lapsHeader + "7,AAA,1,90000,90000\n"
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"no laps":           {map[string]string{}, "laps.csv: is missing"},
		"an empty file":     {map[string]string{"laps.csv": ""}, "laps.csv: the file is empty"},
		"a header alone":    {map[string]string{"laps.csv": lapsHeader}, "laps.csv: the file has a header and no rows"},
		"a missing column":  {map[string]string{"laps.csv": "number,lap,elapsed_ms\n7,1,5\n"}, `laps.csv:1: the column "lap_time_ms" is missing`},
		"text for a number": {map[string]string{"laps.csv": good + "7,AAA,two,90000,180000\n"}, `laps.csv:3: lap is "two": expected a whole number from 1 to 10000`},
		"a lap left out":    {map[string]string{"laps.csv": good + "7,AAA,3,90000,180000\n"}, "laps.csv:3: lap 3 of car 7 is out of order: expected lap 2"},
		"a lap twice":       {map[string]string{"laps.csv": good + "7,AAA,1,90000,180000\n"}, "laps.csv:3: lap 1 of car 7 is out of order: expected lap 2"},
		"time going back":   {map[string]string{"laps.csv": good + "7,AAA,2,90000,80000\n"}, "laps.csv:3: car 7 ends lap 2"},
		"a short line":      {map[string]string{"laps.csv": good + "7,AAA,2\n"}, "laps.csv:3: the number of fields differs"},
		"a car twice":       {map[string]string{"laps.csv": good, "grid.csv": "position,number,code\n1,7,AAA\n2,7,AAA\n"}, "grid.csv:3: car 7 is on the grid twice"},
		"a wrong ruling":    {map[string]string{"laps.csv": good, "results.csv": "position,number,time_penalty_ms,reason_retired\nXX,7,,\n"}, `results.csv:2: position is "XX": expected one of DNF`},
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

func FuzzRead(f *testing.F) {
	f.Add(lapsHeader+"7,AAA,1,90000,90000\n", "position,number,code\n1,7,AAA\n", `{"laps": 1}`)
	f.Fuzz(func(t *testing.T, laps, grid, head string) {
		r, err := read(map[string]string{"laps.csv": laps, "grid.csv": grid, "race.json": head})
		if err == nil && len(r.Records) == 0 {
			t.Error("no error and no race")
		}
	})
}
