package processor

import (
	"fmt"

	"lightsout/race"
)

// dedupe is what is known of what was reported of a race: how far its log has come, the passings by decoder, and the reports by key. It
// follows from the log alone; its methods are pure.
type dedupe struct {
	seq      race.Seq
	count    uint64
	reported map[passingID]reported
	names    map[string]uint32 // of decoders and sessions
	requests map[string]race.Request
	// started says that the start signal was given, after that long. From then on every record of the log has race time.
	started bool
	after   race.Micros
}

// passingID identifies a passing for good; decoder and session are indexes of names.
type passingID struct {
	decoder, session uint32
	sequence         uint64
}

// reported is the earliest time that a decoder reported under a number.
type reported struct{ at race.Micros }

func newDedupe() dedupe {
	return dedupe{reported: map[passingID]reported{}, names: map[string]uint32{}, requests: map[string]race.Request{}}
}

func (l *dedupe) name(s string) uint32 {
	n, known := l.names[s]
	if !known {
		n = uint32(len(l.names))
		l.names[s] = n
	}
	return n
}

// identify returns the id of a passing; false if its decoder gave none.
func (l *dedupe) identify(r *race.Record) (passingID, bool) {
	p, ok := r.Body.(race.Passing)
	if !ok || p.Source == nil || p.Source.Decoder == "" {
		return passingID{}, false
	}
	return passingID{l.name(p.Source.Decoder), l.name(p.Source.Session), p.Source.Sequence}, true
}

// noteRecord adds a record of the log.
func (l *dedupe) noteRecord(r *race.Record) {
	if b, ok := r.Body.(race.Started); ok && !l.started {
		l.started, l.after = true, b.After
		for id, was := range l.reported {
			if was.at.PreStart() {
				l.reported[id] = reported{was.at.ToRaceTime(b.After)}
			}
		}
	}
	if id, ok := l.identify(r); ok {
		if was, again := l.reported[id]; !again || r.Time < was.at {
			l.reported[id] = reported{r.Time}
		}
	}
}

// noteRequest adds the key of a report.
func (l *dedupe) noteRequest(r *race.Request) {
	if r != nil && r.Key != "" {
		l.requests[r.Key] = *r
	}
}

// fits returns an error if the report has no place in this log.
func (l *dedupe) fits(id race.ID, in *race.Report) error {
	switch {
	case in.New && l.seq > 0:
		return fmt.Errorf("race %s is there already: %w", id, race.ErrConflict)
	case !in.New && l.seq == 0:
		return fmt.Errorf("race %s: %w", id, race.ErrNotFound)
	}
	return nil
}

// again returns the outcome of an earlier report of the same key.
func (l *dedupe) again(in *race.Report) (race.Ingested, bool, error) {
	was, known := l.requests[in.Key]
	switch {
	case in.Key == "" || !known:
		return race.Ingested{}, false, nil
	case was.Hash != in.Hash:
		return race.Ingested{}, false, fmt.Errorf("the idempotency key %q: %w: choose another", in.Key, race.ErrKeyReused)
	}
	return ingested(&was, true), true, nil
}

func ingested(r *race.Request, again bool) race.Ingested {
	t := race.Ingested{Records: r.Records, Samples: r.Samples, Repeated: r.Repeated, Again: again}
	if r.Records > 0 {
		t.First, t.Last = r.First, r.First+race.Seq(r.Records)-1
	}
	return t
}

// batch makes the batch of a report, without passings that were reported before with the same time. It changes nothing, and returns nil if
// nothing is left.
func (l *dedupe) batch(id race.ID, in *race.Report) (*race.Batch, race.Ingested) {
	b := &race.Batch{Race: id, Count: l.count + 1, Samples: in.Samples, Records: make([]race.Record, 0, len(in.Records))}
	req := race.Request{Key: in.Key, Hash: in.Hash, First: l.seq + 1, Samples: len(in.Samples)}
	within := map[passingID]race.Micros{}
	for i := range in.Records {
		r := in.Records[i]
		if l.started && r.Time.PreStart() { // the start signal was given while it was in flight
			r.Time = r.Time.ToRaceTime(l.after)
		}
		if passing, ok := l.identify(&r); ok {
			was, again := l.reported[passing]
			at, twice := within[passing]
			if again && was.at == r.Time || twice && at == r.Time {
				req.Repeated++
				continue
			}
			within[passing] = r.Time
		}
		b.Records = append(b.Records, r)
	}
	req.Records = len(b.Records)
	if in.Key != "" {
		b.Request = &req
	} else if len(b.Records) == 0 && len(b.Samples) == 0 {
		return nil, ingested(&req, false)
	}
	return b, ingested(&req, false)
}

// note adds what a batch brings.
func (l *dedupe) note(b *race.Batch) {
	for i := range b.Records {
		l.noteRecord(&b.Records[i])
	}
	l.noteRequest(b.Request)
	l.seq += race.Seq(len(b.Records))
	l.count = b.Count
}
