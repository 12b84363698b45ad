package drive

import (
	"errors"
	"testing"

	"lightsout/race"
)

func TestSnapshot_ContinuesAsTheOriginalRace(t *testing.T) {
	m := mustModel(t, "meridian", 20, 4, 5)
	want := drive(t, m, nil).final.Hash()
	for _, at := range []race.Tick{0, 1, 500, 2_000, 3_600} {
		f := m.Grid()
		for f.Tick < at {
			f, _ = tick(m, f, nil)
		}
		b, err := f.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		g, err := mustModel(t, "meridian", 20, 4, 5).DecodeField(b)
		if err != nil {
			t.Fatal(err)
		}
		if g.Hash() != f.Hash() || g.Time != f.Time || g.Leader != f.Leader {
			t.Fatalf("tick %d differs after decoding", at)
		}
		for i := range f.Ahead {
			if f.Ahead[i] != g.Ahead[i] || f.Behind[i] != g.Behind[i] {
				t.Fatalf("tick %d: car %d has different neighbours", at, i)
			}
		}
		for !m.Done(g) {
			g, _ = tick(m, g, nil)
		}
		if g.Hash() != want {
			t.Errorf("the race continued from tick %d differs", at)
		}
	}
}

func TestDecodeField_RefusesDamageAndOtherRaces(t *testing.T) {
	m := mustModel(t, "kartwerk", 5, 3, 1)
	f, _ := tick(m, m.Grid(), nil)
	b, _ := f.AppendBinary(nil)
	for i := range b {
		damaged := append([]byte(nil), b...)
		damaged[i] ^= 0x55
		if _, err := m.DecodeField(damaged); !errors.Is(err, ErrSnapshot) {
			t.Fatalf("byte %d is damaged: %v", i, err)
		}
		if _, err := m.DecodeField(b[:i]); !errors.Is(err, ErrSnapshot) {
			t.Fatalf("cut at byte %d: %v", i, err)
		}
	}
	if _, err := mustModel(t, "kartwerk", 5, 3, 2).DecodeField(b); !errors.Is(err, ErrSnapshot) {
		t.Errorf("a snapshot of another seed: %v", err)
	}
}

func FuzzDecodeField(f *testing.F) {
	m := mustModel(f, "kartwerk", 3, 3, 1)
	field := m.Grid()
	for range 300 {
		b, _ := field.AppendBinary(nil)
		if field.Tick%50 == 0 {
			f.Add(b)
		}
		field, _ = tick(m, field, nil)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := m.decode(b, false) // otherwise the hash would reject every input
		if err != nil {
			return
		}
		for range 20 {
			m.Frame(g)
			next, _ := tick(m, g, nil)
			m.Events(g, next)
			g = next
		}
	})
}
