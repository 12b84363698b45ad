package traces

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"lightsout/actors/processor"
	"lightsout/gateway"
	"lightsout/race"
)

// plain is a journal, and an ingest, that do nothing.
type plain struct {
	processor.Journal
	reports
}

func TestTracer_NothingStandsInTheWayWhereItIsOff(t *testing.T) {
	off, err := Open(t.Context(), Config{}, "test", slog.New(slog.DiscardHandler))
	if err != nil || off != nil {
		t.Fatalf("%v %v", off, err)
	}
	j, in := processor.Journal(&plain{}), gateway.Ingest(&plain{})
	if off.Journal(j) != j || off.Ingest(in) != in {
		t.Error("something was put around journal or ingest")
	}
	if err := off.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestConfig_NamesWhatIsAllowed(t *testing.T) {
	for _, c := range []struct {
		Config
		ok bool
	}{
		{Config{}, true}, {Config{"http://127.0.0.1:4318", 1}, true}, {Config{"https://collector.example/v1/traces", 0.01}, true},
		{Config{"127.0.0.1:4318", 1}, false}, {Config{"grpc://127.0.0.1:4317", 1}, false},
		{Config{"http://127.0.0.1:4318", 0}, false}, {Config{"http://127.0.0.1:4318", 1.1}, false},
	} {
		if err := c.Validate(); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c.Config, err)
		}
	}
}

func TestTracer_FollowsSoManyBatchesAndNoMore(t *testing.T) {
	tr := &Tracer{share: 1}
	for i := range 2 * maxFollowed {
		w := tr.follow(&race.Batch{Race: "r", Records: []race.Record{{Seq: race.Seq(i + 1)}}}, time.Now())
		if (w != nil) != (i < maxFollowed) {
			t.Fatalf("batch %d: %v", i, w)
		}
	}
	if tr.follow(&race.Batch{Race: "r"}, time.Now()) != nil {
		t.Error("a batch without records is followed: nothing is applied or shown of it")
	}
}

func TestTracer_RefusedBatchIsNotDurable(t *testing.T) {
	tr := &Tracer{share: 1}
	under := &once{}
	tr.Journal(under).Append(&race.Batch{Race: "r", Records: []race.Record{{Seq: 1}}}, func(error) {})
	under.ready(errors.New("no such race"))
	if w := tr.followed[0]; !w.durable.IsZero() {
		t.Error("it is durable")
	}
}

type once struct {
	processor.Journal
	ready func(error)
}

func (o *once) Append(_ *race.Batch, ready func(error)) { o.ready = ready }
