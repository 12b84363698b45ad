package live

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

// A spectator takes again after each pulse, for days if nothing happens.
func TestChannel_HoldsAWaitingSpectatorOnceHoweverOftenItAsks(t *testing.T) {
	ch := NewHub(quietEncoder{}, nil).open(race.Race{ID: "r"}, nil, race.Board{})
	take := func(v *spectator) {
		t.Helper()
		if _, err := ch.take(v, nil); err != nil {
			t.Fatal(err)
		}
	}
	stays, goes := newSpectator(ch, nil), newSpectator(ch, nil)
	for _, v := range []*spectator{stays, goes} {
		if err := ch.join(v); err != nil {
			t.Fatal(err)
		}
		for range 100 {
			take(v)
		}
	}
	if n := len(ch.waiting); n != 2 {
		t.Errorf("%d wait, of 2 spectators", n)
	}
	ch.leave(goes)
	if n := len(ch.waiting); n != 1 {
		t.Errorf("%d wait, of 1 spectator", n)
	}
	ch.publish([]race.Facts{{Seq: 1}})
	select {
	case <-stays.more:
	default:
		t.Error("a waiting spectator was not signalled")
	}
	take(stays)
	take(stays)
	if n := len(ch.waiting); n != 1 {
		t.Errorf("%d wait after news, of 1 spectator", n)
	}
}

// Facts that a spectator missed while it was away waited for the spectator, not for the server.
func TestReach_LeavesOutFactsFromBeforeTheSpectatorReconnected(t *testing.T) {
	m := NewMetrics(nil)
	h := NewHub(quietEncoder{}, m)
	h.TimeFrom(func(_ race.ID, seq race.Seq) time.Time {
		if seq <= 2 {
			return time.Now().Add(-time.Hour)
		}
		return time.Now()
	})
	ch := h.open(race.Race{ID: "r"}, nil, race.Board{})
	ch.publish([]race.Facts{{Seq: 1}})
	ch.publish([]race.Facts{{Seq: 2}})
	v := newSpectator(ch, nil)
	v.cursor, v.resumed = 1, true
	if err := ch.join(v); err != nil {
		t.Fatal(err)
	}
	if _, err := ch.take(v, nil); err != nil || v.cursor != 2 || !v.oldest.IsZero() {
		t.Errorf("cursor %d, facts of a record that arrived %v ago, %v", v.cursor, time.Since(v.oldest), err)
	}
	ch.publish([]race.Facts{{Seq: 3}})
	if _, err := ch.take(v, nil); err != nil || time.Since(v.oldest) > time.Minute {
		t.Errorf("facts of a record that arrived %v ago, %v", time.Since(v.oldest), err)
	}
}
