package transport

import (
	"fmt"

	"lightsout/race"
)

// Content is the body of a batch in a shared log: what happened, and what it was made of. The fields up to Request are those of a
// race.Batch. A frame or samples are in the topic of telemetry.
type Content struct {
	Tick   bool
	Taken  int
	Inputs []race.Input
	// Records have Seq 0: a reader numbers them from Entry.First. RecordedAt may be 0.
	Records []race.Record
	// Request is of a report with a key.
	Request *race.Request
	// Failed is why the race was given up; empty if it was not.
	Failed string
}

// contentItems are the items of every body. The records are the last, so that DecodeMade need not read them.
const contentItems = 6

// Content is the body of a batch in a shared log. It is borrowed; the message is given.
func (Codec) Content(c *Content) ([]byte, error) {
	w := newWriter()
	w.head(typeBody, contentItems)
	w.bool(c.Tick)
	w.int(int64(c.Taken))
	w.str(c.Failed)
	writeList(w, c.Inputs, w.input)
	w.request(c.Request)
	writeList(w, c.Records, w.innerRecord)
	return w.done("the body of a batch")
}

func (w *writer) input(in *race.Input) {
	w.array(7)
	w.str(in.ID)
	if in.Control == nil {
		w.null()
	} else {
		w.int(int64(*in.Control))
	}
	if in.Ruling == nil {
		w.null()
	} else {
		w.innerRecord(in.Ruling)
	}
	w.carsInput(in.Cars)
	w.int(int64(in.Place))
	w.uint(uint64(in.Seq))
	w.int(int64(in.At))
}

func (w *writer) carsInput(in *race.CarsInput) {
	if in == nil {
		w.null()
		return
	}
	w.array(5)
	w.someCars(in.Retire)
	w.someCars(in.PitCall)
	if in.Flag == nil {
		w.null()
	} else {
		w.array(2)
		w.flag(*in.Flag)
	}
	w.str(in.Author)
	w.str(in.Reason)
}

// someCars writes a column of cars, or nil if there is none.
func (w *writer) someCars(list []race.CarIdx) {
	if list == nil {
		w.null()
		return
	}
	cars(w, list)
}

func (w *writer) request(q *race.Request) {
	if q == nil {
		w.null()
		return
	}
	w.array(6)
	w.str(q.Key)
	w.uint(q.Hash)
	w.uint(uint64(q.First))
	w.int(int64(q.Records))
	w.int(int64(q.Samples))
	w.int(int64(q.Repeated))
}

// DecodeContent reads the body of a batch. The data is borrowed.
func (Codec) DecodeContent(data []byte) (*Content, error) {
	return decodeAs[*Content](data, "the body of a batch")
}

// DecodeMade reads only what a batch was made of: Tick, Taken, Inputs and Failed, and the first record if it announces the race. It
// reads no further, so it costs the same for a batch of 100,000 records, and does not find what is malformed behind. The data is borrowed.
func (Codec) DecodeMade(data []byte) (*Content, error) {
	r := newReader(data)
	n, kind := r.head()
	if r.err == nil && kind != typeBody {
		r.fail("type %d: expected the body of a batch", kind)
	}
	c := r.made(n)
	c.Request, c.Records = nil, r.announcement()
	if err := r.done(); err != nil {
		return nil, err
	}
	return c, nil
}

func (r *reader) content(n int) *Content {
	c := r.made(n)
	c.Records = readList(r, "records", func() race.Record { return *r.innerRecord() })
	return c
}

// made reads all of a body before its records.
func (r *reader) made(n int) *Content {
	r.want(n, contentItems+2)
	c := &Content{Tick: r.bool("tick"), Taken: int(r.intIn("taken", 0, itemsMax)), Failed: r.str("failed")}
	c.Inputs = readList(r, "inputs", r.input)
	c.Request = r.request()
	return c
}

// announcement reads the first of a list of records, and returns nil if it announces no race.
func (r *reader) announcement() []race.Record {
	if r.null("records") || r.array("records", 0, itemsMax) == 0 {
		return nil
	}
	n := r.array("record", recordItems, recordItems+64)
	rec, kind := r.recordHead()
	if kind != recordAnnounced {
		return nil
	}
	r.recordBody(rec, kind, n)
	return []race.Record{*rec}
}

func (r *reader) input() (in race.Input) {
	r.tuple("input", 7, func() {
		in.ID = r.str("command")
		if !r.null("control") {
			in.Control = new(r.control())
		}
		if !r.null("ruling") {
			in.Ruling = r.innerRecord()
		}
		in.Cars = r.carsInput()
		in.Place = int(r.intIn("place", 0, itemsMax))
		in.Seq, in.At = race.Seq(r.uint("seq")), race.Micros(r.int("at_us"))
	})
	return in
}

func (r *reader) control() race.Control {
	return enum[race.Control](r, "control", int(race.ControlStop)+1)
}

func (r *reader) carsInput() *race.CarsInput {
	if r.null("cars") {
		return nil
	}
	in := &race.CarsInput{}
	r.tuple("cars", 5, func() {
		in.Retire, in.PitCall = r.someCars("retire"), r.someCars("pit_call")
		if !r.null("flag") {
			r.tuple("flag", 2, func() { in.Flag = new(r.flag()) })
		}
		in.Author, in.Reason = r.str("author"), r.str("reason")
	})
	return in
}

func (r *reader) someCars(what string) []race.CarIdx {
	if r.null(what) {
		return nil
	}
	list := r.cars(what)
	for _, car := range list {
		if car < 0 || car >= race.CarsMax {
			r.fail("%s has car %d: allowed is 0 to %d", what, car, race.CarsMax-1)
			break
		}
	}
	return list
}

func (r *reader) request() *race.Request {
	if r.null("request") {
		return nil
	}
	q := &race.Request{}
	r.tuple("request", 6, func() {
		q.Key, q.Hash, q.First = r.str("key"), r.uint("hash"), race.Seq(r.uint("first"))
		count := func(what string) int { return int(r.intIn(what, 0, itemsMax)) }
		q.Records, q.Samples, q.Repeated = count("records"), count("samples"), count("repeated")
	})
	return q
}

// Field is a producer's state after a batch (race.Snapshot, encoded), from which another process goes on. Hash is the batch's: the field
// counts only if the batch that counts has it. Seq is the last record up to there.
type Field struct {
	Count, Hash uint64
	Seq         race.Seq
	Snapshot    []byte
}

// fieldItems are the items of every field.
const fieldItems = 4

// Field is a producer's state after a batch. It is borrowed; the message is given. A snapshot of more than 16 MiB is refused.
func (Codec) Field(f *Field) ([]byte, error) {
	if len(f.Snapshot) > blockMax {
		return nil, fmt.Errorf("encode field: a snapshot of %d bytes: allowed are %d", len(f.Snapshot), blockMax)
	}
	w := newWriter()
	w.head(typeField, fieldItems)
	w.uint(f.Count)
	w.uint(f.Hash)
	w.uint(uint64(f.Seq))
	w.bytes(f.Snapshot)
	return w.done("field")
}

// DecodeField reads a field message. The data is borrowed.
func (Codec) DecodeField(data []byte) (*Field, error) {
	return decodeAs[*Field](data, "a field")
}

func (r *reader) field(n int) *Field {
	r.want(n, fieldItems+2)
	f := &Field{Count: r.uint("count"), Hash: r.uint("hash"), Seq: race.Seq(r.uint("seq"))}
	if !r.null("snapshot") {
		f.Snapshot = r.blob("snapshot")
	}
	return f
}

// DecodeTelemetry reads a message of Frame or of Samples and returns the one that it is; the other is nil. The data is borrowed.
func (Codec) DecodeTelemetry(data []byte) (*race.Frame, []race.Sample, error) {
	m, err := Decode(data)
	if err != nil {
		return nil, nil, err
	}
	switch m := m.(type) {
	case *race.Frame:
		return m, nil, nil
	case []race.Sample:
		return nil, m, nil
	}
	return nil, nil, fmt.Errorf("%w: a %T: expected a frame or samples", ErrMalformed, m)
}
