package trace

import "lightsout/race"

// Extremes says how many points a bucket may need: the least and the greatest of each channel.
const extremes = 2 * int(Count)

// PointsMin is the smallest number of points with which the extremes of all channels are always kept: those, and both
// ends.
const PointsMin = extremes + 2

// Thin leaves points samples at the most (2 or more): of each of many equal stretches of time those where a channel has
// its least and its greatest value, and the first and the last of all. So all channels keep one axis of time, and
// whatever is drawn a pixel or so wide looks as with all samples. There are as many stretches as points allow.
func (s *Series) Thin(points int) Series {
	points = max(points, 2)
	if s.Len() <= points {
		return *s
	}
	keep := make([]bool, s.Len())
	// The most buckets that fit. What they keep grows almost evenly with them, so that a guess between the two that are known is close;
	// every other one halves, whatever grows.
	low, high := 0, points/2+1 // low fits, none at all being both ends alone; high does not
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

// mark says which samples stay with so many buckets, and counts them.
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

// bucket is the equal stretch of time that sample i lies in, from 0.
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

// gatherMax bounds how many samples of a car are held while it is gathered.
const gatherMax = 200_000

// Gatherer puts the pieces of a car's race together, and thins while it does, so that memory stays bounded.
type Gatherer struct {
	// Every leaves one sample of each window of this length, the first; 0 leaves all.
	Every race.Micros
	// Points is how many samples there may be in the end.
	Points int

	series Series
	window race.Micros
	begun  bool
	read   int
}

// Add takes the next piece, in order of time. It is the Gatherer's now.
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

// Len is how many samples are held.
func (g *Gatherer) Len() int { return g.series.Len() }

// Done gives what was gathered, thinned, and how many samples were read for it.
func (g *Gatherer) Done() (series Series, read int) { return g.series.Thin(g.Points), g.read }
