package race

// Limits of how a decoder's clock is judged: by windows of time, of which the last so many are compared.
const (
	clockWindow  = Minute
	clockWindows = 60
)

// DecoderClock compares a decoder's clock with ours by when its passings came. A passing arrives after its crossing, by a lag that
// varies; the least of it in a minute is the line's own, and how that moves from minute to minute is the drift of the
// decoder's clock.
type DecoderClock struct {
	// StartedAt is the start signal by our clock, UTC nanoseconds; 0: it is not known, and nothing can be compared.
	StartedAt int64
	// Offset that marshals have it corrected by.
	Offset   Micros
	Passings int
	// LastTime is of the latest passing by its own clock, LastAt when it came.
	LastTime Micros
	LastAt   int64

	windows []leastLag
}

// leastLag is the least lag within a window of our time.
type leastLag struct {
	window int64
	at     Micros
	lag    Micros
}

// Report takes a passing in the order of arrival.
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

// Lag is the least time of the last minute between a crossing by the decoder's clock, corrected, and its arrival by ours.
func (k *DecoderClock) Lag() (Micros, bool) {
	n := len(k.windows)
	if n == 0 {
		return 0, false
	}
	return k.windows[n-1].lag - k.Offset, true
}

// Drift is how much the decoder's clock loses on ours, in parts per million: the least-squares slope of the least lags.
// False before there are three minutes to compare.
func (k *DecoderClock) Drift() (ppm float64, known bool) {
	n := float64(len(k.windows))
	if n < 3 {
		return 0, false
	}
	var sx, sy, sxx, sxy float64
	for _, w := range k.windows { // from the first one on, so that the numbers stay small
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
