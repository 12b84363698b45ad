package kafka

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"lightsout/race"
	"lightsout/transport"
)

// Limits of a command of another program.
const (
	foreignBytesMax = 1 << 20 // what clients of Kafka send at most, unless they are told otherwise
	foreignItemsMax = 20_000
	foreignTextMax  = 100
)

// foreign is a command of another program, in JSON: passings or samples of an external race.
type foreign struct {
	record *kgo.Record
	id     string // of the command
	race   race.ID
	list   string // passings or samples
	items  []json.RawMessage
	hash   uint64
	report *race.Report // the good items, once they were read
}

// isForeign reports whether a command is JSON: our own are lists of msgpack.
func isForeign(value []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(value, " \t\r\n"), []byte("{"))
}

// parseForeign reads a command without its items.
func parseForeign(r *kgo.Record) (*foreign, error) {
	if len(r.Value) > foreignBytesMax {
		return nil, fmt.Errorf("the message has %d bytes: allowed are %d: send fewer items at once", len(r.Value), foreignBytesMax)
	}
	var m struct {
		ID       *string            `json:"id"`
		Race     race.ID            `json:"race"`
		Passings *[]json.RawMessage `json:"passings"`
		Samples  *[]json.RawMessage `json:"samples"`
	}
	dec := json.NewDecoder(bytes.NewReader(r.Value))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return nil, fmt.Errorf("it is not a command in JSON: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON object")
	}
	f := &foreign{record: r, race: m.Race}
	switch {
	case m.Race == "" || len(m.Race) > foreignTextMax:
		return nil, fmt.Errorf("race has %d bytes: expected the id of a race", len(m.Race))
	case (m.Passings == nil) == (m.Samples == nil):
		return nil, errors.New("expected either passings or samples, a list")
	case m.Passings != nil:
		f.list, f.items = "passings", *m.Passings
	default:
		f.list, f.items = "samples", *m.Samples
	}
	if n := len(f.items); n == 0 || n > foreignItemsMax {
		return nil, fmt.Errorf("%d %s: allowed are 1 to %d at once", n, f.list, foreignItemsMax)
	}
	// The time tells a message from one of the same offset of an earlier topic.
	f.id = fmt.Sprintf("json-%d-%d-%d", r.Partition, r.Offset, r.Timestamp.UnixMilli())
	if m.ID != nil {
		if n := len(*m.ID); n == 0 || n > foreignTextMax {
			return nil, fmt.Errorf("id has %d bytes: allowed are 1 to %d", n, foreignTextMax)
		}
		sum := sha256.Sum256([]byte(string(f.race) + "\x00" + *m.ID))
		f.id = "json-" + hex.EncodeToString(sum[:16])
	}
	sum := sha256.Sum256(r.Value)
	f.hash = binary.BigEndian.Uint64(sum[:])
	return f, nil
}

// takeForeign takes a command of another program. Processors do: simulated races report themselves.
func (s *seat) takeForeign(r *kgo.Record) {
	if s.role != transport.Processor {
		s.owner.Command(r.Offset, nil)
		return
	}
	f, err := parseForeign(r)
	if err == nil {
		err = s.desk.node.belongs(f.race, s.desk.partition)
	}
	if err != nil {
		s.buryWhole(r, err)
		s.owner.Command(r.Offset, nil)
		return
	}
	if receipt, known := s.desk.fold.Receipt(f.id); known { // the owner before may have died before its dead letter was durable
		s.answered(f, &receipt)
		s.owner.Command(r.Offset, nil)
		return
	}
	s.foreign[f.id] = append(s.foreign[f.id], f)
	s.owner.Command(r.Offset, &Order{ID: f.id, Race: f.race, Role: transport.Processor, Command: f})
}

// read reads the items of a command and goes on with its report once the dead letters of the bad ones are durable: who takes over before
// that does it again, who takes over after it finds the receipt.
func (s *seat) read(o Order, f *foreign) {
	generation := s.generation
	s.jobs.post(func() {
		in, wrong, err := s.desk.node.cfg.Reports.Read(f.race, f.list, f.items)
		s.desk.post(func() {
			switch {
			case s.generation != generation:
			case isBusy(err):
				s.retry = append(s.retry, o)
			case err != nil:
				s.refuse(o, err)
			default:
				f.report = in
				in.Hash = f.hash
				s.buryItems(f, wrong, func() {
					if s.generation == generation {
						s.report(o)
					}
				})
			}
		})
	})
}

// receipts goes on with what commands of other programs became.
func (s *seat) receipts(list []transport.Receipt) {
	for i := range list {
		for _, f := range s.foreign[list[i].Command] {
			s.answered(f, &list[i])
		}
		delete(s.foreign, list[i].Command)
	}
}

// answered writes a dead letter if a command was refused, or if its id belongs to another one.
func (s *seat) answered(f *foreign, r *transport.Receipt) {
	if err := errorOf(r); err != nil {
		s.buryWhole(f.record, err)
	} else if r.Hash != 0 && r.Hash != f.hash {
		s.buryWhole(f.record, fmt.Errorf("the id of the command: %w: choose another", race.ErrKeyReused))
	}
}

// buryWhole writes a message that is not taken to the dead letters.
func (s *seat) buryWhole(r *kgo.Record, why error) {
	s.log().Warn("a command of another program is not taken", slog.Int64("offset", r.Offset), slog.Any("err", why))
	s.dead++
	s.desk.node.bury(letterOf(r, why.Error()), func() { s.desk.post(func() { s.dead-- }) })
}

// buryItems writes bad items to the dead letters, then calls after at the desk.
func (s *seat) buryItems(f *foreign, wrong map[int]string, after func()) {
	if len(wrong) == 0 {
		after()
		return
	}
	s.log().Warn("items of a command of another program are not taken", slog.Int64("offset", f.record.Offset), slog.Int("items", len(wrong)))
	left := len(wrong)
	s.dead += left
	for _, i := range slices.Sorted(maps.Keys(wrong)) {
		l := letterOf(f.record, wrong[i])
		l.Item, l.Value = &i, f.items[i]
		s.desk.node.bury(l, func() {
			s.desk.post(func() {
				s.dead--
				if left--; left == 0 {
					after()
				}
			})
		})
	}
}
