package kafka

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"lightsout/race"
	"lightsout/transport"
)

// fieldsKept is how many fields of a race are kept, here and in the topic: one may be of a batch that never counted.
const fieldsKept = 2

// aheadMax bounds the fields that wait for their batch. The state is read before the log: there may be more than the two newest.
const aheadMax = 64

// past is what a simulator knows of the simulated races of a partition, to let them go on.
type past struct {
	races map[race.ID]*history
	early map[race.ID][]kept // fields of races whose first batch was not read yet
}

// history is how a race that is not over was made, since the older of its fields.
type history struct {
	info   race.Race
	made   []race.Made
	fields []kept // of batches that count, oldest first
	ahead  []kept // of batches that were not read yet
	broken error  // a batch that cannot be read
}

// kept is a field and its slot in the topic.
type kept struct {
	transport.Field
	slot int
}

func byCount(a, b kept) int { return cmp.Compare(a.Count, b.Count) }

func newPast() *past { return &past{races: map[race.ID]*history{}, early: map[race.ID][]kept{}} }

// batch notes a batch that counts.
func (p *past) batch(e *transport.Entry) error {
	h := p.races[e.Race]
	switch {
	case e.External || e.Ends || e.Deletes || e.Role != transport.Simulator:
		delete(p.races, e.Race)
		delete(p.early, e.Race)
		return nil
	case h == nil && e.Count > 1: // it was over
		return nil
	case h == nil:
		h = &history{ahead: p.early[e.Race]}
		p.races[e.Race] = h
		delete(p.early, e.Race)
	}
	c, err := transport.Codec{}.DecodeMade(e.Body)
	if err != nil {
		h.broken = fmt.Errorf("batch %d: %w", e.Count, err)
		return err
	}
	if len(c.Records) > 0 {
		if b, ok := c.Records[0].Body.(race.Announced); ok {
			h.info = b.Race
		}
	}
	h.made = append(h.made, race.Made{Count: e.Count, Hash: e.Hash, Tick: c.Tick, Taken: c.Taken, Inputs: c.Inputs})
	for len(h.ahead) > 0 && h.ahead[0].Count <= e.Count {
		h.keep(h.ahead[0])
		h.ahead = h.ahead[1:]
	}
	return nil
}

// field notes a field of the topic; an empty value forgets it. over says that the race needs none.
func (p *past) field(key string, value []byte, over func(race.ID) bool) error {
	id, slot, err := parseFieldKey(key)
	switch {
	case err != nil:
		return err
	case len(value) == 0:
		p.early[id] = slices.DeleteFunc(p.early[id], func(k kept) bool { return k.slot == slot })
		if len(p.early[id]) == 0 {
			delete(p.early, id)
		}
		return nil
	case over(id):
		return nil
	}
	f, err := transport.Codec{}.DecodeField(value)
	if err != nil {
		return err
	}
	k := kept{*f, slot}
	h := p.races[id]
	switch {
	case h == nil:
		p.early[id] = ahead(p.early[id], k)
	case len(h.made) == 0 || f.Count > h.made[len(h.made)-1].Count:
		h.ahead = ahead(h.ahead, k)
	default:
		h.keep(k)
	}
	return nil
}

// ahead adds a field to those of batches that were not read yet, of which the newest are enough.
func ahead(list []kept, k kept) []kept {
	list = append(slices.Clip(list), k)
	slices.SortFunc(list, byCount)
	return list[max(0, len(list)-aheadMax):]
}

// keep keeps a field if its batch counts, and forgets what is older than the fields that are kept.
func (h *history) keep(k kept) {
	i := slices.IndexFunc(h.made, func(m race.Made) bool { return m.Count == k.Count })
	if i < 0 || h.made[i].Hash != k.Hash {
		return
	}
	h.fields = append(h.fields, k)
	slices.SortFunc(h.fields, byCount)
	h.fields = h.fields[max(0, len(h.fields)-fieldsKept):]
	if len(h.fields) == fieldsKept {
		least := h.fields[0].Count
		h.made = slices.Clone(h.made[slices.IndexFunc(h.made, func(m race.Made) bool { return m.Count >= least }):])
	}
}

// goOn is from where the race goes on, and the batches after that.
func (h *history) goOn() (*race.Position, []race.Made) {
	if len(h.fields) == 0 {
		return nil, h.made
	}
	f := &h.fields[len(h.fields)-1]
	i := slices.IndexFunc(h.made, func(m race.Made) bool { return m.Count > f.Count })
	from := &race.Position{Seq: f.Seq, Count: f.Count, Info: &h.info, Snapshot: f.Snapshot}
	if i < 0 {
		return from, nil
	}
	return from, h.made[i:]
}

// slot is where the next field goes: not over the newest one.
func (h *history) slot() int {
	if len(h.fields) == 0 {
		return 0
	}
	return (h.fields[len(h.fields)-1].slot + 1) % fieldsKept
}

// fieldPrefix begins the keys of fields.
const fieldPrefix = "field/"

func fieldKey(id race.ID, slot int) string { return fmt.Sprintf("%s%d/%s", fieldPrefix, slot, id) }

func parseFieldKey(key string) (id race.ID, slot int, err error) {
	rest, ok := strings.CutPrefix(key, fieldPrefix)
	slotText, name, cut := strings.Cut(rest, "/")
	if slot = slices.Index([]string{"0", "1"}, slotText); !ok || !cut || slot < 0 || name == "" {
		return "", 0, fmt.Errorf("the key is %q: expected field/0/RACE or field/1/RACE", key)
	}
	return race.ID(name), slot, nil
}
