package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lightsout/race"
	"lightsout/transport"
)

// orderWait bounds how long an order waits for its receipt.
const orderWait = 15 * time.Second

// Outcome is a command's receipt. Against are the records of its batch that the rules refused; Again is set if the command was done before
// it was ordered here.
type Outcome struct {
	transport.Receipt
	Against []race.RecordRefused
	Again   bool
}

// orders are the commands of this process that have no answer yet, at a partition.
type orders struct {
	waiting  map[string][]*order
	answered []*order // they wait until the copy has applied their receipt
}

type order struct {
	offset  int64
	outcome Outcome
	answer  chan Outcome
}

func newOrders() *orders { return &orders{waiting: map[string][]*order{}} }

// receipts notes receipts at an offset of the log.
func (o *orders) receipts(offset int64, list []transport.Receipt) {
	for _, r := range list {
		for _, w := range o.waiting[r.Command] {
			w.offset, w.outcome.Receipt = offset, r
			o.answered = append(o.answered, w)
		}
		delete(o.waiting, r.Command)
	}
}

// against notes what the rules refused of the batch with these receipts.
func (o *orders) against(list []transport.Receipt, against []race.RecordRefused) {
	if len(against) == 0 {
		return
	}
	for _, r := range list {
		for _, w := range o.answered {
			if w.outcome.Command == r.Command {
				w.outcome.Against = against
			}
		}
	}
}

// applied answers those whose receipt is below an offset.
func (o *orders) applied(to int64) {
	o.answered = slices.DeleteFunc(o.answered, func(w *order) bool {
		if w.offset < to {
			w.answer <- w.outcome
		}
		return w.offset < to
	})
}

func (o *orders) forget(id string, w *order) {
	o.waiting[id] = slices.DeleteFunc(o.waiting[id], func(one *order) bool { return one == w })
	if len(o.waiting[id]) == 0 {
		delete(o.waiting, id)
	}
}

// Order sends a command to the owner of its race, and returns its receipt once this process has applied it. Role 0 means whoever writes to
// the race now. The error is a *RefusedError, or race.ErrUnderway if the outcome is not known yet.
func (n *Node) Order(ctx context.Context, c *transport.Command) (Outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, orderWait)
	defer cancel()
	d := n.desk(c.Race)
	w := &order{answer: make(chan Outcome, 1)}
	failed := make(chan error, 1)
	d.post(func() {
		if err := d.send(c, w, failed); err != nil {
			failed <- err
		}
	})
	select {
	case got := <-w.answer:
		return got, errorOf(&got.Receipt)
	case err := <-failed:
		d.post(func() { d.orders.forget(c.ID, w) })
		return Outcome{}, err
	case <-ctx.Done():
		d.post(func() { d.orders.forget(c.ID, w) })
	case <-n.done:
	}
	return Outcome{}, fmt.Errorf("race %s: the outcome of the order is not known yet: %w", c.Race, race.ErrUnderway)
}

// send sends a command, unless its receipt is known.
func (d *desk) send(c *transport.Command, w *order, failed chan<- error) error {
	if r, known := d.fold.Receipt(c.ID); known {
		w.offset, w.outcome.Receipt, w.outcome.Again = d.fold.Next()-1, r, true
		d.orders.answered = append(d.orders.answered, w)
		d.applied()
		return nil
	}
	sent := *c
	sent.Seen = d.fold.Next()
	if state, known := d.fold.Race(c.Race); sent.Role == 0 {
		if !known || state.Deleted {
			return fmt.Errorf("race %s: %w", c.Race, race.ErrNotFound)
		}
		sent.Role = state.Role()
	}
	data, err := transport.Codec{}.Command(&sent)
	if err != nil {
		return err
	}
	if len(data) > bodyBytesMax {
		return fmt.Errorf("the order has %d bytes: allowed are %d: %w", len(data), bodyBytesMax, race.ErrConflict)
	}
	d.orders.waiting[c.ID] = append(d.orders.waiting[c.ID], w)
	d.node.produce(d.node.topics.Commands, d.partition, string(c.Race), data, func(_ int64, err error) {
		if err != nil && !errors.Is(err, context.Canceled) {
			failed <- fmt.Errorf("race %s: the order may not have arrived (%w): %w", c.Race, err, race.ErrUnderway)
		}
	})
	return nil
}

// Await waits until this process has applied all of a race's partition that the log has now.
func (n *Node) Await(ctx context.Context, id race.ID) error {
	d := n.desk(id)
	ends, err := n.admin.ListEndOffsets(ctx, n.topics.Log)
	if err != nil {
		return fmt.Errorf("ask Kafka where the log ends: %w", err)
	}
	end, ok := ends.Lookup(n.topics.Log, d.partition)
	if !ok || end.Err != nil {
		return fmt.Errorf("ask Kafka where partition %d of the log ends: %w", d.partition, end.Err)
	}
	w := &order{offset: end.Offset - 1, answer: make(chan Outcome, 1)}
	d.post(func() {
		d.orders.answered = append(d.orders.answered, w)
		d.applied()
	})
	select {
	case <-w.answer:
		return nil
	case <-n.done:
		return race.ErrUnderway
	case <-ctx.Done():
		d.post(func() {
			d.orders.answered = slices.DeleteFunc(d.orders.answered, func(o *order) bool { return o == w })
		})
		return ctx.Err()
	}
}
