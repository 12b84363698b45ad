package folder_test

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"lightsout/race"
	"lightsout/race/timing"
)

// table writes rows as CSV.
func table(t *testing.T, rows [][]string) string {
	t.Helper()
	var b strings.Builder
	if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// writtenAsPassings writes the records of a race as a folder of passings, in any order and every twentieth twice.
func writtenAsPassings(t *testing.T, records []race.Record, random *rand.Rand) map[string]string {
	t.Helper()
	entries := [][]string{{"number", "code", "driver", "constructor", "grid", "transponders"}}
	control := [][]string{{"time_ms", "kind", "number", "value", "reason"}}
	passings := [][]string{}
	var numbers []string
	head := ""
	for _, r := range records {
		ms := fmt.Sprint(r.Time.Millis())
		order := func(kind string, car race.CarIdx, value any, reason string) {
			number := ""
			if car >= 0 {
				number = numbers[car]
			}
			control = append(control, []string{ms, kind, number, fmt.Sprint(value), reason})
		}
		switch b := r.Body.(type) {
		case race.Announced:
			head = fmt.Sprintf(`{"name": %q, "rules": {"name": "f1", "laps": %d}}`, b.Race.Name, b.Race.Rules.Laps)
		case race.Entered:
			e, grid := b.Entry, fmt.Sprint(b.Entry.Grid)
			if e.PitLaneStart {
				grid = "PL"
			} else if e.Grid == 0 {
				grid = ""
			}
			numbers = append(numbers, fmt.Sprint(e.Number))
			entries = append(entries, []string{fmt.Sprint(e.Number), e.Code, e.Name, e.Team, grid, fmt.Sprintf("box-%d spare-%d", e.Number, e.Number)})
		case race.Passing:
			n := len(passings)
			row := []string{fmt.Sprint(int64(r.Time)), numbers[b.Car], "", "finish", "1", fmt.Sprint(n)}
			if n%2 == 0 { // by its transponder, as decoders report
				row[1], row[2] = "", "box-"+numbers[b.Car]
			}
			if passings = append(passings, row); n%20 == 0 {
				passings = append(passings, row)
			}
		case race.CarRetired:
			order("retired", b.Car, "", b.Reason)
		case race.CarNotStarted:
			order("did_not_start", b.Car, "", b.Reason)
		case race.CarDisqualified:
			order("disqualified", b.Car, "", b.Reason)
		case race.Penalised:
			order("time", b.Car, b.Amount.Millis(), b.Reason)
		case race.Suspended:
			order("red", race.NoCar, "", "")
		case race.Resumed:
			order("clear", race.NoCar, "", "")
		case race.Abandoned:
			order("abandoned", race.NoCar, b.Lap, "")
		case race.StartAborted:
			order("start_aborted", race.NoCar, "", "")
		case race.Started, race.Ended, race.TyresFitted: // added by the reader; stops are not part of a classification
		default:
			t.Fatalf("a record of %T cannot be written as a passing or an order", b)
		}
	}
	random.Shuffle(len(passings), func(i, j int) { passings[i], passings[j] = passings[j], passings[i] })
	return map[string]string{
		"race.json": head, "entries.csv": table(t, entries), "control.csv": table(t, control),
		"passings.csv": table(t, append([][]string{{"time_us", "number", "transponder", "decoder", "session", "sequence"}}, passings...)),
	}
}

func apply(t *testing.T, records []race.Record) *timing.State {
	t.Helper()
	s := timing.New()
	for i := range records {
		if _, err := s.Apply(&records[i], nil); err != nil {
			t.Fatalf("record %d of %T: %v", i+1, records[i].Body, err)
		}
	}
	return s
}

func TestRealRaces_ShuffledPassingsGiveTheClassificationOfTheLaps(t *testing.T) {
	completeRaces(t, func(t *testing.T, records []race.Record) {
		want := apply(t, records).Classification()
		r, err := read(writtenAsPassings(t, records, rand.New(rand.NewPCG(1, 5))))
		if err != nil {
			t.Fatal(err)
		}
		s := apply(t, r.Records)
		got := s.Classification()
		if !slices.Equal(got.Entries, want.Entries) || !s.Over() {
			t.Errorf("over %v\n%+v\nfrom the laps\n%+v", s.Over(), got.Entries, want.Entries)
		}
	})
}

// passingsFolder is a small race that tests modify: three cars, a circuit with sectors.
func passingsFolder(changes map[string]string) map[string]string {
	files := map[string]string{
		"race.json":   `{"name": "Test", "rules": {"name": "kart", "laps": 2}}`,
		"entries.csv": "number,code,driver,constructor,grid,start_offset_m,transponders\n7,AAA,max-verstappen,red-bull,1,0,A-1 A-2\n8,BBB,Ömer Çelik,Team X,2,4,B\n9,CCC,,,PL,,\n",
		"lines.csv":   "kind,sector,permyriad\nfinish,3,0\nsector,1,3000\nsector,2,6000\n",
		"passings.csv": "time_ms,number,transponder,line,in_pit,speed_kmh,decoder,session,sequence\n" +
			"10000,7,,1,,,,,0\n30000,,A-1,0,false,88,d,1,1\n31000,,B,0,,,d,1,2\n1000,8,,0,,,,,0\n60000,,A-2,0,,,d,1,3\n62000,,B,0,1,,d,1,4\n95000,,unknown,0,,,d,1,5\n",
	}
	for name, text := range changes {
		files[name] = text
	}
	return files
}

func TestPassings_HaveEntriesLinesAndRules(t *testing.T) {
	r, err := read(passingsFolder(nil))
	if err != nil {
		t.Fatal(err)
	}
	head := r.Records[0].Body.(race.Announced).Race
	if head.Rules != race.Kart(2) || len(head.Lines) != 3 || head.Lines[2] != (race.Line{Kind: race.LineSector, Sector: 2, Permyriad: 6000}) {
		t.Errorf("head %+v", head)
	}
	s := apply(t, r.Records)
	want := []race.Entry{
		{Number: 7, Code: "AAA", Name: "Max Verstappen", Team: "Red Bull", Grid: 1, Transponders: []string{"A-1", "A-2"}},
		{Number: 8, Code: "BBB", Name: "Ömer Çelik", Team: "Team X", Grid: 2, StartOffsetM: 4, Transponders: []string{"B"}},
		{Number: 9, Code: "CCC", PitLaneStart: true},
	}
	for i, e := range s.Entries() {
		e.Colour = ""
		if len(e.Transponders) == 0 {
			e.Transponders = nil
		}
		if fmt.Sprint(e) != fmt.Sprint(want[i]) {
			t.Errorf("entry %+v, expected %+v", e, want[i])
		}
	}
	c := s.Classification().Entries
	if !s.Over() || c[0].Laps != 2 || c[0].DurationMS != 60000 || c[1].Laps != 2 || c[1].DurationMS != 62000 {
		t.Errorf("%+v", c)
	}
	for _, one := range r.Records {
		if p, ok := one.Body.(race.Passing); ok && one.Time == 62*race.Second && (!p.InPit || p.Source.Sequence != 4) {
			t.Errorf("%+v with %+v", p, *p.Source)
		}
	}
}

// controlled reads the small race with a control.csv and applies it.
func controlled(t *testing.T, rows string) (*timing.State, []race.Record) {
	t.Helper()
	r, err := read(passingsFolder(map[string]string{
		"control.csv": "time_ms,kind,number,value,of_row,at_ms,transponder,decoder,reason,author\n" + rows,
	}))
	if err != nil {
		t.Fatal(err)
	}
	return apply(t, r.Records), r.Records
}

func TestControl_ReadsEveryKind(t *testing.T) {
	s, records := controlled(t, strings.Join([]string{
		"-100,start_aborted,,,,,,,,clerk", // row 2
		"0,start,,,,,,,,starter",
		"1000,yellow,,2,,,,,,",
		"2000,safety_car,,,,,,,,",
		"3000,virtual_safety_car,,,,,,,,",
		"4000,red,,,,,,,,",
		"5000,clear,,,,,,,,",
		"6000,clear,,1,,,,,,",
		"70000,time,7,5000,,,,,corner cut,steward", // row 10
		"70000,drive_through,8,,,,,,jump start,steward",
		"70000,stop_and_go,9,15000,,,,,jump start,steward",
		"71000,served,7,,10,,,,,steward",
		"72000,undo,,,13,,,,not served,steward",
		"73000,lap_deleted,7,1,,,,,track limits,steward",
		"74000,reject,,,3,,,,a ghost,marshal", // the passing of car 7 at 30 s
		"75000,undo,,,16,,,,no ghost,marshal",
		"76000,accept,,,8,,,,seen,marshal",
		"77000,move,9,,8,,,,it was car 9,marshal",
		"78000,insert,9,0,,40000,,,seen by hand,marshal",
		"79000,split,7,1,,,,,missed,marshal", // row 21
		"80000,undo,,,21,,,,not missed,marshal",
		"81000,assign,9,,,,unknown,,a spare,marshal",
		"82000,offset,,250,,,,d,slow clock,marshal",
		"83000,retired,9,,,,,,engine,clerk",
		"84000,end,,,,,,,,clerk",
		"90000,disqualified,8,,,,,,fuel,steward",
		"95000,result,,,,,,,no protest,clerk",
	}, "\n")+"\n")
	want := []string{
		"StartAborted", "Started", "FlagShown", "FlagShown", "FlagShown", "Suspended", "Resumed", "FlagShown", "Penalised", "Penalised",
		"Penalised", "PenaltyServed", "Undone", "LapDeleted", "Corrected", "Undone", "Corrected", "Corrected", "Corrected", "Corrected",
		"Undone", "TransponderAssigned", "DecoderSet", "CarRetired", "Ended", "CarDisqualified", "ResultDeclared",
	}
	var got []string
	for _, r := range records {
		if name := strings.TrimPrefix(fmt.Sprintf("%T", r.Body), "race."); name != "Announced" && name != "Entered" && name != "Passing" {
			got = append(got, name)
		}
		if _, ok := r.Body.(race.Penalised); ok && r.Author != "steward" {
			t.Errorf("%+v is by %q", r.Body, r.Author)
		}
		if _, ok := r.Body.(race.Started); ok && r.Author != "starter" {
			t.Errorf("the start is by %q", r.Author)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("records\n%v\nexpected\n%v", got, want)
	}
	c := s.Classification()
	if c.Entries[0].Car != 0 || c.Entries[0].PenaltyMS != 5000 || c.Status != race.Final || c.Reason != "no protest" || c.Author != "clerk" {
		t.Errorf("%+v", c)
	}
	if last := c.Entries[2]; last.Car != 1 || last.Status != race.StatusDisqualified || last.Reason != "fuel" {
		t.Errorf("last %+v", last)
	}
}

func TestControl_OrdersComeAtTheirTimeAndCorrectionsAfterTheirPassings(t *testing.T) {
	r, err := read(passingsFolder(map[string]string{
		"passings.csv": "time_ms,number\n30000,7\n60000,7\n31000,8\n62000,8\n",
		"control.csv":  "time_ms,kind,number,value,of_row,reason\n40000,safety_car,,,,\n41000,lap_deleted,7,1,,cut\n42000,reject,,,4,no\n",
	}))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, one := range r.Records {
		got = append(got, fmt.Sprintf("%T@%d", one.Body, one.Time/race.Second))
	}
	want := "race.Passing@30 race.FlagShown@40 race.Passing@60 race.Passing@31 race.LapDeleted@41 race.Corrected@42 race.Passing@62 race.Ended@62"
	if text := strings.Join(got, " "); !strings.HasSuffix(text, want) {
		t.Errorf("%s\nexpected at its end\n%s", text, want)
	}
}

func TestPassings_AreReadWithoutEntriesLinesAndRaceJSON(t *testing.T) {
	r, err := read(map[string]string{"passings.csv": "time_ms,number\n31000,8\n30000,7\n60000,7\n61000,8\n61500,8\n90000,7\n"})
	if err != nil {
		t.Fatal(err)
	}
	s := apply(t, r.Records)
	if e := s.Entries(); len(e) != 2 || e[0].Number != 7 || e[0].Code != "7" || s.Race().Rules.Laps != 3 || len(s.Race().Lines) != 1 {
		t.Errorf("entries %+v, race info %+v", e, s.Race())
	}
	if len(r.Notes) == 0 || !strings.Contains(strings.Join(r.Notes, "\n"), "most laps of a car, 3") {
		t.Errorf("notes %q", r.Notes)
	}
}

func TestLaps_AreReadWithControlAndEntries(t *testing.T) {
	r, err := read(map[string]string{
		"entries.csv": "number,code\n7,AAA\n8,BBB\n",
		"laps.csv":    "number,lap,lap_time_ms,elapsed_ms\n7,1,90000,90000\n8,1,91000,91000\n",
		"control.csv": "time_ms,kind,number,value,reason\n95000,time,7,5000,corner cut\n",
		"race.json":   `{"laps": 1}`,
	})
	if err != nil {
		t.Fatal(err)
	}
	if c := apply(t, r.Records).Classification(); c.Entries[0].Car != 1 || c.Entries[1].PenaltyMS != 5000 {
		t.Errorf("%+v", c.Entries)
	}
}
