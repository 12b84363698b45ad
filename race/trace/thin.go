package trace

import "lightsout/race"

// extremes is how many points a bucket may need: the minimum and the maximum of each channel.
const extremes = 2 * int(Count)

// PointsMin is the smallest number of points that always keeps the extremes of all channels: those, and both ends.
const PointsMin = extremes + 2

// Thin returns at most points samples (2 or more): of each of many equal intervals of time those with the minimum and the
// maximum of a channel, and the first and the last sample. All channels keep a common time axis, and a drawing in which an
// interval is about a pixel wide looks as with all samples. It uses as many intervals as points allow.
func (s *Series) Thin(points int) Series {
	points = max(points, 2)
	if s.Len() <= points {
		return *s
	}
	keep := make([]bool, s.Len())
	// Search the largest number of buckets that fits. The number of kept samples grows almost linearly with it, so that
	// interpolation between the two known bounds is close; every other step bisects, to guarantee progress.
	low, high := 0, points/2+1 // low fits (0 buckets keep only both ends), high does not
	fits, over := 2, 0
	for halve := true; low+1 < high; halve = !halve {
		middle := (low + high) / 2
		if over > 0 && !halve {
			middle = max(low+1, min(high-1, low+(high-low)*(points-fits)/(over-fits)))
		}
		if kept := s.mark(middle, keep); kept <= points {
			low, fits = middle, kept
		} else {
			high, over = middle, kept
		}
	}
	s.mark(low, keep)
	return s.pick(func(i int) bool { return keep[i] })
}

// mark marks the samples that stay with a number of buckets, and counts them.
func (s *Series) mark(buckets int, keep []bool) int {
	clear(keep)
	n := len(s.Time)
	keep[0], keep[n-1] = true, true
	begin := 0
	for b := 1; b <= buckets; b++ {
		end := begin
		for end < n && s.bucket(end, buckets) < b {
			end++
		}
		for _, column := range s.Values {
			if column != nil && end > begin {
				markExtremes(column, begin, end, keep)
			}
		}
		begin = end
	}
	kept := 0
	for _, k := range keep {
		if k {
			kept++
		}
	}
	return kept
}

// bucket returns the equal interval of time that contains sample i, from 0.
func (s *Series) bucket(i, buckets int) int {
	first, last := s.Time[0], s.Time[len(s.Time)-1]
	if last == first {
		return 0
	}
	return min(buckets-1, int(float64(s.Time[i]-first)/float64(last-first)*float64(buckets)))
}

func markExtremes(column []int32, begin, end int, keep []bool) {
	least, most := -1, -1
	for i := begin; i < end; i++ {
		v := column[i]
		if v == race.Unknown {
			continue
		}
		if least < 0 || v < column[least] {
			least = i
		}
		if most < 0 || v > column[most] {
			most = i
		}
	}
	if least >= 0 {
		keep[least], keep[most] = true, true
	}
}

// gatherMax bounds how many samples of a car are held by a Gatherer.
const gatherMax = 200_000

// Gatherer concatenates the parts of a car's race and thins them meanwhile, so that memory stays bounded.
type Gatherer struct {
	// Every keeps the first sample of each window of this length; 0 keeps all.
	Every race.Micros
	// Points is the maximum number of samples of the result.
	Points int

	series Series
	window race.Micros
	begun  bool
	read   int
}

// Add adds the next part, in order of time. The Gatherer owns it from here on.
func (g *Gatherer) Add(next Series) {
	g.read += next.Len()
	if g.Every > 0 {
		next = next.pick(func(i int) bool {
			w := next.Time[i].Truncate(g.Every)
			if g.begun && w == g.window {
				return false
			}
			g.begun, g.window = true, w
			return true
		})
	}
	g.series.append(&next)
	if most := max(gatherMax, 2*g.Points); g.series.Len() > most {
		g.series = g.series.Thin(most / 2)
	}
}

// Len returns the number of samples held.
func (g *Gatherer) Len() int { return g.series.Len() }

// Done returns the thinned result, and the number of samples read for it.
func (g *Gatherer) Done() (series Series, read int) { return g.series.Thin(g.Points), g.read }
