package cluster

import (
	"context"
	"fmt"
	"sync"

	"lightsout/actors/processor"
	"lightsout/race"
	"lightsout/transport"
	"lightsout/transport/kafka"
)

var _ kafka.Facts = (*facts)(nil)

// FactsFormat is how facts are published.
type FactsFormat string

// Formats of facts. All processors of a log need the same.
const (
	FactsMsgpack FactsFormat = "msgpack" // messages of spectators: transport/WIRE.md, 2
	FactsJSON    FactsFormat = "json"
)

// ParseFactsFormat reads a format.
func ParseFactsFormat(name string) (FactsFormat, error) {
	switch f := FactsFormat(name); f {
	case FactsMsgpack, FactsJSON:
		return f, nil
	default:
		return "", fmt.Errorf("%q is no format of facts: allowed are %s and %s", name, FactsMsgpack, FactsJSON)
	}
}

// followed is a journal whose facts are published, too.
type followed struct {
	processor.Journal
	node *kafka.Node
}

// AppendFacts is part of processor.Journal. It comes before a batch is acknowledged, and ends with the batch's last record.
func (f followed) AppendFacts(id race.ID, list []race.Facts) {
	f.node.PublishFacts(id, list)
	f.Journal.AppendFacts(id, list)
}

// entriesMax bounds the cars whose numbers are in memory; beyond it all are read again.
const entriesMax = 200_000

// facts are what this process publishes for other programs.
type facts struct {
	*Member
	known sync.Map // race.ID: []race.Entry, of races that have started
	mu    sync.Mutex
	cars  int
}

// Messages makes messages of what follows from a record.
func (f *facts) Messages(id race.ID, of *race.Facts) ([][]byte, error) {
	if f.cfg.Facts == FactsMsgpack {
		data, err := transport.Codec{}.Facts(of)
		return [][]byte{data}, err
	}
	entries, err := f.entries(id)
	if err != nil {
		return nil, err
	}
	return factsJSON(id, entries, of)
}

// entries are those of a race; they do not change once it has started.
func (f *facts) entries(id race.ID) ([]race.Entry, error) {
	if known, ok := f.known.Load(id); ok {
		return known.([]race.Entry), nil
	}
	roster, err := f.races.Ingest().Roster(context.Background(), id)
	if err != nil || roster.StartedAt == 0 {
		return rosterEntries(roster), err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.cars += len(roster.Entries); f.cars > entriesMax {
		f.known.Clear()
		f.cars = len(roster.Entries)
	}
	f.known.Store(id, roster.Entries)
	return roster.Entries, nil
}

func rosterEntries(r *race.Roster) []race.Entry {
	if r == nil {
		return nil
	}
	return r.Entries
}

// Again computes facts from this process's copy.
func (f *facts) Again(id race.ID, after race.Seq, ends []race.Seq) ([]race.Facts, error) {
	return f.races.FactsAfter(context.Background(), id, after, ends)
}
