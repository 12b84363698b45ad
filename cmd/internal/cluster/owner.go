package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"lightsout/actors/simulator"
	"lightsout/cmd/internal/races"
	"lightsout/gateway"
	"lightsout/race"
	"lightsout/race/drive"
	"lightsout/transport"
)

// simulations are the races that this process simulates.
type simulations struct{ *Member }

// Create makes a race.
func (s *simulations) Create(of *transport.Create) error {
	model, err := drive.ModelOf(of.Race)
	if err != nil {
		return err
	}
	return s.start(simulator.StartRace{Info: of.Race, Model: model, Start: of.Start})
}

// Restore lets a race go on.
func (s *simulations) Restore(info race.Race, from *race.Position, script []race.Made) error {
	model, err := drive.ModelOf(info)
	if err != nil {
		return err
	}
	s.cfg.Log.Info("a race goes on here", slog.String("race", string(info.ID)), slog.Int("batches_made_again", len(script)))
	return s.start(simulator.StartRace{Info: info, Model: model, From: from, Script: script})
}

// start starts a race. One whose announcement takes long has started all the same.
func (s *simulations) start(msg simulator.StartRace) error {
	if err := s.engine.Start(msg); !errors.Is(err, race.ErrUnderway) {
		return err
	}
	return nil
}

// Command hands a race a command.
func (s *simulations) Command(c *transport.Command, done func(error)) {
	var command any
	switch {
	case c.Control != nil:
		command = simulator.ControlRace{ID: c.ID, Control: *c.Control}
	case c.Ruling != nil:
		command = simulator.RuleRace{ID: c.ID, Record: *c.Ruling}
	default:
		done(errNoCommand)
		return
	}
	s.engine.HandCommand(c.Race, command, func(_ race.Ruled, err error) { done(err) })
}

var errNoCommand = errors.New("a simulated race takes control and rulings alone")

// Drop ends a race.
func (s *simulations) Drop(id race.ID) error {
	return races.UntilDone(func() error { return s.engine.Drop(id) })
}

// reports are what this process takes of races that are reported.
type reports struct{ *Member }

// Report takes a report.
func (r *reports) Report(id race.ID, in *race.Report, done func(race.Ingested, error)) {
	r.engine.HandReport(id, in, done)
}

// Read reads what another program reports of a race, as a request to the gateway is read.
func (r *reports) Read(id race.ID, list string, items []json.RawMessage) (*race.Report, map[int]string, error) {
	roster, err := r.races.Ingest().Roster(context.Background(), id)
	switch {
	case errors.Is(err, race.ErrNotFound):
		return nil, nil, err
	case err != nil: // the copy cannot be read now
		return nil, nil, errors.Join(err, race.ErrBusy)
	}
	in, faults, err := gateway.ReadReport(roster, list, items)
	wrong := make(map[int]string, len(faults))
	for i, of := range faults {
		wrong[i] = strings.TrimPrefix((&race.InvalidError{Faults: of}).Error(), ": ")
	}
	return in, wrong, err
}

// End ends what takes reports of a race.
func (r *reports) End(id race.ID) error {
	return races.UntilDone(func() error { return r.engine.EndIngest(context.Background(), id) })
}

// copied is this process's copy of all races.
type copied struct{ *Member }

// Submit hands over a batch that counts.
func (c *copied) Submit(b *race.Batch, ack func(race.Ack)) {
	if !slices.ContainsFunc(b.Records, movesTime) {
		c.engine.Submit(b, ack)
		return
	}
	c.engine.Submit(b, func(a race.Ack) {
		c.races.Ingest().Forget(b.Race)
		ack(a)
	})
}

// movesTime reports whether race time may count from another moment after a record.
func movesTime(r race.Record) bool {
	switch r.Body.(type) {
	case race.StartMoved, race.Undone:
		return true
	default:
		return false
	}
}

// Stored tells how far a race has come.
func (c *copied) Stored(id race.ID, ready func(count uint64)) {
	c.cfg.Marks.Load(id, func(p race.Position, err error) {
		if err != nil { // it is asked again with the next batch
			c.cfg.Log.Error("the store cannot tell how far a race has come", slog.String("race", string(id)), slog.Any("err", err))
			return
		}
		ready(p.Count)
	})
}

// Began says that a simulation runs.
func (c *copied) Began(id race.ID) { c.races.Began(id) }

// Over says that a simulation has ended.
func (c *copied) Over(id race.ID) { c.races.RaceOver(id) }

// Failed says that a race was given up.
func (c *copied) Failed(id race.ID, reason string) { c.races.RaceFailed(id, reason) }

// Delete deletes a race.
func (c *copied) Delete(id race.ID) error {
	err := c.races.Remove(context.Background(), id)
	if err == nil {
		if c.Feeds(id) {
			c.node.Tell(id, fedKey+string(id), nil)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.broken, id)
	}
	return err
}

// Rest ends the actors of a race; the next batch makes new ones.
func (c *copied) Rest(id race.ID) { c.engine.Retire(id) }

// Broken says that a race cannot go on in this copy.
func (c *copied) Broken(id race.ID, err error) {
	c.cfg.Log.Error("a race cannot go on in this process", slog.String("race", string(id)), slog.Any("err", err))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.broken[id] = err
}

// KeepMark keeps how far this copy has followed a partition.
func (c *copied) KeepMark(partition int32, data []byte) {
	c.cfg.Marks.KeepMark(c.mark(partition), data, func(err error) {
		if err != nil { // more is read again after a restart
			c.cfg.Log.Warn("how far the log was followed is not kept", slog.Any("err", err))
		}
	})
}

// mark is the name of a partition's mark.
func (c *copied) mark(partition int32) string {
	return fmt.Sprintf("kafka/%s/%d", c.cfg.Kafka.Prefix, partition)
}

// Marks returns what was kept.
func (c *copied) Marks() (map[int32][]byte, error) {
	all, err := c.cfg.Marks.Marks(context.Background())
	if err != nil {
		return nil, err
	}
	out := map[int32][]byte{}
	for name, data := range all {
		rest, ours := strings.CutPrefix(name, "kafka/"+c.cfg.Kafka.Prefix+"/")
		partition, err := strconv.ParseInt(rest, 10, 32)
		if !ours || err != nil {
			return nil, fmt.Errorf("the file follows another log (%s): allowed is one of this log, or a new file", name)
		}
		out[int32(partition)] = data
	}
	return out, nil
}
