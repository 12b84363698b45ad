package kafka

import (
	"os"
	"strconv"
	"testing"
)

// seeds is how many worlds a test makes; N=… in the environment sets it.
func seeds(t *testing.T, usual int) uint64 {
	t.Helper()
	if n, err := strconv.Atoi(os.Getenv("N")); err == nil && n > 0 {
		return uint64(n)
	}
	if testing.Short() {
		usual /= 10
	}
	return uint64(usual)
}

func TestWorld_NothingIsLostOrDoneTwice(t *testing.T) {
	for seed := range seeds(t, 2000) {
		if wrong := newWorld(seed, 0).run(); wrong != "" {
			t.Fatalf("seed %d: %s", seed, wrong)
		}
	}
}

// TestWorld_MissesEachRule switches off one rule at a time: at least one world of many must go wrong.
func TestWorld_MissesEachRule(t *testing.T) {
	worlds := map[string]func(seed uint64) *world{
		"inputs in the batch":        func(s uint64) *world { w := newWorld(s, 0); w.noInputs = true; return w },
		"frames before their batch":  func(s uint64) *world { w := newWorld(s, 0); w.frameLate = true; return w },
		"fields only of what counts": func(s uint64) *world { w := newWorld(s, 0); w.snapEarly, w.anySnap = true, true; return w },
	}
	for name, r := range map[string]rule{
		"next epoch": epochStep, "fence": fence, "role of the race": roleOfRace, "count": count, "own claim read back": readOwn,
		"claim again": reclaim, "send again": resend, "ids": ids, "seen": seen, "over once read back": overRead, "low water": lowWater,
	} {
		worlds[name] = func(s uint64) *world { return newWorld(s, r) }
	}
	for name, of := range worlds {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(20_000) {
				if wrong := of(seed).run(); wrong != "" {
					t.Logf("seed %d: %s", seed, wrong)
					return
				}
			}
			t.Error("20,000 worlds without this rule were right")
		})
	}
}
