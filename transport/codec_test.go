package transport_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/vmihailenco/msgpack/v5"

	"lightsout/race"
	"lightsout/transport"
)

var sampleBodies = []race.Body{
	race.Announced{Race: race.Race{
		ID: "r", Name: "R", Kind: race.External, Circuit: "c", CircuitText: "circuit c\n", Lines: sampleRace.Lines,
		Rules: race.F1(5), Cars: 3, Seed: 1<<64 - 1, TickHz: 10, Speed: 0.5, TelemetryEvery: 5,
	}},
	race.Announced{Race: race.Race{ID: "k", Kind: race.External, Lines: sampleRace.Lines, Cars: 3, Rules: race.RuleSet{
		Name: "kart", Laps: 3, Precision: 1, FirstCrossing: race.StartsLap, FinishWindow: 5 * race.Minute,
	}}},
	race.Entered{Entry: race.Entry{
		Number: 1, Code: "ONE", Name: "One", Team: "T", Colour: "ffffff", Grid: 1, PitLaneStart: true, StartOffsetM: 8,
		Transponders: []string{"AB-1", "AB-2"},
	}},
	race.Started{}, race.Started{After: 12_345_678},
	race.Passing{Car: 99_999, Line: 3, InPit: true, SpeedKMH: 321},
	race.TyresFitted{Car: 1, Compound: race.Hard, AgeLaps: 3, Stationary: 2_345_678},
	race.FlagShown{Flag: race.FlagSafetyCar, Sector: 2},
	race.Suspended{}, race.Resumed{}, race.Abandoned{Lap: 3},
	race.CarRetired{Car: 2, Reason: "engine"},
	race.CarNotStarted{Car: 2, Reason: "withdrew"},
	race.CarDisqualified{Car: 2, Reason: "fuel sample"},
	race.Passing{Car: race.NoCar, Source: &race.Source{Decoder: "main", Session: "s1", Sequence: 1 << 60, Transponder: "AB-12"}},
	race.Penalised{Car: 2, Kind: race.PenaltyStopAndGo, Amount: 5 * race.Second, Reason: "track limits"},
	race.PenaltyServed{Car: 2, Penalty: 17},
	race.LapDeleted{Car: 2, Lap: 4, Reason: "track limits"},
	race.LapDeleted{Car: 2, Lap: 4, Passing: 4711, Reason: "track limits"},
	race.Corrected{Kind: race.CorrectInsert, Car: 1, Line: 2, At: 77 * race.Second, Lap: 3, Passing: 9, Reason: "loop down"},
	race.TransponderAssigned{Transponder: "AB-12", Car: 1, Reason: "spare"},
	race.TransponderAssigned{Transponder: "AB-12", Car: 1, From: race.Minute, Reason: "changed karts"},
	race.DecoderSet{Decoder: "main", Offset: -race.Second, Reason: "clock"},
	race.DecoderSet{Decoder: "main", Session: "2", Offset: -race.Second, Reason: "restarted"},
	race.StartMoved{At: -race.Second, Reason: "seen on video"},
	race.Undone{Of: 12, Reason: "wrong car"},
	race.ResultDeclared{Reason: "no protests"},
	race.StartAborted{}, race.Ended{}, race.Held{}, race.Released{},
}

func TestDecode_GivesBackWhatWasEncoded(t *testing.T) {
	var c transport.Codec
	for i, body := range sampleBodies {
		rec := &race.Record{Seq: race.Seq(i + 1), Time: race.Micros(i) - 3, RecordedAt: 1_795_000_000_000_000_000, Author: "Ada", Body: body}
		data, err := c.Record(rec)
		if err != nil {
			t.Fatal(err)
		}
		got, err := transport.Decode(data)
		if err != nil {
			t.Fatalf("%T: %v", body, err)
		}
		if diff := cmp.Diff(rec, got); diff != "" {
			t.Errorf("%T: %s", body, diff)
		}
	}
	for name, want := range map[string]any{
		"facts": &sampleFacts, "frame": sampleFrame(20), "picture": sampleFrame(20).Picture(),
		"cars":  sampleFrame(20).Of(sampleLook.Cars),
		"look":  &sampleLook,
		"pulse": transport.Pulse{WallMS: 1_795_000_000_123},
		"ops":   &sampleOps,
	} {
		got, err := transport.Decode(golden(t)[name])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	got, err := transport.Decode(golden(t)["snapshot"])
	if err != nil {
		t.Fatal(err)
	}
	snapshot := got.(*transport.Snapshot)
	if diff := cmp.Diff(sampleBoard, snapshot.Board, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("snapshot: %s", diff)
	}
	if diff := cmp.Diff(sampleEntries, snapshot.Entries); diff != "" {
		t.Errorf("entries: %s", diff)
	}
}

func TestDecode_PassesOverWhatALaterVersionAdds(t *testing.T) {
	pulse := []byte{0x96, 1, 4, 7, 8, 0xa1, 'x', 0x92, 1, 0x81, 2, 3} // [1, 4, 7, 8, "x", [1, {2: 3}]]
	got, err := transport.Decode(pulse)
	if err != nil || got != (transport.Pulse{WallMS: 7, BehindMS: 8}) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestDecode_SaysWhatIsWrong(t *testing.T) {
	deep := append([]byte{0x94, 1, 4, 7}, bytes.Repeat([]byte{0x91}, 1_000_000)...)
	for name, data := range map[string][]byte{
		"nothing":              {},
		"text":                 []byte("hello"),
		"another version":      {0x93, 2, 4, 7},
		"an unknown type":      {0x93, 1, 99, 7},
		"a huge array":         {0xdd, 0xff, 0xff, 0xff, 0xff},
		"a huge text":          {0x93, 1, 16, 0xdb, 0xff, 0xff, 0xff, 0xff},
		"nesting":              deep,
		"bytes behind":         {0x93, 1, 4, 7, 0},
		"columns that differ":  {0x97, 1, 3, 0, 0, 0, 0xc4, 2, 0, 0, 0xc4, 2, 0, 0},
		"a record too short":   {0x96, 1, 16, 1, 0, 0, 4},
		"an unknown record":    {0x96, 1, 16, 1, 0, 0, 77},
		"a flag out of range":  {0x98, 1, 16, 1, 0, 0, 6, 66, 0},
		"a text for a number":  {0x93, 1, 4, 0xa1, 'x'},
		"a car out of range":   {0x9a, 1, 16, 1, 0, 0, 4, 0xce, 0xff, 0xff, 0xff, 0xff, 0, 0xc2, 0},
		"a sequence below nil": {0x96, 1, 16},
	} {
		if _, err := transport.Decode(data); !errors.Is(err, transport.ErrMalformed) {
			t.Errorf("%s: got %v, want ErrMalformed", name, err)
		}
	}
}

func logFile(t *testing.T) []byte {
	t.Helper()
	var file bytes.Buffer
	w := transport.NewLogWriter(&file)
	for i, body := range sampleBodies {
		w.Record(&race.Record{Seq: race.Seq(i + 1), Body: body})
		w.Frame(sampleFrame(3))
	}
	w.Samples(sampleSamples)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

var sampleSamples = []race.Sample{
	{Car: 0, Time: -race.Second, SpeedDKMH: 2873, RPM: 11_500, Gear: 8, Throttle: 100, Brake: 0, DRS: 12, XDM: -1234, YDM: 1<<31 - 1},
	{
		Car: 1, Time: race.Hour, SpeedDKMH: race.Unknown, RPM: race.Unknown, Gear: race.Unknown, Throttle: race.Unknown,
		Brake: race.Unknown, DRS: race.Unknown, XDM: race.Unknown, YDM: race.Unknown + 1,
	},
}

func TestTyres_HaveTheTimeInThePitLaneWhereItIsKnown(t *testing.T) {
	for _, lane := range []race.Micros{0, 24_500 * race.Millisecond} {
		want := &race.Record{Seq: 7, Time: race.Minute, Body: race.TyresFitted{Car: 2, Compound: race.Hard, Stationary: race.Second, PitLane: lane}}
		data, err := transport.Codec{}.Record(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := transport.Codec{}.DecodeRecord(data)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
		var items []any
		if err := msgpack.Unmarshal(data, &items); err != nil || (len(items) == 11) != (lane == 0) {
			t.Errorf("%d items with %v in the pit lane: %v", len(items), lane, err)
		}
	}
}

func TestSamples_OfLogsWithWholeSpeedsAreRead(t *testing.T) {
	old, err := msgpack.Marshal([]any{1, 17, []any{ // as it was written before there were tenths
		[]any{0, 1_000_000, 287, 11_500, 8, 100, 0, 12, -1234, 5}, []any{1, 2_000_000, nil, nil, nil, nil, nil, nil, nil, nil},
	}})
	if err != nil {
		t.Fatal(err)
	}
	u := race.Unknown
	want := []race.Sample{
		{Time: race.Second, SpeedDKMH: 2870, RPM: 11_500, Gear: 8, Throttle: 100, DRS: 12, XDM: -1234, YDM: 5},
		{Car: 1, Time: 2 * race.Second, SpeedDKMH: u, RPM: u, Gear: u, Throttle: u, Brake: u, DRS: u, XDM: u, YDM: u},
	}
	got, err := transport.Decode(old)
	if diff := cmp.Diff(transport.Message(want), got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	again, err := transport.Codec{}.Samples(want)
	if err != nil {
		t.Fatal(err)
	}
	var items []any
	if err := msgpack.Unmarshal(again, &items); err != nil || len(items[2].([]any)[0].([]any)) != 10 {
		t.Errorf("a whole speed is written otherwise than before: %v %v", err, items)
	}
	items, want[0].SpeedDKMH = nil, 2879
	if again, err = (transport.Codec{}).Samples(want); err != nil {
		t.Fatal(err)
	}
	if err := msgpack.Unmarshal(again, &items); err != nil || fmt.Sprint(items[2].([]any)[0].([]any)[2]) != "287" {
		t.Errorf("an older reader finds no whole speed: %v %v", err, items)
	}
}

// logMessages is how many messages logFile has, without the end.
var logMessages = 2*len(sampleBodies) + 1

// readLog counts the messages until the end or an error.
func readLog(data []byte) (n int, err error) {
	r, err := transport.NewLogReader(bytes.NewReader(data))
	for err == nil {
		if _, err = r.Next(); err == nil {
			n++
		}
	}
	return n, err
}

func TestLog_IsReadToItsEnd(t *testing.T) {
	if n, err := readLog(logFile(t)); n != logMessages || !errors.Is(err, io.EOF) {
		t.Errorf("read %d messages and %v", n, err)
	}
	r, err := transport.NewLogReader(bytes.NewReader(logFile(t)))
	if err != nil {
		t.Fatal(err)
	}
	var last any
	for m, err := r.Next(); err == nil; m, err = r.Next() {
		last = m
	}
	if diff := cmp.Diff(sampleSamples, last); diff != "" {
		t.Errorf("samples: %s", diff)
	}
}

func TestLog_CutAnywhereKeepsTheWholeBlocks(t *testing.T) {
	file := logFile(t)
	last := 0
	for cut := 17; cut < len(file); cut++ {
		n, err := readLog(file[:cut])
		if n < last || n > logMessages {
			t.Fatalf("cut at %d: %d messages after %d", cut, n, last)
		}
		last = n
		if !errors.Is(err, transport.ErrCut) {
			t.Fatalf("cut at %d: %v", cut, err)
		}
	}
}

// log2Messages are in the file of version 2, which is not written any more: 25 records and 25 frames.
const log2Messages = 50

func TestLog_OfVersion2IsRead(t *testing.T) {
	file, err := os.ReadFile("testdata/log2.bin")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := readLog(file); n != log2Messages || !errors.Is(err, io.EOF) {
		t.Errorf("read %d messages and %v", n, err)
	}
	if _, err := readLog(file[:len(file)-1]); !errors.Is(err, transport.ErrCut) {
		t.Errorf("cut: %v", err)
	}
}

func TestLog_WithMoreOrLessThanItsEndSaysIsDamaged(t *testing.T) {
	file, head := logFile(t), len("LIGHTSOUT LOG 3\n")
	first := head + 8 + int(binary.LittleEndian.Uint32(file[head:]))
	short := append(bytes.Clone(file[:head]), file[first:]...)
	for name, bad := range map[string][]byte{"a block less": short, "a block behind": append(bytes.Clone(file), file[head:first]...)} {
		if _, err := readLog(bad); !errors.Is(err, transport.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLog_DamageIsFound(t *testing.T) {
	file := logFile(t)
	for i := range file {
		bad := bytes.Clone(file)
		bad[i] ^= 0x40
		if _, err := readLog(bad); err == nil || errors.Is(err, io.EOF) {
			t.Fatalf("byte %d flipped: not found", i)
		}
	}
	if _, err := readLog(nil); !errors.Is(err, transport.ErrNotALog) {
		t.Errorf("empty file: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	var c transport.Codec
	for _, body := range sampleBodies {
		data, err := c.Record(&race.Record{Seq: 1, Body: body})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	snapshot, err := c.Snapshot(&sampleRace, sampleEntries, &sampleBoard)
	if err != nil {
		f.Fatal(err)
	}
	facts, err := c.Facts(&sampleFacts)
	if err != nil {
		f.Fatal(err)
	}
	samples, err := c.Samples(sampleSamples)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(snapshot)
	f.Add(facts)
	f.Add(samples)
	for _, data := range sharedMessages(f) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := transport.Decode(data)
		if err != nil {
			if !errors.Is(err, transport.ErrMalformed) {
				t.Errorf("an error of another kind: %v", err)
			}
			return
		}
		if again := encodedAgain(t, m); again != nil { // what was understood is written and read the same
			if back, err := transport.Decode(again); err != nil || !cmp.Equal(back, m) {
				t.Errorf("%v: %s", err, cmp.Diff(m, back))
			}
		}
		if content, ok := m.(*transport.Content); ok {
			agrees(t, data, content)
		}
	})
}

// encodedAgain is a message that the log or the shared log keeps, encoded once more; nil for any other.
func encodedAgain(t *testing.T, m transport.Message) (data []byte) {
	t.Helper()
	var c transport.Codec
	var err error
	switch m := m.(type) {
	case *race.Record:
		data, err = c.Record(m)
	case []race.Sample:
		data, err = c.Samples(m)
	case *transport.Content:
		data, err = c.Content(m)
	case *transport.Command:
		data, err = c.Command(m)
	case *transport.Field:
		data, err = c.Field(m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func FuzzLog(f *testing.F) {
	f.Add([]byte("LIGHTSOUT LOG 2\n"))
	f.Add([]byte("LIGHTSOUT LOG 3\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if n, err := readLog(data); err == nil {
			t.Errorf("%d messages and no end", n)
		}
	})
}

func BenchmarkCodec(b *testing.B) {
	var c transport.Codec
	frame := sampleFrame(1000)
	passing := &race.Record{Seq: 1, Time: 1, Body: race.Passing{Car: 1, Line: 2}}
	b.Run("frame/cars=1000", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Frame(frame); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("record", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Record(passing); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func TestRecord_KeepsTheSetupOfARaceAndLeavesItOutWhereNothingWasGiven(t *testing.T) {
	c := transport.Codec{}
	for _, every := range []int{0, 5} {
		plain := race.Announced{Race: race.Race{ID: "r", Lines: sampleRace.Lines, Rules: race.F1(5), Cars: 3, TelemetryEvery: every}}
		given := plain
		given.Race.Setup = `{"model":{"pace":{"noise_s":0.5}}}`
		var lengths []int
		for _, body := range []race.Announced{plain, given} {
			data, err := c.Record(&race.Record{Seq: 1, Body: body})
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.DecodeRecord(data)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(body, got.Body); d != "" {
				t.Error(d)
			}
			lengths = append(lengths, len(data))
		}
		if least := len(given.Race.Setup); lengths[1]-lengths[0] < least {
			t.Errorf("every %d: %d bytes with a setup of %d, %d without", every, lengths[1], least, lengths[0])
		}
	}
}
