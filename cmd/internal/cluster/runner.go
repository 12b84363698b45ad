package cluster

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"lightsout/actors/simulator"
	"lightsout/race"
	"lightsout/transport"
	"lightsout/transport/kafka"
)

// runner sends what is ordered to the owners of races.
type runner struct{ node *kafka.Node }

// Start makes a simulated race.
func (r *runner) Start(ctx context.Context, msg simulator.StartRace) error {
	_, err := r.order(ctx, &transport.Command{
		ID: creation(msg.Info.ID), Race: msg.Info.ID, Role: transport.Simulator, Create: &transport.Create{Race: msg.Info, Start: msg.Start},
	})
	return err
}

// Control starts, pauses, resumes or stops a simulated race.
func (r *runner) Control(ctx context.Context, id race.ID, what race.Control) error {
	_, err := r.order(ctx, &transport.Command{Race: id, Role: transport.Simulator, Control: &what})
	return err
}

// Rule hands a ruling to a simulated race.
func (r *runner) Rule(ctx context.Context, id race.ID, rec race.Record) (race.Ruled, error) {
	got, err := r.order(ctx, &transport.Command{Race: id, Role: transport.Simulator, Ruling: &rec})
	if err != nil {
		return race.Ruled{}, err
	}
	for _, refused := range got.Against {
		if refused.Seq == got.Seq {
			return race.Ruled{}, fmt.Errorf("%w: %s", race.ErrConflict, refused.Reason)
		}
	}
	return race.Ruled{Seq: got.Seq, At: got.At}, nil
}

// Ingest hands over a report.
func (r *runner) Ingest(ctx context.Context, id race.ID, in *race.Report) (race.Ingested, error) {
	c := &transport.Command{Race: id, Role: transport.Processor, Report: in}
	switch {
	case in.New:
		c.ID = creation(id)
	case in.Key != "":
		c.ID = commandOf(id, in.Key)
	}
	got, err := r.order(ctx, c)
	switch {
	case err != nil:
		return race.Ingested{}, err
	case in.Key != "" && got.Hash != in.Hash:
		return race.Ingested{}, fmt.Errorf("the idempotency key %q: %w: choose another", in.Key, race.ErrKeyReused)
	}
	out := race.Ingested{Records: got.Records, Samples: got.Samples, Repeated: got.Repeated, Again: got.Again, Refused: got.Against}
	if got.Records > 0 {
		out.First, out.Last = got.Seq, got.Seq+race.Seq(got.Records)-1
	}
	return out, nil
}

// Delete deletes a race, whoever writes to it.
func (r *runner) Delete(ctx context.Context, of race.Race) error {
	for {
		_, err := r.order(ctx, &transport.Command{Race: of.ID, Delete: true})
		var refused *kafka.RefusedError
		if !errors.As(err, &refused) || refused.Refusal != transport.Over && refused.Refusal != transport.Running || ctx.Err() != nil {
			return err
		}
	}
}

// order sends a command, with an id of its own if it has none.
func (r *runner) order(ctx context.Context, c *transport.Command) (kafka.Outcome, error) {
	if c.ID == "" {
		c.ID = rand.Text()
	}
	return r.node.Order(ctx, c)
}

// creation is the command that makes a race: one for each id, so that whoever orders it twice makes it once.
func creation(id race.ID) string { return "create-" + string(id) }

// commandOf is the command of a client's key: the same at every gateway.
func commandOf(id race.ID, key string) string {
	sum := sha256.Sum256([]byte(string(id) + "\x00" + key))
	return "key-" + hex.EncodeToString(sum[:16])
}
