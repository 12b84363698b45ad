package circuit

import "math"

// sinCos returns the sine and cosine of an angle in degrees, equal to the last bit on every platform: math.Sin has assembly on
// some, and a fused multiply-add would change the last digit on others.
func sinCos(degrees float64) (sin, cos float64) {
	degrees = math.Mod(degrees, 360)
	if degrees < 0 {
		degrees += 360
	}
	quarter := int(degrees / 90)
	rest := degrees - 90*float64(quarter)
	s, c := series(rest)
	switch quarter % 4 {
	case 0:
		return s, c
	case 1:
		return c, -s
	case 2:
		return -s, -c
	default:
		return -c, s
	}
}

// series sums the Taylor series of sine and cosine for 0 to 90 degrees.
func series(degrees float64) (sin, cos float64) {
	x := degrees * (math.Pi / 180)
	term := 1.0
	for n := 1; n <= 26; n++ {
		if n%2 == 1 {
			cos += term * [2]float64{1, -1}[n/2%2]
		} else {
			sin += term * [2]float64{1, -1}[(n/2-1)%2]
		}
		term = float64(term*x) / float64(n)
	}
	return sin, cos
}
