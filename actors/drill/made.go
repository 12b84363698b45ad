package drill

import (
	"slices"
	"sync"

	"lightsout/actors/simulator"
	"lightsout/race"
)

// Retirement is a car that a drill took out of the race, in the tick in which it happened.
type Retirement struct {
	Tick race.Tick
	Car  race.CarIdx
}

// Made notes what a race is made of where it leaves the race's actor, before anything can be lost of it. It holds hashes of the telemetry
// and no frames.
type Made struct {
	mu       sync.Mutex
	count    uint64 // of the newest batch; what is sent again is not noted again
	whole    bool   // note everything, not only what the race was told
	retired  []Retirement
	told     []race.Made // the batches that are not a tick alone, as the first one is not
	recorded int         // how many records there were

	records   []race.Record
	ends      []int // how many records there were after each frame of the telemetry
	telemetry Telemetry
}

// NewMade notes everything if whole is set, otherwise what the race was told.
func NewMade(whole bool) *Made { return &Made{whole: whole} }

// Retire notes cars that were taken out before.
func (m *Made) Retire(cars []Retirement) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, car := range cars {
		if !slices.Contains(m.retired, car) {
			m.retired = append(m.retired, car)
		}
	}
}

// Link notes batches on their way to a link.
func (m *Made) Link(next simulator.Link) simulator.Link { return madeLink{next, m} }

type madeLink struct {
	simulator.Link
	m *Made
}

// Submit is part of simulator.Link.
func (l madeLink) Submit(b *race.Batch, ack func(race.Ack)) {
	l.m.Note(b)
	l.Link.Submit(b, ack)
}

// Note notes a batch, once.
func (m *Made) Note(b *race.Batch) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b.Count <= m.count {
		return
	}
	m.count = b.Count
	m.recorded += len(b.Records)
	if how := b.Made(); !how.Tick || how.Taken > 0 {
		how.Hash = 0 // what differs is for the verdict to say
		m.told = append(m.told, how)
	}
	for i := range b.Inputs {
		if in := b.Inputs[i].Cars; in != nil && b.Frame != nil {
			for _, car := range in.Retire {
				m.retired = append(m.retired, Retirement{b.Frame.Tick, car})
			}
		}
	}
	if !m.whole {
		return
	}
	for _, r := range b.Records {
		r.Seq = race.Seq(len(m.records) + 1)
		m.records = append(m.records, r)
	}
	if b.Frame != nil {
		m.telemetry.Add(b.Frame)
		m.telemetry.addToTraces(b.Frame)
		m.ends = append(m.ends, len(m.records))
	}
}

// Retired lists the cars that were taken out.
func (m *Made) Retired() []Retirement {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.retired)
}

// Script is how the race was made up to the newest command that it was given, and how many records it has made; false if it was begun before it
// was noted.
func (m *Made) Script() (script []race.Made, records int, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.told) == 0 || m.told[0].Count != 1 {
		return nil, 0, false
	}
	for _, how := range m.told {
		script = append(ticksTo(script, how.Count), how)
	}
	return script, m.recorded, true
}

// ticksTo fills a script up to a batch with ticks that took no command.
func ticksTo(script []race.Made, count uint64) []race.Made {
	for next := uint64(len(script) + 1); next < count; next++ {
		script = append(script, race.Made{Count: next, Tick: true})
	}
	return script
}

// Without is how a race is made in which cars are taken out in the given ticks. A race that starts at once makes its tick n as batch n + 1.
func Without(retired []Retirement) (script []race.Made) {
	if len(retired) == 0 {
		return nil
	}
	script = []race.Made{{Count: 1, Inputs: []race.Input{{Control: new(race.ControlStart)}}}}
	for _, r := range retired {
		script = ticksTo(script, uint64(r.Tick)+2)
		tick := &script[r.Tick]
		tick.Inputs = append(tick.Inputs, race.Input{Cars: &race.CarsInput{Retire: []race.CarIdx{r.Car}}, Place: tick.Taken})
		tick.Taken++
	}
	return script
}
