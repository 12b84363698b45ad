package drill

import (
	"reflect"
	"slices"

	"lightsout/race"
	"lightsout/race/timing"
)

// Reference is what a race must be: what its actors made of it undisturbed, and what follows from that by the rules. It is taken before
// anything is stored or published, so that what is lost on the way in every race is missed as well.
type Reference struct {
	Records   []race.Record
	Telemetry Telemetry
	// folded, laps and hashes follow from the records; see follow.
	folded
	lapsInOrder []race.Lap
	hashes      []string
	result      race.Classification
	ends        []int // how many records there were after each frame
}

func newReference(records []race.Record, t Telemetry) *Reference {
	r := &Reference{Records: records, Telemetry: t, folded: newFolded()}
	var state *timing.State
	state, r.lapsInOrder, r.hashes = timed(records, &r.folded)
	if state != nil {
		r.result = state.Classification()
	}
	if r.board.Result != nil {
		r.result = *r.board.Result
	}
	return r
}

// Reference is what was noted, once the race is over.
func (m *Made) Reference() *Reference {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := newReference(m.records, m.telemetry)
	r.ends = m.ends
	return r
}

// Announced gives the race the announcement of another log: that of the same race with another id or speed.
func (r *Reference) Announced(log []race.Record) *Reference {
	if len(log) == 0 || len(r.Records) == 0 || reflect.DeepEqual(r.Records[0].Body, log[0].Body) {
		return r
	}
	records := slices.Clone(r.Records)
	records[0].Body = log[0].Body
	out := newReference(records, r.Telemetry)
	out.ends = r.ends
	return out
}

// Until is what the race must be up to the end of a tick.
func (r *Reference) Until(tick race.Tick) *Reference {
	n := 0
	for n < len(r.Telemetry.Frames) && r.Telemetry.Frames[n].Tick <= tick {
		n++
	}
	end := 0
	if n > 0 && n <= len(r.ends) {
		end = r.ends[n-1]
	}
	return newReference(r.Records[:end], Telemetry{Frames: r.Telemetry.Frames[:n]})
}

// Laps are the race's in the order in which they ended.
func (r *Reference) Laps() []race.Lap { return r.lapList() }

// Events are the race's in order.
func (r *Reference) Events() []race.Event { return r.eventList() }

// Results are the versions of the result from the oldest on.
func (r *Reference) Results() []race.Classification { return r.resultList() }

// Entries are the race's, by car.
func (r *Reference) Entries() []race.Entry { return r.entries() }

// Passings are the race's with their verdicts, in the order of the log.
func (r *Reference) Passings() []race.PassingRow { return r.passings() }

// info is the race's, from its log.
func (r *Reference) info() *race.Race {
	if len(r.Records) > 0 {
		if announced, ok := r.Records[0].Body.(race.Announced); ok {
			return &announced.Race
		}
	}
	return &race.Race{}
}

// entries are the race's, from its log.
func (r *Reference) entries() (out []race.Entry) {
	for i := range r.Records {
		if entered, ok := r.Records[i].Body.(race.Entered); ok {
			out = append(out, entered.Entry)
		}
	}
	return out
}

// passings are the race's with their verdicts.
func (r *Reference) passings() (out []race.PassingRow) {
	for i := range r.Records {
		rec := &r.Records[i]
		p, ok := rec.Body.(race.Passing)
		if !ok {
			continue
		}
		row := race.PassingRow{Seq: rec.Seq, Time: rec.Time, Passing: p, Split: race.NoTime}
		if j, judged := r.judged[rec.Seq]; judged {
			row.Time, row.Passing.Car, row.Verdict, row.Reason, row.Split = j.Time, j.Car, j.Verdict, j.Reason, j.Split
		}
		out = append(out, row)
	}
	return out
}
