package race

// A decoder's clock is judged by the newest clockWindows windows of time, each clockWindow long.
const (
	clockWindow  = Minute
	clockWindows = 60
)

// DecoderClock compares a decoder's clock with the server's by the arrival of its passings. A passing arrives after its
// crossing, with a lag that varies; the smallest lag in a minute is the transmission delay, and how it moves from minute to
// minute is the drift of the decoder's clock.
type DecoderClock struct {
	// StartedAt is the start signal by the server's clock, in UTC nanoseconds; 0 means unknown, and then neither lag nor drift
	// can be computed.
	StartedAt int64
	// Offset is the marshals' correction of this clock.
	Offset   Micros
	Passings int
	// LastTime is the latest passing's time by the decoder's clock, LastAt its arrival.
	LastTime Micros
	LastAt   int64

	windows []leastLag
}

// leastLag is the smallest lag within a window of the server's time.
type leastLag struct {
	window int64
	at     Micros
	lag    Micros
}

// Report adds a passing. Passings must be added in the order of arrival.
func (k *DecoderClock) Report(at Micros, recordedAt int64) {
	k.Passings++
	k.LastTime, k.LastAt = at, recordedAt
	if k.StartedAt == 0 {
		return
	}
	now := Micros((recordedAt - k.StartedAt) / 1000)
	one := leastLag{window: int64(now / clockWindow), at: now, lag: now - at}
	n := len(k.windows)
	switch {
	case n == 0 || k.windows[n-1].window != one.window:
		k.windows = append(k.windows, one)
		if len(k.windows) > clockWindows {
			k.windows = k.windows[1:]
		}
	case one.lag < k.windows[n-1].lag:
		k.windows[n-1] = one
	}
}

// Lag returns the smallest time of the last minute between a crossing by the decoder's corrected clock and its arrival by the
// server's clock.
func (k *DecoderClock) Lag() (Micros, bool) {
	n := len(k.windows)
	if n == 0 {
		return 0, false
	}
	return k.windows[n-1].lag - k.Offset, true
}

// Drift returns how much the decoder's clock loses against the server's, in parts per million: the least-squares slope of the
// smallest lags. known is false until three minutes can be compared.
func (k *DecoderClock) Drift() (ppm float64, known bool) {
	n := float64(len(k.windows))
	if n < 3 {
		return 0, false
	}
	var sx, sy, sxx, sxy float64
	for _, w := range k.windows { // relative to the first window, so that the sums stay small and exact
		x, y := float64(w.at-k.windows[0].at), float64(w.lag-k.windows[0].lag)
		sx, sy = sx+x, sy+y
		sxx, sxy = sxx+float64(x*x), sxy+float64(x*y)
	}
	d := float64(n*sxx) - float64(sx*sx)
	if d == 0 {
		return 0, false
	}
	return (float64(n*sxy) - float64(sx*sy)) / d * 1e6, true
}
