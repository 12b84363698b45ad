package timing_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"math/rand/v2"
	"testing"

	"lightsout/race"
	"lightsout/race/timing"
)

// eventful is a race that fills every field of a state.
func eventful(t testing.TB, seen map[string]bool) *script {
	s := &script{t: t, state: timing.New(), seen: seen, author: "a steward"}
	info := race.Race{
		ID: "eventful", Name: "Eventful", Kind: race.External, Circuit: "x", Lines: fullCircuit(), Rules: race.F1(9), Cars: 4,
		Seed: 7, TickHz: 10, TelemetryEvery: 5, Speed: 1.5, CircuitText: "circuit x", Setup: `{"model":{}}`,
	}
	info.Rules.MustFinish = true
	s.do(0, race.Announced{Race: info})
	for i := range 4 {
		s.do(0, race.Entered{Entry: race.Entry{
			Number: i + 1, Code: "AAA", Name: "A", Team: "T", Colour: "ffffff", Grid: i + 1, PitLaneStart: i == 3,
			StartOffsetM: 4 * (i % 2), Transponders: []string{string(rune('a' + i))},
		}})
	}
	s.do(0, race.StartAborted{})
	s.do(0, race.TyresFitted{Car: 0, Compound: race.Soft, AgeLaps: 2})
	s.do(-5, race.Passing{Car: 0, Line: sector1}) // before the signal, and another car's
	s.do(-4, race.Corrected{Kind: race.CorrectMove, Passing: s.seq, Car: 1, Reason: "swapped"})
	s.started()
	sequence := uint64(0)
	pass := func(name string, line int, seconds float64) {
		sequence++
		s.do(seconds, race.Passing{Car: race.NoCar, Line: line, InPit: line == pitEntry, SpeedKMH: 300, Source: &race.Source{
			Decoder: "d", Session: "1", Sequence: sequence, Transponder: name,
		}})
	}
	s.do(1, race.FlagShown{Flag: race.FlagYellow, Sector: 2})
	for lap := range 4 {
		for line := 1; line <= 6; line++ {
			for i, name := range []string{"a", "b", "c", "d", "stranger"} {
				pass(name, line%6, float64(lap*90+line*15)+float64(i)/3)
			}
		}
	}
	sequence-- // one sequence with two times
	pass("c", finish, 361)
	s.do(364, race.Passing{Car: 0, Line: sector1, Source: &race.Source{Decoder: "d", Session: "2", Sequence: 1}})
	s.do(290, race.TyresFitted{Car: 1, Compound: race.Hard, Stationary: 2 * race.Second, PitLane: 20 * race.Second})
	s.corrections()
	s.do(400, race.Suspended{})
	s.do(500, race.Resumed{})
	s.do(501, race.Suspended{})
	s.lap(1, 510)
	s.do(511, race.Abandoned{Lap: 6})
	s.do(512, race.Ended{})
	s.do(513, race.ResultDeclared{Reason: "no protest"})
	s.do(514, race.CarDisqualified{Car: 1, Reason: "underweight"})
	return s
}

// clubRace is a race with a grid behind the line, transponders that change cars, a moved start, and passings after the end.
func clubRace(t testing.TB, seen map[string]bool) *script {
	t.Helper()
	rules := race.Kart(3)
	rules.FirstCrossing = race.StartsLap
	s := newScript(t, rules, 1, 2)
	s.seen = seen
	s.started()
	for _, seconds := range []float64{5, 65, 125} {
		s.reportTransponder("x", finish, seconds)
		s.lap(2, seconds+1)
	}
	s.do(130, race.TransponderAssigned{Transponder: "x", Car: 0, Reason: "a spare"})
	s.do(130, race.TransponderAssigned{Transponder: "x", Car: 1, From: 150 * race.Second, Reason: "changed karts"})
	s.do(130, race.DecoderSet{Decoder: "d", Session: "1", Offset: race.Millisecond, Reason: "clock"})
	s.do(131, race.StartMoved{At: race.Second, Reason: "seen on video"})
	s.do(200, race.Ended{})
	s.do(201, race.ResultDeclared{})
	s.reportTransponder("x", finish, 180)
	return s
}

// corrections reports rulings of marshals and stewards.
func (s *script) corrections() {
	s.do(362, race.DecoderSet{Decoder: "d", Offset: race.Millisecond, Reason: "clock"})
	s.do(362, race.TransponderAssigned{Transponder: "stranger", Car: 3, Reason: "a spare"})
	s.do(362, race.Corrected{Kind: race.CorrectInsert, Car: 2, Line: sector1, At: 363 * race.Second, Reason: "seen"})
	s.do(362, race.Corrected{Kind: race.CorrectSplit, Car: 2, Lap: 2, Reason: "seen"})
	s.do(362, race.Undone{Of: s.seq, Reason: "not seen"})
	for _, kind := range []race.CorrectionKind{race.CorrectReject, race.CorrectAccept, race.CorrectMove} {
		s.do(363, race.Corrected{Kind: kind, Passing: 40 + race.Seq(kind), Car: 1, Reason: "seen"})
	}
	s.do(364, race.Penalised{Car: 1, Kind: race.PenaltyDriveThrough, Amount: race.Second, Reason: "speeding"})
	s.do(364, race.PenaltyServed{Car: 1, Penalty: s.seq})
	s.do(364, race.Penalised{Car: 2, Amount: 5 * race.Second, Reason: "corner cut"})
	s.do(364, race.LapDeleted{Car: 2, Lap: 1, Reason: "track limits"})
	s.do(365, race.CarRetired{Car: 2, Reason: "engine"})
	s.do(365, race.CarNotStarted{Car: 3, Reason: "ill"})
}

func TestSnapshot_ContainsEveryFieldOfTheState(t *testing.T) {
	seen := map[string]bool{}
	eventful(t, seen).restored()
	clubRace(t, seen).restored()
	for _, field := range timing.FieldsOfState() {
		if !seen[field] && field != "Row.MiniMarks" && field != "board.moved" { // in run.marks; 0 between records
			t.Errorf("%s had no value in any snapshot: fill it in the test race, otherwise it is untested", field)
		}
	}
}

// TestSnapshot_HasTheBytesOfItsVersion fails when the layout changes: raise the version in snapshot.go then.
func TestSnapshot_HasTheBytesOfItsVersion(t *testing.T) {
	b, err := eventful(t, nil).state.AppendBinary([]byte("before"))
	if err != nil {
		t.Fatal(err)
	}
	const want = "LOT6 26e6dbf71920a3c7"
	sum := sha256.Sum256(b[6:])
	if got := string(b[6:10]) + " " + hex.EncodeToString(sum[:8]); got != want {
		t.Errorf("the snapshot's hash is %s, this version has %s: raise the version", got, want)
	}
}

func TestDecode_RefusesDamage(t *testing.T) {
	good, err := eventful(t, nil).state.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	for n := range good {
		if _, err := timing.Decode(good[:n]); !errors.Is(err, timing.ErrSnapshot) {
			t.Fatalf("cut off after %d bytes: %v", n, err)
		}
		damaged := bytes.Clone(good)
		damaged[n] ^= 0x10
		if _, err := timing.Decode(damaged); !errors.Is(err, timing.ErrSnapshot) {
			t.Fatalf("with byte %d damaged: %v", n, err)
		}
	}
}

// resummed gives damaged bytes a valid checksum; otherwise the checksum would reject all of them.
func resummed(b []byte) []byte {
	if len(b) < 4 {
		return b
	}
	sum := crc32.Checksum(b[:len(b)-4], crc32.MakeTable(crc32.Castagnoli))
	return binary.LittleEndian.AppendUint32(bytes.Clone(b[:len(b)-4]), sum)
}

func TestDecode_SurvivesDamageWithAValidChecksum(t *testing.T) {
	good, err := eventful(t, nil).state.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	random, decoded := rand.New(rand.NewPCG(1, 2)), 0
	for n := 0; n < len(good); n += 17 { // the fuzz target tries the other positions
		for _, value := range []byte{good[n] + 2, 0, byte(random.Uint32())} {
			damaged := bytes.Clone(good)
			damaged[n] = value
			s, err := timing.Decode(resummed(damaged))
			if err != nil {
				continue
			}
			if decoded++; decoded%4 == 0 {
				applyEachKind(s)
			}
		}
	}
	t.Logf("%d of %d damaged snapshots were read", decoded, 3*len(good)/17)
}

// FuzzDecodeState tries any bytes with a valid checksum: Decode must not panic, and a decoded state must accept records.
func FuzzDecodeState(f *testing.F) {
	for _, s := range []*script{{t: f, state: timing.New()}, eventful(f, nil)} {
		b, err := s.state.AppendBinary(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := timing.Decode(resummed(b))
		if err != nil {
			return
		}
		again, err := s.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		if twin, err := timing.Decode(again); err != nil || s.Differs(twin) != "" {
			t.Fatalf("not the same after another snapshot: %v %s", err, s.Differs(twin))
		}
		applyEachKind(s)
	})
}

// applyEachKind applies a record of each kind; some may be refused.
func applyEachKind(s *timing.State) {
	for i, body := range []race.Body{
		race.Passing{Car: 0}, race.Passing{Car: 1, Line: 1}, race.Passing{Car: race.NoCar, Source: &race.Source{
			Decoder: "d", Session: "1", Sequence: 40, Transponder: "stranger",
		}},
		race.Started{}, race.CarRetired{Car: 0}, race.Penalised{Car: 1, Amount: 1}, race.FlagShown{Flag: race.FlagSafetyCar},
		race.Suspended{}, race.Resumed{}, race.TransponderAssigned{Transponder: "a", Car: 1}, race.DecoderSet{Decoder: "d", Offset: 5},
		race.Corrected{Kind: race.CorrectInsert, Car: 0, At: 1}, race.Undone{Of: 20}, race.Undone{Of: 130}, race.LapDeleted{Lap: 1},
		race.TyresFitted{Car: 1}, race.StartAborted{}, race.Abandoned{}, race.Ended{}, race.ResultDeclared{}, race.CarDisqualified{},
	} {
		r := race.Record{Seq: race.Seq(1_000_000 + i), Time: 600 * race.Second, Body: body}
		_, _ = s.Apply(&r, nil)
	}
	s.Classification()
}
