package transport_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vmihailenco/msgpack/v5"

	"lightsout/race"
	"lightsout/transport"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var sampleLook = race.Look{From: 300, To: 362, Cars: []race.CarIdx{17, 3}}

// golden is one message of each type; the UI's tests decode those for spectators too.
func golden(t *testing.T) map[string][]byte {
	t.Helper()
	var c transport.Codec
	must := func(b []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	frame := sampleFrame(20)
	all := map[string][]byte{
		"snapshot": must(c.Snapshot(&sampleRace, sampleEntries, &sampleBoard)),
		"facts":    must(c.Facts(&sampleFacts)),
		"frame":    must(c.Frame(frame)),
		"picture":  must(c.Frame(frame.Picture())),
		"cars":     must(c.Cars(frame.Of(sampleLook.Cars))),
		"look":     must(c.Look(&sampleLook)),
		"pulse":    must(c.Pulse(1_795_000_000_123, 0)),
		"ops":      must(c.Ops(&sampleOps)),
		"body":     must(c.Content(&sampleContent)),
		"field":    must(c.Field(&sampleField)),
	}
	for name, order := range sampleCommands {
		all["command_"+name] = must(c.Command(&order))
	}
	return all
}

func TestGoldenFiles_AreWhatTheCodecWrites(t *testing.T) {
	for name, data := range golden(t) {
		path := filepath.Join("testdata", name+".msgpack")
		readable := filepath.Join("testdata", name+".json")
		if *update {
			if err := os.MkdirAll("testdata", 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, data, 0o644); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(readable, plain(t, data), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(data, want) {
			t.Errorf("%s: the codec writes other bytes than the golden file; a change of layout needs a new version", name)
		}
		wantPlain, err := os.ReadFile(readable)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(wantPlain), string(plain(t, data))); diff != "" {
			t.Errorf("%s.json: %s", name, diff)
		}
	}
}

// plain is the message as JSON, binary columns in hexadecimal.
func plain(t *testing.T, data []byte) []byte {
	t.Helper()
	var v any
	if err := msgpack.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	var walk func(any) any
	walk = func(v any) any {
		switch v := v.(type) {
		case []byte:
			return "hex:" + hex.EncodeToString(v)
		case []any:
			for i := range v {
				v[i] = walk(v[i])
			}
		case map[string]any:
			for k := range v {
				v[k] = walk(v[k])
			}
		}
		return v
	}
	out, err := json.MarshalIndent(walk(v), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return append(out, '\n')
}

func TestFrame_Of20CarsFitsIn400Bytes(t *testing.T) {
	if n := len(golden(t)["frame"]); n > 400 {
		t.Errorf("a frame of 20 cars takes %d bytes, allowed are 400", n)
	}
	if n := len(golden(t)["picture"]); n > 4*20+40 {
		t.Errorf("a picture of 20 cars takes %d bytes, allowed are 4 a car and 40 of head", n)
	}
}

var sampleRace = race.Race{
	ID: "demo-1", Name: "Demo Grand Prix", Kind: race.Simulation, Circuit: "mixed",
	Lines: []race.Line{
		{Kind: race.LineFinish, Sector: 3, Permyriad: 0},
		{Kind: race.LineMini, Permyriad: 1200},
		{Kind: race.LineSector, Sector: 1, Permyriad: 3300},
		{Kind: race.LineSector, Sector: 2, Permyriad: 6600},
		{Kind: race.LinePitEntry, Permyriad: 9300},
	},
	Rules: race.F1(57), Cars: 3, Seed: 7, TickHz: 10, Speed: 1.5,
}

var sampleEntries = []race.Entry{
	{Number: 7, Code: "AAA", Name: "Ada Alpha", Team: "Team One", Colour: "ff5a4d", Grid: 1},
	{Number: 44, Code: "BÖB", Name: "Bö B", Team: "Team One", Colour: "ff5a4d", Grid: 2},
	{Number: 100, Code: "CCC", Name: "Cy Gamma", Team: "Team Two", Colour: "7cc4ff", Grid: 3},
}

var sampleRow = race.Row{
	Car: 1, Laps: 12, GapMS: 2345, IntervalMS: 345, LastMS: 92_512, BestMS: 91_001,
	SectorsMS: [3]int64{30_100, 31_200, 0}, SectorMarks: [3]race.Mark{race.SessionBest, race.PersonalBest, race.NoMark},
	LastMark: race.Slower, Tyre: race.Medium, TyreAgeLaps: 9, Stops: 1, State: race.Running, PenaltyMS: 5000,
	MiniMarks: []race.Mark{race.SessionBest, race.PersonalBest, race.Slower}, SpeedTrapKMH: 312, BestIsSession: true,
}

var sampleResult = race.Classification{
	Version: 2, Status: race.Amended, Author: "Ada", Reason: "car 1 underweight",
	Entries: []race.Classified{
		{Position: 1, Car: 2, Laps: 57, Status: race.StatusFinished, DurationMS: 5_400_000, BestLapMS: 90_000, BestLap: 40},
		{Position: 2, Car: 1, Laps: 57, Status: race.StatusFinished, DurationMS: 5_402_345, GapMS: 2345, IntervalMS: 2345,
			PenaltyMS: 5000, BestLapMS: 91_001, BestLap: 41},
		{Car: 0, Laps: 20, Status: race.StatusNotClassified, DurationMS: -1, GapMS: -1, GapLaps: 37, IntervalMS: -1,
			BestLapMS: -1, Reason: "gearbox"},
	},
	StateHash: "00ff",
}

var sampleBoard = race.Board{
	Seq: 4242, Time: 123 * race.Second,
	Session: race.SessionStatus{Status: race.Underway, Flag: race.FlagYellow, LeaderLap: 13, Laps: 57, TimeMS: 1_100_000},
	Rows:    []race.Row{{Car: 0, State: race.Retired}, sampleRow, {Car: 2, Laps: 12, BestMS: 90_000, State: race.InPit}},
	Order:   []race.CarIdx{2, 1, 0},
	Events: []race.Event{
		{Kind: race.EventStart, Car: race.NoCar, Lap: 1},
		{Kind: race.EventRetired, Car: 0, Lap: 3, TimeMS: 300_123, Text: "gearbox", Of: 321},
	},
}

var sampleFacts = race.Facts{
	Seq: 4250, Time: 124_500_000,
	Facts: []race.Fact{
		race.RowChanged{Row: sampleRow},
		race.OrderChanged{From: 1, Cars: []race.CarIdx{0, 1}},
		race.LapCompleted{Lap: race.Lap{
			Car: 1, Number: 12, DurationMS: 92_512, SectorsMS: [3]int64{30_100, 31_200, 31_212}, EndMS: 1_100_000,
			Position: 2, Tyre: race.Medium, TyreAgeLaps: 9, PitIn: true, Flag: race.FlagYellow, Mark: race.Slower,
			Passing: 4247,
		}},
		race.EventHappened{Event: race.Event{Kind: race.EventFlag, Car: race.NoCar, Lap: 13, TimeMS: 1_100_500, Value: 1, Of: 4249}},
		race.SessionStatusChanged{Session: sampleBoard.Session},
		race.ResultPublished{Classification: sampleResult},
		race.LapsWithdrawn{Car: 2, Laps: 11},
		race.EventWithdrawn{Event: race.EventName{Kind: race.EventFastestLap, Of: 4211, Car: 2}},
		race.PassingJudged{Seq: 4248, Car: race.NoCar, Line: 2, Time: 124_400_000, Verdict: race.Suspect, Reason: "whose?", Split: race.NoTime},
		race.RecordRefused{Seq: 4249, Reason: "too late"},
	},
}

var sampleOps = race.Ops{
	Restarts: 1234,
	Recent: []race.Restart{
		{Kind: "car", Car: 2, Reason: "killed in a drill", TookUS: 17}, {Kind: "timekeeper", Car: race.NoCar, Reason: "a bug", TookUS: 1200},
	},
	Drill: &race.DrillState{Name: "storm", Phase: race.DrillPassed, Injected: 321, Text: "identical"},
}

func sampleFrame(n int) *race.Frame {
	f := &race.Frame{Tick: 54_000, Time: 5400 * race.Second}
	for i := range n {
		f.LapFraction = append(f.LapFraction, uint16(i*3000))
		f.State = append(f.State, race.Running)
		f.Lap = append(f.Lap, uint16(57-i))
		f.SpeedDKMH = append(f.SpeedDKMH, uint16(3000-i))
		f.RPM50 = append(f.RPM50, uint8(200+i))
		f.Throttle = append(f.Throttle, 100)
		f.Brake = append(f.Brake, 0)
		f.GearDRS = append(f.GearDRS, 8|race.DRSOpen)
	}
	return f
}
