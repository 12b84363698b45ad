package folder_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"lightsout/race"
)

// clubLaps is a race with laps of ten minutes, each car a second and a half slower than the one before. extra is the
// additional time by lap; lapTime and elapsed say which columns include it.
type clubLaps struct {
	cars, laps       int
	extra            map[int]int64 // ms
	lapTime, elapsed bool
}

func (c clubLaps) csv() string {
	type line struct {
		at   int64
		text string
	}
	var lines []line
	for car := range c.cars {
		real, elapsed := int64(0), int64(0)
		for n := 1; n <= c.laps; n++ {
			usual := 600_000 + int64(car)*1500
			took := usual
			if c.lapTime {
				took += c.extra[n]
			}
			elapsed += usual
			if c.elapsed {
				elapsed += c.extra[n]
			}
			real += usual + c.extra[n]
			lines = append(lines, line{real, fmt.Sprintf("%d,%d,%d,%d\n", 7+car, n, took, elapsed)})
		}
	}
	slices.SortFunc(lines, func(a, b line) int { return int(a.at - b.at) })
	out := "number,lap,lap_time_ms,elapsed_ms\n"
	for _, l := range lines {
		out += l.text
	}
	return out
}

// stops returns start and duration of the suspensions in the records, in seconds.
func stops(records []race.Record) (out [][2]int64) {
	var from race.Micros
	for _, r := range records {
		switch r.Body.(type) {
		case race.Suspended:
			from = r.Time
		case race.Resumed:
			out = append(out, [2]int64{int64(from / race.Second), int64((r.Time - from) / race.Second)})
		}
	}
	return out
}

func TestSuspensions_DoNotCountForTheRunningTime(t *testing.T) {
	const hour, half = 3_600_000, 1_800_000
	flags := func(list string) string { return `{"laps": 10, "red_flags": [` + list + `]}` }
	both := func(cars int, extra map[int]int64) clubLaps { return clubLaps{cars, 10, extra, true, true} }
	for name, c := range map[string]struct {
		head    string
		laps    clubLaps
		results string
		control string
		at      [][2]int64 // of one car; of more the field ends its lap later
		note    string
	}{
		"an hour in lap 8": {
			flags(`{"Lap": 8, "Resumed": "R"}`), both(1, map[int]int64{8: hour}), "", "", [][2]int64{{4200, 3600}},
			"red flag in lap 8: the race is taken to have stood still for 1:00:00.000 from 1:10:00.000",
		},
		"the lap as text":           {flags(`{"Lap": "8"}`), both(1, map[int]int64{8: hour}), "", "", [][2]int64{{4200, 3600}}, "lap 8"},
		"small letters, a fraction": {flags(`{"lap": 8.0, "resumed": true}`), both(1, map[int]int64{8: hour}), "", "", [][2]int64{{4200, 3600}}, "lap 8"},
		"a field":                   {flags(`{"Lap": 8}`), both(9, map[int]int64{8: hour}), "", "", [][2]int64{{4284, 3600}}, "lap 8"},
		"two, far apart":            {flags(`{"Lap": 4}, {"Lap": 8}`), both(5, map[int]int64{4: half, 8: half}), "", "", [][2]int64{{1818, 1800}, {6042, 1800}}, "lap 4"},
		"two in laps that follow":   {flags(`{"Lap": 7}, {"Lap": 8}`), both(5, map[int]int64{7: half, 8: half}), "", "", [][2]int64{{3636, 1800}, {6042, 1800}}, "lap 7"},
		"two in one lap":            {flags(`{"Lap": 8}, {"Lap": 8}`), both(5, map[int]int64{8: hour}), "", "", [][2]int64{{4242, 3600}}, "a second one in that lap"},
		"the lap after the flag's":  {flags(`{"Lap": 8}`), both(5, map[int]int64{9: hour}), "", "", [][2]int64{{4848, 3600}}, "lap 8"},
		"the first lap":             {flags(`{"Lap": 1}`), both(5, map[int]int64{1: hour}), "", "", [][2]int64{{0, 3600}}, "lap 1"},
		"the last lap":              {flags(`{"Lap": 10}`), both(5, map[int]int64{10: hour}), "", "", [][2]int64{{5454, 3600}}, "lap 10"},
		"lap times leave it out":    {flags(`{"Lap": 8}`), clubLaps{5, 10, map[int]int64{8: hour}, false, true}, "", "", [][2]int64{{4242, 3600}}, "lap 8"},
		"elapsed leaves it out": {
			flags(`{"Lap": 8}`), clubLaps{5, 10, map[int]int64{8: hour}, true, false}, "", "", [][2]int64{{4242, 3600}}, "of which the laps leave out 1:00:00.000",
		},
		"both leave it out, and the official time has it": {
			flags(`{"Lap": 8}`), clubLaps{5, 10, map[int]int64{8: hour}, false, false}, "position,number,time_ms\n2,8,\n1,7,9600000\n", "",
			[][2]int64{{4848, 3600}}, "of which the laps leave out 1:00:00.000",
		},
		"two that are left out": {
			flags(`{"Lap": 4}, {"Lap": 8}`), clubLaps{5, 10, map[int]int64{4: half, 8: half}, false, false}, "position,number,time_ms\n1,7,9600000\n", "",
			[][2]int64{{2424, 1800}, {6648, 1800}}, "the laps leave out 1:00:00.000 of 2 suspensions: each is taken to have an equal part of it",
		},
		"one is left out and one is not": {
			flags(`{"Lap": 4}, {"Lap": 8}`), both(5, map[int]int64{8: half}), "position,number,time_ms\n1,7,9600000\n", "",
			[][2]int64{{2424, 1800}, {6042, 1800}}, "red flag in lap 8: the race is taken to have stood still for 30:00.000",
		},
		"the official time has what the laps have": {
			flags(`{"Lap": 8}`), both(5, map[int]int64{8: hour}), "position,number,time_ms,time_penalty_ms\n1,7,9605000,5000\n", "", [][2]int64{{4242, 3600}}, "lap 8",
		},
		"control.csv says when": {
			flags(`{"Lap": 8}`), both(5, map[int]int64{8: hour}), "", "time,kind\n1:15:00,red\n2:15:00,clear\n", [][2]int64{{4500, 3600}},
			"red_flags of race.json are not read: control.csv says when the race was suspended",
		},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"race.json": c.head, "laps.csv": c.laps.csv()}
			if c.results != "" {
				files["results.csv"] = c.results
			}
			if c.control != "" {
				files["control.csv"] = c.control
			}
			records, notes := mustRecords(t, files)
			got := apply(t, records).Classification().Entries
			if len(got) != c.laps.cars || got[0].Laps != 10 || got[0].DurationMS-got[0].PenaltyMS != 9_600_000 {
				t.Errorf("%+v\n%s", got, strings.Join(notes, "\n"))
			}
			for i, e := range got {
				if e.Laps != 10 || e.DurationMS-e.PenaltyMS-9_600_000 != int64(i)*15_000 {
					t.Errorf("place %d: %+v", i+1, e)
				}
			}
			if at := stops(records); !slices.Equal(at, c.at) {
				t.Errorf("it stood still at %v, expected %v", at, c.at)
			}
			if !strings.Contains(strings.Join(notes, "\n"), c.note) {
				t.Errorf("%q is missing in\n%s", c.note, strings.Join(notes, "\n"))
			}
		})
	}
}

func TestSuspensions_WithoutKnownDurationAreNoted(t *testing.T) {
	hour := map[int]int64{8: 3_600_000}
	for name, c := range map[string]struct {
		head string
		laps clubLaps
		note string
	}{
		"no lap is longer": {
			`{"laps": 10, "red_flags": [{"Lap": 5}]}`, clubLaps{5, 10, nil, true, true},
			"red flag in lap 5: no lap near it is longer than usual, so that it is not known how long the race stood still: say so in control.csv (red, clear)",
		},
		"a lap that no car drove": {`{"laps": 10, "red_flags": [{"Lap": 50}]}`, clubLaps{5, 10, nil, true, true}, "red flag in lap 50: no car has a crossing on either side of it"},
		"no flag":                 {`{"laps": 10}`, clubLaps{5, 10, hour, true, true}, "no car crossed the line for 1:09:18.000 from 1:10:42.000, and the laps are 1:00:00.000 longer than usual"},
		"a flag elsewhere":        {`{"laps": 10, "red_flags": [{"Lap": 3}]}`, clubLaps{5, 10, hour, true, true}, "no car crossed the line for 1:09:18.000"},
		"passings are there": {
			`{"laps": 10, "red_flags": [{"Lap": 3}]}`, clubLaps{}, "red_flags of race.json are not read: passings.csv is there; say in control.csv when the race was suspended",
		},
	} {
		files := map[string]string{"race.json": c.head, "laps.csv": c.laps.csv()}
		if c.laps.cars == 0 {
			files = map[string]string{"race.json": c.head, "passings.csv": "time_ms,number\n600000,7\n"}
		}
		if _, notes := mustRecords(t, files); !strings.Contains(strings.Join(notes, "\n"), c.note) {
			t.Errorf("%s: %q is missing in\n%s", name, c.note, strings.Join(notes, "\n"))
		}
	}
}
