package drive

import (
	"fmt"
	"math"

	"lightsout/race"
	"lightsout/race/circuit"
)

// Model is the fixed part of a race: the circuit's profile, the entries and their plans. It does not change after NewModel and
// is shared by all cars.
type Model struct {
	cfg     Config
	p       params
	laps    int // the distance that is planned for: of a race by time, what the best car can cover
	circuit *circuit.Circuit
	profile *profile
	entries []race.Entry
	specs   []spec
	starts  []int64 // by CarIdx: the start's distance behind the line, in micrometres

	// fingerprint identifies the configuration and the profile in snapshots.
	fingerprint uint64

	lines     []int64 // profile clock of each line; of the finish line: the lap
	next      []uint8 // the next line on the track after each
	sectorEnd [sectors]int64
	places    []int64 // places where overtaking is tried
	flap      flap
	lane      lane
	stopsUS   [1024]int32 // quantiles of the stationary time
	pullMMS2  [128]int32  // acceleration by speed in m/s
	minGapNS  int64       // minimum gap to the car ahead
	duelNS    int64       // distance within which two cars slow each other down
	needUS    int64       // advantage needed to overtake, in microseconds per lap
	tickUS    int64
	baseUS    int64 // race pace of the best car without fuel
	timeScale int64 // lap time over 90 s, in thousandths: scales lap time effects
	roadScale int64 // lap length over 5.3 km, in thousandths: scales wear and fuel
}

// flap is where DRS is available: detected at one place, used in one zone.
type flap struct{ detect, from, to, gainPermille int64 }

// NewModel computes a race's model. The error joins all faults of the configuration.
func NewModel(cfg Config) (*Model, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("race model: %w", err)
	}
	cfg = cfg.withDefaults()
	m := &Model{cfg: cfg, p: defaults, circuit: cfg.Circuit}
	if cfg.Setup != nil {
		m.p = cfg.Setup.params
	}
	m.profile = newProfile(cfg.Circuit, &m.p.car)
	m.tickUS = int64(1_000_000 / cfg.TickHz)
	lap := m.profile.lapNS
	m.timeScale = max(1, lap*1000/lapReferenceNS)
	m.roadScale = max(1, m.profile.length*1000/lapReferenceUM)
	m.baseUS = lap/1000 + m.p.pace.raceUS*m.timeScale/1000
	if m.laps = m.planned(); m.laps > race.LapsMax {
		return nil, fmt.Errorf("race model: duration_s is %d, about %d laps: allowed are %d laps", cfg.Duration/race.Second, m.laps, race.LapsMax)
	}
	m.minGapNS = min(m.p.traffic.minGapMS*1_000_000, lap*m.p.traffic.minGapLapPermille/1000/int64(cfg.Cars))
	m.duelNS = min(m.p.traffic.duelMS*1_000_000, m.minGapNS*8/5)
	x := m.p.car.physics()
	for v := range m.pullMMS2 {
		grip, drag := x.free(float64(max(v, 1)), 0)
		pull := min(float64(grip*0.65), x.startPower/float64(max(v, 1))) - drag
		m.pullMMS2[v] = int32(max(500, math.Round(pull*1000)))
	}
	for i := range m.stopsUS {
		m.stopsUS[i] = m.p.pit.stationary((float64(i) + 0.5) / float64(len(m.stopsUS)))
	}
	m.findLines()
	m.findPlaces()
	m.findLane()
	m.specs = make([]spec, cfg.Cars)
	m.entries = m.enter()
	for i := range m.specs {
		m.specify(race.CarIdx(i))
	}
	m.line()
	m.fingerprint = m.print()
	return m, nil
}

// Entries returns a copy of the cars of the race by CarIdx.
func (m *Model) Entries() []race.Entry { return append([]race.Entry(nil), m.entries...) }

// Circuit returns the race's circuit; its lines are the race's.
func (m *Model) Circuit() *circuit.Circuit { return m.circuit }

// BestLap returns the profile's lap: the qualifying lap of the best car.
func (m *Model) BestLap() race.Micros { return race.Micros(m.profile.lapNS / 1000) }

// stationary returns a quantile of the stationary time at a stop in microseconds: the shortest and a log-logistic tail with a shape
// of 1.6, so its median times u/(1-u) to the power of 5/8, computed with square roots.
func (p *pitParams) stationary(u float64) int32 {
	odds := u / (1 - u)
	tail := math.Sqrt(odds) * math.Sqrt(math.Sqrt(math.Sqrt(odds)))
	least, median, most := float64(p.stationaryMinMS)/1000, float64(p.stationaryTailMS)/1000, float64(p.stationaryMaxMS)/1000
	return int32(math.Round(min(most, least+float64(median*tail))*1000)) * 1000
}

// findLines computes the places of the timing lines on the profile's clock.
func (m *Model) findLines() {
	lines := m.circuit.Lines
	m.lines = make([]int64, len(lines))
	m.next = make([]uint8, len(lines))
	onTrack := func(i int) bool {
		return lines[i].Kind != race.LinePitEntry && lines[i].Kind != race.LinePitExit
	}
	after := 0
	for i := len(lines) - 1; i >= 0; i-- {
		m.lines[i] = m.profile.clock(m.circuit.LineUM(i))
		m.next[i] = uint8(after)
		if onTrack(i) {
			after = i
		}
	}
	m.lines[0] = m.profile.lapNS
	s := 0
	for i, l := range lines {
		if l.Kind == race.LineSector && s < sectors-1 {
			m.sectorEnd[s] = m.lines[i]
			s++
		}
	}
	m.sectorEnd[sectors-1] = m.profile.lapNS
}

func (m *Model) sector(clock int64) int {
	s := 0
	for s < sectors-1 && clock >= m.sectorEnd[s] {
		s++
	}
	return s
}

// findPlaces computes where cars overtake, the ends of the two fastest straights, and the DRS zone before the best. The
// advantage that overtaking needs depends on the top speed.
func (m *Model) findPlaces() {
	cells := m.profile.cells[:len(m.profile.cells)-1]
	n := len(cells)
	apart := max(1, n/6)
	var peaks []int
	for len(peaks) < 2 {
		best := -1
		for k := range cells {
			far := true
			for _, p := range peaks {
				d := (k - p + n) % n
				far = far && min(d, n-d) > apart
			}
			if far && (best < 0 || cells[k].speedMMS >= cells[best].speedMMS) {
				best = k
			}
		}
		if best < 0 {
			break
		}
		peaks = append(peaks, best)
		m.places = append(m.places, int64(best)<<cellBits)
	}
	top := peaks[0]
	topKMH10 := int64(cells[top].speedMMS) * 36 / 1000
	t := &m.p.traffic
	m.needUS = min(t.overtakingMaxUS, max(t.overtakingMinUS, t.overtakingUS-(topKMH10-3200)*t.overtakingPerKMH))
	from := top
	for k := 1; k < n/3; k++ { // back along the straight to its slow end
		i := (top - k + n) % n
		if cells[i].speedMMS < cells[top].speedMMS*7/10 {
			break
		}
		from = i
	}
	m.flap = flap{from: int64(from) << cellBits, to: int64(top) << cellBits}
	m.flap.detect = int64((from-n/40+n)%n) << cellBits
	zone := (m.flap.to - m.flap.from + m.profile.lapNS) % m.profile.lapNS
	gain := t.flapLapGainMS * 1_000_000 * m.timeScale / 1000
	if zone > 4*gain {
		m.flap.gainPermille = gain * 1000 / (zone - gain)
	} else {
		m.flap.gainPermille = 100
	}
}

func (m *Model) print() uint64 {
	h := mix(m.cfg.Seed)
	for _, v := range []int64{int64(m.cfg.Cars), int64(m.cfg.Laps), int64(m.cfg.TickHz), m.profile.lapNS, m.profile.length} {
		h = mix(h ^ uint64(v))
	}
	for _, at := range m.lines {
		h = mix(h ^ uint64(at))
	}
	for _, um := range m.starts {
		h = mix(h ^ uint64(um))
	}
	if m.cfg.Duration > 0 {
		h = mix(h ^ uint64(m.cfg.Duration))
	}
	for _, b := range []byte(m.cfg.Setup.Text()) {
		h = mix(h ^ uint64(b))
	}
	return h
}

// planned is the distance that cars plan for: as many laps as a car of the best pace covers in the time, and not more than the distance.
func (m *Model) planned() int {
	if m.cfg.Duration == 0 {
		return m.cfg.Laps
	}
	inTime := int(int64(m.cfg.Duration)/m.baseUS) + 1
	if m.cfg.Laps > 0 {
		return min(m.cfg.Laps, inTime)
	}
	return inTime
}

// Expected returns about how long the race takes, until the last car has finished.
func (m *Model) Expected() race.Micros {
	lap := m.baseUS + (m.p.pace.carSpreadUS+m.p.pace.driverSpreadUS)*m.timeScale/1000 +
		m.p.pace.fuelUSPerLap*min(int64(m.laps), m.p.pace.tankG/m.p.pace.fuelGPerLap)/2*m.roadScale/1000
	total := race.Micros(int64(m.laps) * lap)
	if m.cfg.Duration > 0 {
		return min(total, m.cfg.Duration+race.Micros(lap))
	}
	return total
}

// lapsMax is the distance, or the most that a race by time can have.
func (m *Model) lapsMax() int {
	if m.cfg.Laps > 0 {
		return m.cfg.Laps
	}
	return race.LapsMax
}

// plan is what was given for a car.
func (m *Model) plan(car race.CarIdx) *EntrySetup {
	if s := m.cfg.Setup; s != nil && int(car) < len(s.Entries) {
		return &s.Entries[car]
	}
	return &noPlan
}

var noPlan EntrySetup
