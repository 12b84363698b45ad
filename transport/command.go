package transport

import (
	"errors"
	"fmt"
	"math"

	"lightsout/race"
)

// commandIDMax bounds a command's id, in bytes.
const commandIDMax = 200

// Kinds of command.
const (
	commandCreate  = 1
	commandControl = 2
	commandRuling  = 3
	commandReport  = 4
	commandDelete  = 5
)

// Command is an order to the owner of a race. One of Create, Control, Ruling, Report and Delete is set.
type Command struct {
	// ID identifies the command for ever: 1 to 200 bytes.
	ID   string
	Race race.ID
	// Role is whom it is for.
	Role Role
	// Seen is the offset of the log up to which the sender had folded; -1 if it had folded nothing.
	Seen    int64
	Create  *Create
	Control *race.Control
	Ruling  *race.Record
	Report  *race.Report
	Delete  bool
}

// Create makes a simulated race. Race.CircuitText has the whole circuit. Start gives the start signal at once.
type Create struct {
	Race  race.Race
	Start bool
}

// commandItems are the items of every command. The last is what is ordered.
const commandItems = 6

// Command is an order to the owner of a race. It is borrowed; the message is given. Errors name an id that is too long or empty, a role
// that does not write, and an order that is missing or not the only one.
func (Codec) Command(c *Command) ([]byte, error) {
	kind, err := c.kind()
	if err != nil {
		return nil, fmt.Errorf("encode command: %w", err)
	}
	w := newWriter()
	w.head(typeCommand, commandItems)
	w.str(c.ID)
	w.str(string(c.Race))
	w.int(int64(c.Role))
	w.int(c.Seen)
	w.int(int64(kind))
	switch kind {
	case commandCreate:
		w.array(2)
		w.announced(&c.Create.Race)
		w.bool(c.Create.Start)
	case commandControl:
		w.int(int64(*c.Control))
	case commandRuling:
		w.innerRecord(c.Ruling)
	case commandReport:
		w.report(c.Report)
	case commandDelete:
		w.null()
	}
	return w.done("command")
}

// kind returns which order is set, or what is wrong with the command.
func (c *Command) kind() (kind int, err error) {
	orders := 0
	for i, is := range []bool{c.Create != nil, c.Control != nil, c.Ruling != nil, c.Report != nil, c.Delete} {
		if is {
			kind = commandCreate + i
			orders++
		}
	}
	switch {
	case c.ID == "" || len(c.ID) > commandIDMax:
		return 0, fmt.Errorf("an id of %d bytes: allowed are 1 to %d", len(c.ID), commandIDMax)
	case c.Role != Simulator && c.Role != Processor:
		return 0, errors.New("it is for no role that writes")
	case c.Seen < -1:
		return 0, fmt.Errorf("seen is %d: allowed is -1 (nothing) and more", c.Seen)
	case orders != 1:
		return 0, fmt.Errorf("%d orders: allowed is one", orders)
	}
	return kind, nil
}

func (w *writer) report(p *race.Report) {
	w.array(5)
	writeList(w, p.Records, w.innerRecord)
	writeList(w, p.Samples, w.sample)
	w.str(p.Key)
	w.uint(p.Hash)
	w.bool(p.New)
}

// DecodeCommand reads a command message. The data is borrowed.
func (Codec) DecodeCommand(data []byte) (*Command, error) {
	return decodeAs[*Command](data, "a command")
}

func (r *reader) command(n int) *Command {
	r.want(n, commandItems+2)
	c := &Command{ID: r.str("id")}
	if c.ID == "" || len(c.ID) > commandIDMax {
		r.fail("an id of %d bytes: allowed are 1 to %d", len(c.ID), commandIDMax)
	}
	c.Race = race.ID(r.str("race"))
	c.Role = Role(r.intIn("role", int64(Simulator), int64(Processor)))
	c.Seen = r.intIn("seen", -1, math.MaxInt64)
	switch kind := r.int("command"); kind {
	case commandCreate:
		c.Create = &Create{}
		r.tuple("create", 2, func() { c.Create.Race, c.Create.Start = r.announced(), r.bool("start") })
	case commandControl:
		c.Control = new(r.control())
	case commandRuling:
		c.Ruling = r.innerRecord()
	case commandReport:
		c.Report = r.report()
	case commandDelete:
		c.Delete = true
		r.rest(1)
	default:
		r.fail("unknown command %d", kind)
	}
	return c
}

func (r *reader) report() *race.Report {
	p := &race.Report{}
	r.tuple("report", 5, func() {
		p.Records = readList(r, "records", func() race.Record { return *r.innerRecord() })
		p.Samples = readList(r, "samples", r.sample)
		p.Key, p.Hash, p.New = r.str("key"), r.uint("hash"), r.bool("new")
	})
	return p
}
