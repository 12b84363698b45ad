package audit

import (
	"strings"

	"lightsout/race"
	"lightsout/race/circuit"
)

// track is the order of a circuit's lines, and its length.
type track struct {
	lines  []race.Line
	length float64 // metres; 0: not known
}

func newTrack(info *race.Race) *track {
	t := &track{lines: info.Lines}
	if c, err := circuit.Parse(info.Circuit, strings.NewReader(info.CircuitText)); err == nil {
		t.length = c.Length()
	}
	return t
}

// follows says that a car which passed one line may pass another one next. On the track no line is left out; in the pit lane
// there are its entry, the finish line and its exit.
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

// next is the line that comes after another one on the track.
func (t *track) next(line int) int {
	for range t.lines {
		line = (line + 1) % len(t.lines)
		if k := t.lines[line].Kind; k != race.LinePitEntry && k != race.LinePitExit {
			break
		}
	}
	return line
}
