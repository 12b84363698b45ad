package transport_test

import (
	"bytes"
	"errors"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lightsout/race"
	"lightsout/transport"
)

var sampleContent = transport.Content{
	Tick: true, Taken: 3, Failed: "it is not what it was",
	Inputs: []race.Input{
		{ID: "go", Control: new(race.ControlStart), Seq: 4711, At: -3},
		{ID: "flag", Ruling: &race.Record{
			Time: 7, RecordedAt: 1_795_000_000_000_000_000, Author: "Ada", Body: race.FlagShown{Flag: race.FlagYellow, Sector: 2},
		}, Place: 1},
		{Cars: &race.CarsInput{
			Retire: []race.CarIdx{3, 99_999}, PitCall: []race.CarIdx{}, Flag: &race.FlagShown{Flag: race.FlagSafetyCar}, Author: "wall", Reason: "rain",
		}, Place: 2},
		{},
	},
	Request: &race.Request{Key: "k", Hash: 1<<64 - 1, First: 4712, Records: 2, Samples: 20, Repeated: 1},
	Records: []race.Record{
		{Time: 8, Body: sampleBodies[0]}, {Time: 9, Body: sampleBodies[2]}, {Time: 10, Author: "Ada", Body: race.Held{}},
		{Time: 11, RecordedAt: 12, Body: race.Passing{Car: 1, Line: 2, Source: &race.Source{Decoder: "main", Sequence: 7}}},
	},
}

var sampleField = transport.Field{Count: 12, Hash: 1<<64 - 3, Seq: 345, Snapshot: []byte("field")}

var sampleCommands = map[string]transport.Command{
	"create": {
		ID: "a", Race: "r", Role: transport.Simulator, Seen: -1,
		Create: &transport.Create{Race: sampleBodies[0].(race.Announced).Race, Start: true},
	},
	"control": {ID: "b", Race: "r", Role: transport.Simulator, Seen: 1 << 40, Control: new(race.ControlStart)},
	"ruling": {
		ID: "c", Race: "r", Role: transport.Processor,
		Ruling: &race.Record{Time: race.Minute, Author: "Ada", Body: race.CarRetired{Car: 2, Reason: "engine"}},
	},
	"report": {ID: strings.Repeat("d", 200), Race: "r", Role: transport.Processor, Report: &race.Report{
		Records: sampleContent.Records[3:], Samples: sampleSamples, Key: "k", Hash: 1<<64 - 1, New: true,
	}},
	"delete": {ID: "e", Race: "r", Role: transport.Processor, Delete: true},
}

// sharedMessages are messages of the shared log of each type.
func sharedMessages(t testing.TB) map[string][]byte {
	t.Helper()
	var c transport.Codec
	all := map[string][]byte{}
	add := func(name string, data []byte, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		all[name] = data
	}
	data, err := c.Content(&sampleContent)
	add("body", data, err)
	data, err = c.Content(&transport.Content{})
	add("empty body", data, err)
	for name, order := range sampleCommands {
		data, err = c.Command(&order)
		add(name, data, err)
	}
	data, err = c.Field(&sampleField)
	add("field", data, err)
	data, err = c.Entry(&transport.Entry{Kind: transport.ClaimEntry, Role: transport.Simulator, Receipts: sampleEntry.Receipts})
	add("entry", data, err)
	return all
}

// agrees fails if DecodeMade reads anything else than a whole body has.
func agrees(t interface{ Fatalf(string, ...any) }, data []byte, whole *transport.Content) {
	want := &transport.Content{Tick: whole.Tick, Taken: whole.Taken, Inputs: whole.Inputs, Failed: whole.Failed}
	if len(whole.Records) > 0 {
		if _, ok := whole.Records[0].Body.(race.Announced); ok {
			want.Records = whole.Records[:1]
		}
	}
	got, err := transport.Codec{}.DecodeMade(data)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Fatalf("how the batch was made: %v %s", err, diff)
	}
}

// listed draws a list that may be nil or empty.
func listed[T any](item *rapid.Generator[T]) *rapid.Generator[[]T] {
	return rapid.Custom(func(t *rapid.T) []T {
		if rapid.Bool().Draw(t, "nil") {
			return nil
		}
		return append([]T{}, rapid.SliceOfN(item, 0, 4).Draw(t, "list")...)
	})
}

var (
	drawnText    = rapid.StringN(0, 20, -1)
	drawnMicros  = rapid.Map(rapid.Int64(), func(v int64) race.Micros { return race.Micros(v) })
	drawnSeq     = rapid.Map(rapid.Uint64(), func(v uint64) race.Seq { return race.Seq(v) })
	drawnCount   = rapid.IntRange(0, 1<<20)
	drawnControl = rapid.SampledFrom([]race.Control{race.ControlStart, race.ControlPause, race.ControlResume, race.ControlStop})
	drawnCar     = rapid.Map(rapid.Int32Range(0, race.CarsMax-1), func(v int32) race.CarIdx { return race.CarIdx(v) })
	drawnRecord  = rapid.Custom(func(t *rapid.T) race.Record {
		return race.Record{
			Seq: drawnSeq.Draw(t, "seq"), Time: drawnMicros.Draw(t, "time"), RecordedAt: rapid.Int64().Draw(t, "recorded at"),
			Author: drawnText.Draw(t, "author"), Body: rapid.SampledFrom(sampleBodies).Draw(t, "body"),
		}
	})
	drawnFlag = rapid.Custom(func(t *rapid.T) race.FlagShown {
		return race.FlagShown{
			Flag: race.FlagState(rapid.Uint8Range(0, uint8(race.FlagChequered)).Draw(t, "flag")), Sector: rapid.IntRange(0, 100).Draw(t, "sector"),
		}
	})
	drawnCarsInput = rapid.Custom(func(t *rapid.T) race.CarsInput {
		return race.CarsInput{
			Retire: listed(drawnCar).Draw(t, "retire"), PitCall: listed(drawnCar).Draw(t, "pit call"),
			Flag: rapid.Ptr(drawnFlag, true).Draw(t, "flag"), Author: drawnText.Draw(t, "author"), Reason: drawnText.Draw(t, "reason"),
		}
	})
	drawnInput = rapid.Custom(func(t *rapid.T) race.Input {
		return race.Input{
			ID: drawnText.Draw(t, "id"), Control: rapid.Ptr(drawnControl, true).Draw(t, "control"),
			Ruling: rapid.Ptr(drawnRecord, true).Draw(t, "ruling"), Cars: rapid.Ptr(drawnCarsInput, true).Draw(t, "cars"),
			Place: drawnCount.Draw(t, "place"), Seq: drawnSeq.Draw(t, "seq"), At: drawnMicros.Draw(t, "at"),
		}
	})
	drawnRequest = rapid.Custom(func(t *rapid.T) race.Request {
		return race.Request{
			Key: drawnText.Draw(t, "key"), Hash: rapid.Uint64().Draw(t, "hash"), First: drawnSeq.Draw(t, "first"),
			Records: drawnCount.Draw(t, "records"), Samples: drawnCount.Draw(t, "samples"), Repeated: drawnCount.Draw(t, "repeated"),
		}
	})
	drawnContent = rapid.Custom(func(t *rapid.T) *transport.Content {
		return &transport.Content{
			Tick: rapid.Bool().Draw(t, "tick"), Taken: drawnCount.Draw(t, "taken"), Inputs: listed(drawnInput).Draw(t, "inputs"),
			Records: listed(drawnRecord).Draw(t, "records"), Request: rapid.Ptr(drawnRequest, true).Draw(t, "request"),
			Failed: drawnText.Draw(t, "failed"),
		}
	})
	drawnReport = rapid.Custom(func(t *rapid.T) *race.Report {
		return &race.Report{
			Records: listed(drawnRecord).Draw(t, "records"), Samples: listed(rapid.SampledFrom(sampleSamples)).Draw(t, "samples"),
			Key: drawnText.Draw(t, "key"), Hash: rapid.Uint64().Draw(t, "hash"), New: rapid.Bool().Draw(t, "new"),
		}
	})
	drawnCommand = rapid.Custom(func(t *rapid.T) *transport.Command {
		order := &transport.Command{
			ID: rapid.StringN(1, 50, 200).Draw(t, "id"), Race: race.ID(drawnText.Draw(t, "race")),
			Role: rapid.SampledFrom([]transport.Role{transport.Simulator, transport.Processor}).Draw(t, "role"),
			Seen: rapid.Int64Min(-1).Draw(t, "seen"),
		}
		switch rapid.IntRange(0, 4).Draw(t, "order") {
		case 0:
			info := rapid.SampledFrom(sampleBodies[:2]).Draw(t, "race").(race.Announced).Race
			info.TelemetryEvery = rapid.IntRange(0, race.TelemetryEveryMax).Draw(t, "telemetry every")
			info.Setup = drawnText.Draw(t, "setup")
			order.Create = &transport.Create{Race: info, Start: rapid.Bool().Draw(t, "start")}
		case 1:
			order.Control = new(drawnControl.Draw(t, "control"))
		case 2:
			order.Ruling = new(drawnRecord.Draw(t, "ruling"))
		case 3:
			order.Report = drawnReport.Draw(t, "report")
		default:
			order.Delete = true
		}
		return order
	})
)

func TestContent_ComesBackAsItWas(t *testing.T) {
	var c transport.Codec
	rapid.Check(t, func(t *rapid.T) {
		want := drawnContent.Draw(t, "content")
		data, err := c.Content(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.DecodeContent(data)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Fatal(err, diff)
		}
		agrees(t, data, got)
	})
}

func TestMade_IsReadWithoutTheRecordsBehind(t *testing.T) {
	var c transport.Codec
	whole, err := c.Content(&sampleContent)
	if err != nil {
		t.Fatal(err)
	}
	first := sampleContent
	first.Records = first.Records[:1]
	short, err := c.Content(&first)
	if err != nil {
		t.Fatal(err)
	}
	agrees(t, whole[:len(short)], &sampleContent)
	if _, err := c.DecodeMade(whole[:len(short)-1]); !errors.Is(err, transport.ErrMalformed) {
		t.Errorf("a body that is cut within the announcement: %v", err)
	}
	for name, data := range sharedMessages(t) {
		if _, err := c.DecodeMade(data); err != nil != !strings.HasSuffix(name, "body") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCommand_ComesBackAsItWas(t *testing.T) {
	var c transport.Codec
	rapid.Check(t, func(t *rapid.T) {
		want := drawnCommand.Draw(t, "command")
		data, err := c.Command(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.DecodeCommand(data)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Fatal(err, diff)
		}
	})
}

func TestCommand_WithoutOneOrderAndAnIDIsNotWritten(t *testing.T) {
	for name, change := range map[string]func(*transport.Command){
		"no order":        func(c *transport.Command) { c.Delete = false },
		"two orders":      func(c *transport.Command) { c.Control = new(race.ControlStop) },
		"no id":           func(c *transport.Command) { c.ID = "" },
		"a long id":       func(c *transport.Command) { c.ID = strings.Repeat("x", 201) },
		"no role":         func(c *transport.Command) { c.Role = 0 },
		"an unknown role": func(c *transport.Command) { c.Role = 3 },
		"a low offset":    func(c *transport.Command) { c.Seen = -2 },
	} {
		bad := sampleCommands["delete"]
		change(&bad)
		if _, err := (transport.Codec{}).Command(&bad); err == nil {
			t.Errorf("%s: it is written", name)
		}
	}
}

func TestField_ComesBackAsItWas(t *testing.T) {
	var c transport.Codec
	for _, want := range []transport.Field{sampleField, {}, {Snapshot: []byte{}}, {Snapshot: bytes.Repeat([]byte{1, 2, 3}, 400_000)}} {
		data, err := c.Field(&want)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.DecodeField(data); err != nil || !reflect.DeepEqual(got, &want) {
			t.Errorf("a snapshot of %d bytes: %v", len(want.Snapshot), err)
		}
	}
	if _, err := c.Field(&transport.Field{Snapshot: make([]byte, 16<<20+1)}); err == nil {
		t.Error("a field that cannot be read is written")
	}
}

func TestTelemetry_IsAFrameOrSamples(t *testing.T) {
	var c transport.Codec
	data, err := c.Frame(sampleFrame(20))
	if err != nil {
		t.Fatal(err)
	}
	frame, samples, err := c.DecodeTelemetry(data)
	if diff := cmp.Diff(sampleFrame(20), frame); err != nil || diff != "" || samples != nil {
		t.Error(err, samples, diff)
	}
	if data, err = c.Samples(sampleSamples); err != nil {
		t.Fatal(err)
	}
	frame, samples, err = c.DecodeTelemetry(data)
	if diff := cmp.Diff(sampleSamples, samples); err != nil || diff != "" || frame != nil {
		t.Error(err, frame, diff)
	}
	if data, err = c.Pulse(7, 0); err != nil {
		t.Fatal(err)
	}
	if _, _, err = c.DecodeTelemetry(data); !errors.Is(err, transport.ErrMalformed) {
		t.Errorf("a pulse: %v", err)
	}
}

func TestSharedLog_MessageOfAnotherTypeIsRefused(t *testing.T) {
	var c transport.Codec
	decoders := map[string]func([]byte) error{
		"entry":  func(data []byte) error { _, err := c.DecodeEntry(data); return err },
		"body":   func(data []byte) error { _, err := c.DecodeContent(data); return err },
		"delete": func(data []byte) error { _, err := c.DecodeCommand(data); return err },
		"field":  func(data []byte) error { _, err := c.DecodeField(data); return err },
	}
	messages := sharedMessages(t)
	for of, decode := range decoders {
		for name := range decoders {
			if err := decode(messages[name]); errors.Is(err, transport.ErrMalformed) == (of == name) {
				t.Errorf("%s, read as %s: %v", name, of, err)
			}
		}
	}
}

func TestSharedLog_WhatALaterVersionAddsIsSkipped(t *testing.T) {
	for name, data := range sharedMessages(t) {
		later := append(bytes.Clone(data), 0x92, 1, 0x81, 2, 3) // and [1, {2: 3}]
		if later[0] == 0xdc {
			later[2]++ // of an array of more than 15 items
		} else {
			later[0]++
		}
		want, err := transport.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		got, err := transport.Decode(later)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

func TestSharedLog_CutMessageIsRefused(t *testing.T) {
	for name, data := range sharedMessages(t) {
		for n := range data {
			if _, err := transport.Decode(data[:n]); !errors.Is(err, transport.ErrMalformed) {
				t.Errorf("%s, cut after %d of %d bytes: %v", name, n, len(data), err)
			}
		}
	}
}

func TestSharedLog_ChangedMessageIsReadOrRefused(t *testing.T) {
	var c transport.Codec
	chance, messages := rand.New(rand.NewPCG(1, 2)), sharedMessages(t)
	for _, name := range slices.Sorted(maps.Keys(messages)) {
		for range 3000 {
			bad := bytes.Clone(messages[name])
			for range 1 + chance.IntN(3) {
				bad[chance.IntN(len(bad))] = byte(chance.Uint32())
			}
			m, err := transport.Decode(bad)
			if err != nil && !errors.Is(err, transport.ErrMalformed) {
				t.Fatalf("%s: %x: an error of another kind: %v", name, bad, err)
			}
			if content, ok := m.(*transport.Content); ok {
				agrees(t, bad, content)
			} else if _, err := c.DecodeMade(bad); err != nil && !errors.Is(err, transport.ErrMalformed) {
				t.Fatalf("%s: %x: an error of another kind: %v", name, bad, err)
			}
			if again := encodedAgain(t, m); again != nil {
				if back, err := transport.Decode(again); err != nil || !cmp.Equal(back, m) {
					t.Fatalf("%s: %x: %v %s", name, bad, err, cmp.Diff(m, back))
				}
			}
		}
	}
}

func BenchmarkMade(b *testing.B) {
	var c transport.Codec
	batch := transport.Content{Tick: true}
	for range 20_000 {
		batch.Records = append(batch.Records, race.Record{Time: race.Minute, Body: race.Passing{Car: 1, Line: 2}})
	}
	data, err := c.Content(&batch)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("records=20000", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if made, err := c.DecodeMade(data); err != nil || !made.Tick {
				b.Fatal(made, err)
			}
		}
	})
}
