package transport

// Pulse is a decoded pulse: the server's clock in UTC milliseconds, and for how long it has been cut off from the race's log.
type Pulse struct{ WallMS, BehindMS int64 }

// pulse reads a pulse and returns how many of the message's items it knew.
func (r *reader) pulse(n int) (Pulse, int) {
	p := Pulse{WallMS: r.int("wall_ms")}
	if n <= 3 {
		return p, 3
	}
	p.BehindMS = r.int("behind_ms")
	return p, 4
}
