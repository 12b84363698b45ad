package live

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"lightsout/race"
)

// jsonEncoder encodes boards and facts as JSON.
type jsonEncoder struct{ Encoder }

func (jsonEncoder) Snapshot(_ *race.Race, _ []race.Entry, b *race.Board) ([]byte, error) {
	return json.Marshal(map[string]race.Seq{"snapshot": b.Seq})
}

func (jsonEncoder) Facts(f *race.Facts) ([]byte, error) {
	return json.Marshal(map[string]race.Seq{"facts": f.Seq})
}

func TestFollow_GoesOnAfterWhatTheSpectatorHasSeen(t *testing.T) {
	h := NewHub(jsonEncoder{}, nil)
	h.SendEvery(time.Millisecond)
	if err := h.Follow(t.Context(), "r", nil, func([]byte) {}); !errors.Is(err, race.ErrNotFound) {
		t.Errorf("a race that is not there: %v", err)
	}
	h.Open(race.Race{ID: "r"}, nil)
	h.Publish("r", []race.Facts{{Seq: 1}})
	h.Publish("r", []race.Facts{{Seq: 2}, {Seq: 3}})
	// seen are the messages of a spectator that leaves once it has seen so many.
	seen := func(after *race.Seq, most int, more func()) (out []string) {
		ctx, leave := context.WithCancel(t.Context())
		defer leave()
		if err := h.Follow(ctx, "r", after, func(message []byte) {
			if out = append(out, string(message)); len(out) == 1 && more != nil {
				more()
			}
			if len(out) == most {
				leave()
			}
		}); err != nil {
			t.Error(err)
		}
		return out
	}
	one := race.Seq(1)
	for _, test := range []struct {
		name  string
		after *race.Seq
		more  func()
		want  []string
	}{
		{"anew", nil, nil, []string{`{"snapshot":3}`}},
		{"after record 1", &one, nil, []string{`{"facts":3}`}},
		{"and what comes later", &one, func() { h.Publish("r", []race.Facts{{Seq: 4}}) }, []string{`{"facts":3}`, `{"facts":4}`}},
	} {
		if got := seen(test.after, len(test.want), test.more); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, expected %v", test.name, got, test.want)
		}
	}
}
