package drill_test

import (
	"strings"
	"testing"

	"lightsout/actors/drill"
	"lightsout/race"
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
