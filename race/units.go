package race

import (
	"fmt"
	"math"
)

// ID identifies a race permanently: lower-case letters, digits and dashes.
type ID string

// CarIdx is a car's 0-based slot in its race; the number painted on the car is Entry.Number.
type CarIdx int32

// NoCar marks a record or fact that concerns no single car.
const NoCar CarIdx = -1

// Tick counts engine steps of a simulation from 1; 0 is the grid.
type Tick int64

// Seq numbers the records of one race from 1, without gaps.
type Seq uint64

// Micros is race time in microseconds since the start signal. External races may have records before it.
type Micros int64

// Units of race time.
const (
	Millisecond Micros = 1_000
	Second      Micros = 1_000_000
	Minute             = 60 * Second
	Hour               = 60 * Minute
	NoTime      Micros = math.MinInt64
	// TimeMax is the longest duration of a race.
	TimeMax = 7 * 24 * Hour
	// A passing reported by date before the start signal has no race time yet. Its record stores the time since the announcement, at
	// most PreStartMax, as an offset from PreStartZero. Started.After converts it to race time.
	PreStartZero = -1000 * 24 * Hour
	PreStartMax  = 366 * 24 * Hour
)

// Between returns the time from one date to another (UTC nanoseconds). Both are cut to microseconds first, so that times
// between three dates add up.
func Between(from, to int64) Micros { return Micros(to/1000 - from/1000) }

// PreStart reports whether t is an offset from PreStartZero.
func (t Micros) PreStart() bool { return t != NoTime && t < PreStartZero/2 }

// ToRaceTime converts a pre-start time; after is the time from the announcement to the start.
func (t Micros) ToRaceTime(after Micros) Micros {
	return min(max(t-PreStartZero-after, -TimeMax), TimeMax)
}

// Millis truncates to whole milliseconds, towards minus infinity so that differences never flicker at zero.
func (t Micros) Millis() int64 { return int64(t.Truncate(Millisecond) / Millisecond) }

// Truncate rounds down to a multiple of precision.
func (t Micros) Truncate(precision Micros) Micros {
	if precision <= 1 {
		return t
	}
	r := t % precision
	if r < 0 {
		r += precision
	}
	return t - r
}

// String formats the time as a timing screen does: 1:32.512, or 1:02:03.004 from an hour.
func (t Micros) String() string {
	if t == NoTime {
		return "-"
	}
	sign := ""
	ms := t.Millis()
	if ms < 0 {
		sign, ms = "-", -ms
	}
	h, m, s := ms/3_600_000, ms/60_000%60, ms/1000%60
	if h > 0 {
		return fmt.Sprintf("%s%d:%02d:%02d.%03d", sign, h, m, s, ms%1000)
	}
	return fmt.Sprintf("%s%d:%02d.%03d", sign, m, s, ms%1000)
}
