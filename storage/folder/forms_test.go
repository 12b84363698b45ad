package folder_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"lightsout/race"
	"lightsout/storage/folder"
)

// club is a small race in one form of its files; the forms that other programs write must give the same race.
func club() map[string]string {
	return map[string]string{
		"race.json":   `{"name": "Club", "rules": {"name": "kart", "laps": 2}}`,
		"entries.csv": "number,code,driver,constructor,transponders\n7,JÖR,Jörg Müller,Équipe,A\n8,ANA,\"Ana \"\"Speedy\"\" Silva\",\"Nord, Süd\",B\n",
		"lines.csv":   "kind,sector,permyriad\nfinish,3,0\nspeed_trap,0,5000\n",
		"passings.csv": "time_ms,number,transponder,line,in_pit,speed_kmh\n15250,7,,1,false,124\n30500,7,,0,false,\n31250,,B,0,true,\n" +
			"83456,7,,0,false,\n84000,,B,0,false,\n",
		"control.csv": "time_ms,kind,number,value,reason\n40000,safety_car,,,\n90000,time,8,5000,über die Linie\n",
	}
}

func mustRecords(t *testing.T, files map[string]string) ([]race.Record, []string) {
	t.Helper()
	r, err := read(files)
	if err != nil {
		t.Fatal(err)
	}
	return r.Records, r.Notes
}

func changed(files map[string]string, change func(name, text string) (string, string)) map[string]string {
	out := map[string]string{}
	for name, text := range files {
		name, text := change(name, text)
		out[name] = text
	}
	return out
}

// onCSV changes the tables but not race.json.
func onCSV(change func(text string) string) func(name, text string) (string, string) {
	return func(name, text string) (string, string) {
		if strings.HasSuffix(name, ".csv") {
			text = change(text)
		}
		return name, text
	}
}

func TestFiles_AreReadInTheFormatsOfOtherPrograms(t *testing.T) {
	want, notes := mustRecords(t, club())
	if len(notes) > 0 {
		t.Fatalf("notes %q", notes)
	}
	encoded := func(e encoding.Encoding) func(name, text string) (string, string) {
		return func(name, text string) (string, string) {
			out, err := e.NewEncoder().String(text)
			if err != nil {
				t.Fatal(err)
			}
			return name, out
		}
	}
	semicolons := func(text string) string {
		return strings.ReplaceAll(strings.ReplaceAll(text, `"Nord, Süd"`, "Nord\x01 Süd"), ",", ";")
	}
	for name, change := range map[string]func(name, text string) (string, string){
		"UTF-8 with a mark":                   func(name, text string) (string, string) { return name, "\ufeff" + text },
		"UTF-16 little endian, with a mark":   encoded(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)),
		"UTF-16 big endian, with a mark":      encoded(unicode.UTF16(unicode.BigEndian, unicode.UseBOM)),
		"UTF-16 little endian without a mark": encoded(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)),
		"UTF-16 big endian without a mark":    encoded(unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)),
		"CR LF":                               func(name, text string) (string, string) { return name, strings.ReplaceAll(text, "\n", "\r\n") },
		"CR alone":                            onCSV(func(text string) string { return strings.ReplaceAll(text, "\n", "\r") }),
		"no end of the last line":             func(name, text string) (string, string) { return name, strings.TrimRight(text, "\n") },
		"semicolons":                          onCSV(func(text string) string { return strings.ReplaceAll(semicolons(text), "\x01", ",") }),
		"semicolons after sep=": onCSV(func(text string) string {
			return "sep=;\r\n" + strings.ReplaceAll(semicolons(text), "\x01", ",")
		}),
		"tabs": onCSV(func(text string) string {
			return strings.ReplaceAll(strings.ReplaceAll(semicolons(text), ";", "\t"), "\x01", ",")
		}),
		"capitals in headers": onCSV(func(text string) string {
			head, rows, _ := strings.Cut(text, "\n")
			return strings.ToUpper(head) + "\n" + rows
		}),
		"spaces in headers": onCSV(func(text string) string {
			head, rows, _ := strings.Cut(text, "\n")
			return " " + strings.ReplaceAll(strings.ReplaceAll(head, "_", " "), ",", " , ") + "\n" + rows
		}),
		"units in brackets": onCSV(func(text string) string { return strings.ReplaceAll(text, "time_ms", "Time (ms)") }),
		"other names of columns": onCSV(func(text string) string {
			return strings.NewReplacer("number", "Driver Number", "code", "name_acronym", "driver,", "Full Name,", "constructor", "team_name").Replace(text)
		}),
		"empty rows and fields at the end": onCSV(func(text string) string {
			return strings.ReplaceAll(text, "\n", ",\n") + "\n" + strings.Repeat(",", strings.Count(strings.Split(text, "\n")[0], ",")+1) + "\n"
		}),
		"capitals in file names": func(name, text string) (string, string) { return strings.ToUpper(name[:1]) + name[1:], text },
		"numbers with a fraction of zero": onCSV(func(text string) string {
			return strings.NewReplacer("\n7,", "\n7.0,", "\n8,", "\n8.0,", ",7,", ",7.0,", ",124", ",123.6").Replace(text)
		}),
		"truth in capitals": onCSV(func(text string) string {
			return strings.NewReplacer("true", "TRUE", "false", "False", "safety_car", "Safety Car").Replace(text)
		}),
	} {
		t.Run(name, func(t *testing.T) {
			got, _ := mustRecords(t, changed(club(), change))
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%+v\nexpected\n%+v", got, want)
			}
		})
	}
	latin, notes := mustRecords(t, changed(club(), encoded(charmap.ISO8859_1)))
	if !reflect.DeepEqual(latin, want) || len(notes) != 2 || !strings.Contains(strings.Join(notes, "\n"), "entries.csv is not in UTF-8: it is read as Windows-1252 (Latin-1)") {
		t.Errorf("Latin-1: %+v, notes %q", latin, notes)
	}
}

func TestTimes_AreReadInEveryUnit(t *testing.T) {
	want, _ := mustRecords(t, club())
	for name, times := range map[string][]string{
		"time_us": {"15250000", "30500000", "31250000", "83456000", "84000000"},
		"time_ms": {"15250.0", "30500", "0:31.250", "1:23.456", "0:01:24.000"},
		"time":    {"15.25", "30.5", `"31,250"`, "83.45600000000001", "1:24"},
		"Time":    {"0:15.25", "00:30.500", "0:31.25", `"1:23,456"`, "+84"},
		"time_s":  {"15.25", "30.4999999996", "31.250", "83.456", "84.0"},
	} {
		files := club()
		for i, ms := range []string{"15250", "30500", "31250", "83456", "84000"} {
			files["passings.csv"] = strings.ReplaceAll(files["passings.csv"], "\n"+ms+",", "\n"+times[i]+",")
		}
		files["passings.csv"] = strings.ReplaceAll(files["passings.csv"], "time_ms", name)
		if got, _ := mustRecords(t, files); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v\nexpected\n%+v", name, got, want)
		}
	}
}

func TestFiles_ThatAreNotTablesAreRefusedWithAReason(t *testing.T) {
	passings := club()["passings.csv"]
	utf16le, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(passings)
	if err != nil {
		t.Fatal(err)
	}
	with := func(from, to string) string { return strings.Replace(passings, from, to, 1) }
	for name, c := range map[string]struct{ file, text, want string }{
		"a spreadsheet":                   {"passings.csv", "PK\x03\x04 and so on", "passings.csv: the file is a zip file or a spreadsheet (.xlsx, .ods): expected text, saved as UTF-8"},
		"an old spreadsheet":              {"passings.csv", "\xd0\xcf\x11\xe0", "a spreadsheet (.xls)"},
		"gzip":                            {"passings.csv", "\x1f\x8b\x08", "compressed by gzip"},
		"UTF-32":                          {"passings.csv", "\xff\xfe\x00\x00t\x00\x00\x00", "in UTF-32"},
		"UTF-16, cut off":                 {"passings.csv", utf16le[:len(utf16le)-1], "has an odd number of bytes: it is cut off"},
		"a NUL":                           {"passings.csv", with("30500,7", "305\x0000,7"), `passings.csv:3: has the control character U+0000 after "305": expected text`},
		"an escape in a name":             {"entries.csv", "number,driver\n7,a\x1b[31mb\n8,b\n", `entries.csv:2: has the control character U+001B after "7,a"`},
		"a control character of Latin-1":  {"entries.csv", "number,driver\n7,a\u0085b\n8,b\n", "entries.csv:2: has the control character U+0085"},
		"a character that was lost":       {"entries.csv", "number,driver\n7,J\ufffdrg\n8,b\n", "entries.csv:2: has a character that was lost when the file was written (U+FFFD)"},
		"two encodings":                   {"entries.csv", "number,driver\n7,Jörg\n8,J\xf6rg\n", "entries.csv:3: a byte is no UTF-8, and other characters of the file are"},
		"a mark of UTF-8 before Latin-1":  {"entries.csv", "\ufeffnumber,driver\n7,J\xf6rg\n8,a\n", "entries.csv:2: a byte is no UTF-8"},
		"no character of Windows-1252":    {"entries.csv", "number,driver\n7,J\x81rg\n8,a\n", "entries.csv:2: has a character that was lost"},
		"a NUL in race.json":              {"race.json", "{\"name\": \"a\x00b\"}", "race.json:1: has the control character U+0000"},
		"a column twice":                  {"passings.csv", with("transponder", "Time (ms)"), `passings.csv:1: the column "time_ms" is there twice: expected it once`},
		"thousands":                       {"passings.csv", with("30500,", "30.500,"), `passings.csv:3: time_ms is "30.500": with three digits behind the separator it may be a thousand times as much`},
		"thousands with commas":           {"passings.csv", with("30500,", `"30,500",`), `passings.csv:3: time_ms is "30,500": with three digits`},
		"sixty seconds":                   {"passings.csv", with("30500,", "0:60.0,"), "expected a time such as 1:23.456"},
		"a time that is beyond all":       {"passings.csv", with("30500,", "999:00:00,"), `time_ms is "999:00:00", which is 999:00:00.000: expected -168:00:00.000 to 168:00:00.000`},
		"a number of many digits":         {"passings.csv", with("30500,", "99999999999999999999,"), "expected a time such as 1:23.456"},
		"a speed beyond all":              {"passings.csv", with(",124", ",1000.1"), `speed_kmh is "1000.1": expected a number from 0 to 1000`},
		"a car's number with thousands":   {"entries.csv", "number\n1.000\n", `number is "1.000": expected a whole number`},
		"a colour":                        {"entries.csv", "number,team_colour\n7,red\n8,00ff00\n", `colour is "red": expected six hexadecimal digits, rrggbb`},
		"a red flag without a lap":        {"race.json", `{"red_flags": [{"Lap": "soon"}]}`, "race.json: red_flags[0] has no lap in Lap: expected a whole number from 1 to 10000"},
		"a red flag in half a lap":        {"race.json", `{"red_flags": [{"Lap": 1}, {"Lap": 2.5}]}`, "race.json: red_flags[1] has no lap"},
		"a row that is too long":          {"passings.csv", passings + "85000,7,,0,false,,more\n", "passings.csv:7: the number of fields differs from the header's: 7, expected 6"},
		"a row that is too short":         {"passings.csv", passings + "85000,7\n", "passings.csv:7: the number of fields differs from the header's: 2, expected 6"},
		"a row that is too long with sep": {"passings.csv", "sep=,\n" + passings + "85000,7,,0,false,,more\n", "passings.csv:8: the number of fields differs"},
		"a quotation mark":                {"entries.csv", "number,driver\n7,Ana \"A\" B\n", "entries.csv:2: has a quotation mark that neither begins nor ends a field"},
		"a quotation that does not end":   {"entries.csv", "number,driver\n7,\"Ana\n8,b\n", "has a quotation mark that neither begins"},
		"a compound":                      {"control.csv", "time,kind,number,compound\n5,tyres,7,wooden\n", `unknown compound "wooden": allowed are unknown, soft, medium, hard`},
	} {
		files := club()
		files[c.file] = c.text
		if _, err := read(files); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	_, err = folder.Read(fstest.MapFS{"laps.csv": {Data: []byte("x")}, "Laps.csv": {Data: []byte("x")}}, "r")
	if err == nil || !strings.Contains(err.Error(), "is there as well") {
		t.Errorf("a file twice: %v", err)
	}
}

func TestLaps_AreReadInTheColumnsOfOpenF1AndTimingHouses(t *testing.T) {
	want, _ := mustRecords(t, map[string]string{
		"race.json": `{"laps": 2}`, "laps.csv": "number,lap,lap_time_ms,elapsed_ms\n7,1,90000,90000\n8,1,91500,91500\n7,2,83456,173456\n8,2,84000,175500\n",
	})
	for name, laps := range map[string]string{
		"seconds":             "driver_number,lap_number,lap_duration,date_start\n7,1,90.0,x\n8,1,91.5,x\n7,2,83.456,x\n8,2,84.0,x\n",
		"the sum of the laps": "No.;Lap;Lap Tm\n7;1;1:30,000\n7;2;1:23,456\n8;1;1:31,500\n8;2;1:24,000\n",
		"elapsed alone":       "No.;Lap;Total Tm\n7;1;1:30,000\n8;1;1:31,500\n7;2;2:53,456\n8;2;2:55,500\n",
		"our own export":      "driver_number,lap_number,lap_duration,lap_duration_ms,end_ms\n7,1,90,90000,90000\n8,1,91.5,91500,91500\n7,2,83.456,83456,173456\n8,2,84,84000,175500\n",
		"one time each":       "number,lap,lap_time_ms,elapsed_ms\n7,1,,90000\n8,1,91500,\n7,2,83456,\n8,2,,175500\n",
	} {
		got, notes := mustRecords(t, map[string]string{"race.json": `{"laps": 2}`, "laps.csv": laps})
		if !reflect.DeepEqual(passingsOf(got), passingsOf(want)) {
			t.Errorf("%s: %v\nexpected\n%v\n%q", name, passingsOf(got), passingsOf(want), notes)
		}
	}
	if _, err := read(map[string]string{"laps.csv": "number,lap,lap_duration\n7,1,\n"}); err == nil || !strings.Contains(err.Error(), "laps.csv:2: lap 1 of car 7 has no time") {
		t.Errorf("a lap without a time: %v", err)
	}
}

func passingsOf(records []race.Record) (out []string) {
	for _, r := range records {
		if p, ok := r.Body.(race.Passing); ok {
			out = append(out, fmt.Sprint(r.Time, p.Car))
		}
	}
	return out
}

func TestStops_EndTheirLapInThePitLane(t *testing.T) {
	records, _ := mustRecords(t, map[string]string{
		"race.json":    `{"laps": 3}`,
		"laps.csv":     "number,lap,lap_time_ms,elapsed_ms\n7,1,90000,90000\n7,2,110000,200000\n7,3,90000,290000\n",
		"pitstops.csv": "Driver Number;Lap;pit_lane_ms;stationary_s\n7;1;24500;2,4\n7;2;;\n",
	})
	var fits []race.Record
	pits := 0
	for _, r := range records {
		switch b := r.Body.(type) {
		case race.TyresFitted:
			fits = append(fits, race.Record{Time: r.Time, Body: b})
		case race.Passing:
			if b.InPit {
				pits++
			}
		}
	}
	want := []race.Record{
		{Time: 90 * race.Second, Body: race.TyresFitted{Stationary: 2400 * race.Millisecond, PitLane: 24_500 * race.Millisecond}},
		{Time: 200 * race.Second, Body: race.TyresFitted{}},
	}
	if !reflect.DeepEqual(fits, want) || pits != 2 {
		t.Errorf("%+v with %d passings in the pit lane, expected %+v with 2", fits, pits, want)
	}
}
