package drill_test

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"lightsout/actors/drill"
	"lightsout/actors/simulator"
	"lightsout/race"
	"lightsout/race/circuit"
	"lightsout/race/drive"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

// tickOf is a batch of a tick with one passing.
func tickOf(n race.Tick) *race.Batch {
	return &race.Batch{
		Count: uint64(n + 1), Records: []race.Record{{Time: race.Micros(n) * race.Second, Body: race.Passing{Car: race.CarIdx(n)}}},
		Frame: &race.Frame{
			Tick: n, Time: race.Micros(n) * race.Second, LapFraction: []uint16{uint16(n)}, State: make([]race.CarState, 1), Lap: []uint16{1},
			SpeedDKMH: []uint16{900}, RPM50: []uint8{90}, Throttle: []uint8{50}, Brake: []uint8{0}, GearDRS: []uint8{3},
		},
	}
}

// made is an undisturbed race of so many ticks.
func made(ticks race.Tick) *drill.Run {
	m, out := drill.NewMade(true), &drill.Run{}
	m.Note(&race.Batch{Count: 1, Records: []race.Record{{Body: race.Started{}}}})
	for n := race.Tick(1); n <= ticks; n++ {
		m.Note(tickOf(n))
	}
	out.Reference = m.Reference()
	out.Records = out.Reference.Records
	return out
}

func TestJudgeStretch_SeesWhatIsWrongUpToTheTickAndNoMore(t *testing.T) {
	s := mustScenario(t, "{kill: car, share: 1, when: before}")
	undisturbed := made(60)                // it was run a little further
	to := drill.Stretch{Tick: 40, Seq: 41} // the start, and a passing in each tick
	for _, test := range []struct {
		name  string
		wrong func(*drill.Run)
		says  string // empty: passed
	}{
		{"nothing", func(*drill.Run) {}, ""},
		{"a record that is lost", func(r *drill.Run) { r.Records = append(r.Records[:20:20], r.Records[21:]...) }, "records of the undisturbed race are missing"},
		{"a record after the tick", func(r *drill.Run) { r.Records[45].Time++ }, ""},
		{"telemetry that is lost", func(r *drill.Run) { r.Answers.Telemetry.Frames = r.Answers.Telemetry.Frames[1:] }, "telemetry of 40 ticks in the store: 1 missing; the first: tick 1"},
		{"a passing that is not in the store", func(r *drill.Run) { r.Answers.Passings = r.Answers.Passings[1:] }, "40 passings in the store: 1 missing"},
		{"a message that was set aside", func(r *drill.Run) { r.SetAside = 1 }, "1 messages were set aside"},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := drill.NewInjector(s, drill.Members{Cars: 2})
			strike(in, "1", 1)
			of := made(40)
			drilled := &drill.Run{
				Records: append([]race.Record(nil), made(60).Records...),
				Answers: &drill.Answers{Telemetry: &drill.Telemetry{Frames: of.Reference.Telemetry.Frames}, Passings: of.Reference.Passings()},
			}
			test.wrong(drilled)
			if v := drill.JudgeStretch(s, in, undisturbed, drilled, to); v.Passed != (test.says == "") || !strings.Contains(broken(v), test.says) {
				t.Errorf("%q, expected %q", v.Broken, test.says)
			}
		})
	}
}

// The store is asked about a stretch when the race has gone on, and later laps have changed what it says of earlier ones.
func TestJudgeStretch_TheRaceMayHaveGoneOn(t *testing.T) {
	c, err := circuit.Open("kartwerk")
	if err != nil {
		t.Fatal(err)
	}
	info, model, err := drive.NewRace(race.Order{Circuit: c.Key, Cars: 12, Laps: 5, Seed: 4, TickHz: 10}, "on", c)
	if err != nil {
		t.Fatal(err)
	}
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "races.db"), transport.Codec{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	trial := drill.Trial{Start: simulator.StartRace{Info: info, Model: model, Start: true}, Journal: store, Patience: drill.Patience}
	undisturbed, err := trial.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	settled := make(chan error, 1)
	store.Settle(func(err error) { settled <- err })
	if err := <-settled; err != nil {
		t.Fatal(err)
	}
	s := mustScenario(t, "{kill: car, share: 1, when: before}")
	in := drill.NewInjector(s, drill.Members{Cars: 12})
	strike(in, "1", 1)
	stretches := 0
	for tick := race.Tick(1); int(tick) <= undisturbed.Ticks; tick += 83 {
		to := drill.Stretch{Tick: tick, Seq: race.Seq(len(undisturbed.Reference.Until(tick).Records))}
		drilled := &drill.Run{Records: undisturbed.Records}
		if drilled.Answers, err = drill.AskStretch(t.Context(), store, &info, to); err != nil {
			t.Fatal(err)
		}
		if v := drill.JudgeStretch(s, in, undisturbed, drilled, to); !v.Passed {
			t.Errorf("up to tick %d: %q", tick, v.Broken)
		}
		stretches++
	}
	if stretches < 20 {
		t.Errorf("%d stretches", stretches)
	}
}
