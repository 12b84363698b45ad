package drive

// purpose identifies one use of randomness. A new use gets a new number at the end, so that it never changes the draws of the
// others.
type purpose uint64

const (
	forTeam purpose = iota + 1
	forDriver
	forQualifying
	forReaction
	forLap
	forDuel
	forStop
	forStrategy
	forStint
	forFailure
	forReason
	forCompound
)

// mix is one round of a 64-bit finaliser (splitmix64, Steele, Lea and Flood 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// draw returns 64 random bits that depend only on its arguments.
func draw(seed uint64, p purpose, when int64, a, b uint64) uint64 {
	return mix(mix(mix(mix(seed^uint64(p))^uint64(when))^a) ^ b)
}

// permille maps bits to 0 to 999.
func permille(bits uint64) int64 { return int64(bits >> 11 % 1000) }

// bell returns a normal draw with mean 0, in thousandths of its standard deviation, from -6000 to 6000: the sum of twelve
// uniform draws (Irwin and Hall), so that it is the same on every platform.
func bell(bits uint64) int64 {
	sum := int64(0)
	for range 4 {
		bits = mix(bits)
		sum += int64(bits&0x1fffff) + int64(bits>>21&0x1fffff) + int64(bits>>42&0x1fffff)
	}
	return (sum - 6<<21) * 1000 >> 21
}
