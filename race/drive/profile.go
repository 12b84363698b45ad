package drive

import (
	"math"

	"lightsout/race/circuit"
)

// cellBits sets the resolution of the profile: a cell is 2^25 ns of its clock, about 34 ms.
const (
	cellBits = 25
	cellMask = 1<<cellBits - 1
)

// cell is the profile at one instant of its lap, in integers.
type cell struct {
	um       int64 // from the finish line
	speedMMS int32
	gear     uint8
	rpm50    uint8
	throttle uint8
	brake    uint8
}

// profile is one lap at the limit. It is computed once in floats and stored in integers.
type profile struct {
	lapNS  int64
	cells  []cell // one more than the lap needs, so that every cell has a next one
	length int64  // micrometres
}

func newProfile(c *circuit.Circuit, car *carParams) *profile {
	x := car.physics()
	speeds := x.limit(c)
	n, step := len(speeds), c.Length()/float64(c.Steps())
	// Times at the steps: each step is driven at the mean speed of its ends; whole nanoseconds.
	at := make([]int64, n+1)
	for i := range n {
		mean := (speeds[i] + speeds[(i+1)%n]) / 2
		at[i+1] = at[i] + int64(math.Round(step/mean*1e9))
	}
	p := &profile{lapNS: at[n], length: c.LengthUM()}
	count := int(p.lapNS>>cellBits) + 2
	p.cells = make([]cell, count)
	i := 0
	for k := range p.cells {
		t := int64(k) << cellBits
		if t >= p.lapNS {
			p.cells[k] = p.cells[0]
			// The line cuts the last cell short: its end is extrapolated beyond the line.
			p.cells[k].um = p.cells[k-1].um + int64(p.cells[k-1].speedMMS)*(1<<cellBits)/1_000_000
			continue
		}
		for at[i+1] <= t {
			i++
		}
		part := float64(t-at[i]) / float64(at[i+1]-at[i])
		v := speeds[i] + float64(part*(speeds[(i+1)%n]-speeds[i]))
		p.cells[k] = x.cellOf(car, v, float64((speeds[(i+1)%n]-speeds[i])/step*v))
		p.cells[k].um = int64(math.Round((float64(i) + part) * step * 1e6))
	}
	return p
}

// limit computes the quasi-steady state of model.md at each step: bends, then acceleration forwards, then braking backwards,
// two rounds of the lap.
func (x *physics) limit(c *circuit.Circuit) []float64 {
	n, step := c.Steps(), c.Length()/float64(c.Steps())
	v := make([]float64, n)
	for i := range v {
		v[i] = x.cornering(math.Abs(c.Curvature(i)))
	}
	for k := range 2 * n {
		i, j := k%n, (k+1)%n
		v[j] = min(v[j], x.accelerated(v[i], math.Abs(c.Curvature(i)), step))
	}
	for k := range 2 * n {
		i, j := (2*n-k)%n, (2*n-k-1)%n
		v[j] = min(v[j], x.braked(v[i], math.Abs(c.Curvature(i)), step))
	}
	return v
}

// cornering solves m·v²·κ = μ·(m·g + ½·ρ·CzA·v²).
func (x *physics) cornering(bend float64) float64 {
	rest := float64(x.massKG*bend) - x.gripDownforce
	if rest <= 0 {
		return x.speedMax
	}
	return min(x.speedMax, math.Sqrt(x.gripWeight/rest))
}

// free returns the grip that the friction ellipse leaves for driving and braking, in m/s², and the drag.
func (x *physics) free(v, bend float64) (grip, drag float64) {
	most := x.gripMu * (x.gravity + float64(x.halfDownforce*v*v)/x.massKG)
	used := float64(v*v*bend) / most
	grip = float64(most * math.Sqrt(max(0, 1-float64(used*used))))
	drag = float64(x.halfDrag*v*v)/x.massKG + x.roll
	return grip, drag
}

func (x *physics) accelerated(v, bend, step float64) float64 {
	grip, drag := x.free(v, bend)
	a := min(x.powerW/float64(x.massKG*v), grip) - drag
	return math.Sqrt(max(1, float64(v*v)+float64(2*a*step)))
}

func (x *physics) braked(v, bend, step float64) float64 {
	grip, drag := x.free(v, bend)
	return math.Sqrt(float64(v*v) + float64(2*(grip+drag)*step))
}

// cellOf quantises a speed in m/s and an acceleration in m/s², with the pedals and the engine speed.
func (x *physics) cellOf(car *carParams, v, a float64) cell {
	c := cell{speedMMS: int32(math.Round(v * 1000))}
	c.gear, c.rpm50 = car.gearbox(c.speedMMS)
	_, drag := x.free(v, 0)
	push := a + drag
	if push >= 0 {
		c.throttle = uint8(min(100, math.Round(100*push*x.massKG*v/x.powerW)))
		if push > 8 { // as much as the tyres can transmit
			c.throttle = uint8(min(100, max(float64(c.throttle), 60)))
		}
	} else {
		c.brake = uint8(min(100, math.Round(-push*2.5)))
	}
	return c
}

// gearbox returns the gear and the engine speed, in units of 50 rpm, at a speed; a gear's top speed is at 11,800 rpm.
func (p *carParams) gearbox(speedMMS int32) (gear, rpm50 uint8) {
	for g, top := range p.gearTopMMS {
		if int64(speedMMS) <= top || g == len(p.gearTopMMS)-1 {
			return uint8(g + 1), uint8(min(250, max(80, int64(speedMMS)*236/top)))
		}
	}
	return 8, 236
}

// at returns the distance from the finish line in micrometres, and the speed, at an instant of the profile's clock.
func (p *profile) at(clock int64) (um int64, speedMMS int32) {
	k := clock >> cellBits
	a, b := &p.cells[k], &p.cells[k+1]
	part := clock & cellMask
	um = a.um + (b.um-a.um)*part>>cellBits
	speedMMS = a.speedMMS + int32(int64(b.speedMMS-a.speedMMS)*part>>cellBits)
	return min(um, p.length-1), speedMMS
}

// clock returns when the profile is at a distance of 0 to the length, in micrometres: the inverse of at.
func (p *profile) clock(um int64) int64 {
	low, high := int64(0), p.lapNS
	for low < high {
		mid := (low + high) / 2
		if d, _ := p.at(min(mid, p.lapNS-1)); d < um {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}
