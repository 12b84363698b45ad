package gateway

import (
	"testing"
	"time"

	"lightsout/race"
)

// quietEncoder encodes nothing.
type quietEncoder struct{ Encoder }

func (quietEncoder) Snapshot(*race.Race, []race.Entry, *race.Board) ([]byte, error) {
	return []byte{1}, nil
}
func (quietEncoder) Facts(*race.Facts) ([]byte, error) { return []byte{2}, nil }

// TestStage_WaitsForEachSpectatorOnce: a spectator looks again after each pulse, for days where nothing happens.
func TestStage_WaitsForEachSpectatorOnce(t *testing.T) {
	st := NewHub(quietEncoder{}, nil).open(race.Race{ID: "r"}, nil, race.Board{})
	look := func(v *spectator) {
		t.Helper()
		if _, err := st.take(v, nil); err != nil {
			t.Fatal(err)
		}
	}
	stays, goes := newSpectator(st, nil), newSpectator(st, nil)
	for _, v := range []*spectator{stays, goes} {
		if err := st.join(v); err != nil {
			t.Fatal(err)
		}
		for range 100 {
			look(v)
		}
	}
	if n := len(st.waiting); n != 2 {
		t.Errorf("%d wait, of 2 spectators", n)
	}
	st.leave(goes)
	if n := len(st.waiting); n != 1 {
		t.Errorf("%d wait, of 1 spectator", n)
	}
	st.publish([]race.Facts{{Seq: 1}})
	select {
	case <-stays.more:
	default:
		t.Error("a spectator that waited was not told")
	}
	look(stays)
	look(stays)
	if n := len(st.waiting); n != 1 {
		t.Errorf("%d wait after news, of 1 spectator", n)
	}
}

// TestReach_IsOfThoseWhoWatch: what a spectator missed while it was away did not take that long to reach it.
func TestReach_IsOfThoseWhoWatch(t *testing.T) {
	m := NewMetrics(nil)
	h := NewHub(quietEncoder{}, m)
	h.TimeFrom(func(_ race.ID, seq race.Seq) time.Time {
		if seq <= 2 {
			return time.Now().Add(-time.Hour)
		}
		return time.Now()
	})
	st := h.open(race.Race{ID: "r"}, nil, race.Board{})
	st.publish([]race.Facts{{Seq: 1}})
	st.publish([]race.Facts{{Seq: 2}})
	v := newSpectator(st, nil)
	v.cursor, v.resumed = 1, true
	if err := st.join(v); err != nil {
		t.Fatal(err)
	}
	if _, err := st.take(v, nil); err != nil || v.cursor != 2 || !v.oldest.IsZero() {
		t.Errorf("at %d, told of what arrived %v ago, %v", v.cursor, time.Since(v.oldest), err)
	}
	st.publish([]race.Facts{{Seq: 3}})
	if _, err := st.take(v, nil); err != nil || time.Since(v.oldest) > time.Minute {
		t.Errorf("news that arrived %v ago, %v", time.Since(v.oldest), err)
	}
}
