package audit

import (
	"strings"

	"lightsout/race"
	"lightsout/race/circuit"
)

// track is the order of a circuit's lines, and its length.
type track struct {
	lines  []race.Line
	length float64 // metres; 0 means unknown
}

func newTrack(info *race.Race) *track {
	t := &track{lines: info.Lines}
	if c, err := circuit.Parse(info.Circuit, strings.NewReader(info.CircuitText)); err == nil {
		t.length = c.Length()
	}
	return t
}

// follows reports whether a car may pass line is after line was. On the track no line may be skipped; in the pit lane there
// are its entry, the finish line and its exit.
func (t *track) follows(was int, wasInPit bool, is int, inPit bool) bool {
	switch from, to := t.lines[was].Kind, t.lines[is].Kind; {
	case to == race.LinePitEntry:
		return !wasInPit
	case wasInPit && from != race.LinePitExit:
		return inPit && was != is && (to == race.LineFinish || to == race.LinePitExit)
	case from == race.LinePitExit:
		return !inPit
	default:
		return !inPit && is == t.next(was)
	}
}

// next returns the next line on the track.
func (t *track) next(line int) int {
	for range t.lines {
		line = (line + 1) % len(t.lines)
		if k := t.lines[line].Kind; k != race.LinePitEntry && k != race.LinePitExit {
			break
		}
	}
	return line
}
