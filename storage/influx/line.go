package influx

import (
	"strconv"
	"strings"

	"lightsout/race"
)

// Lines are built by appending to a batch's buffer, without allocating points, maps or strings.

// Characters that must be escaped in a tag and in a string field. A line break would end the point, so it becomes a space; a
// backslash at the end of a tag would escape the following character, so it becomes a slash.
var (
	tagEscape  = strings.NewReplacer(",", `\,`, "=", `\=`, " ", `\ `, "\n", `\ `, "\r", `\ `, `\`, "/")
	textEscape = strings.NewReplacer(`"`, `\"`, `\`, `\\`, "\n", " ", "\r", " ")
)

// appendTag appends ,key=value; nothing if the value is empty.
func appendTag(b []byte, key, value string) []byte {
	if value == "" {
		return b
	}
	b = append(append(append(b, ','), key...), '=')
	return append(b, tagEscape.Replace(value)...)
}

// field appends the key of a field, with the separator before it.
func field(b []byte, key string) []byte {
	if b[len(b)-1] != ' ' {
		b = append(b, ',')
	}
	return append(append(b, key...), '=')
}

func appendInt(b []byte, key string, v int64) []byte {
	return append(strconv.AppendInt(field(b, key), v, 10), 'i')
}

func appendText(b []byte, key, v string) []byte {
	b = append(field(b, key), '"')
	if strings.ContainsAny(v, "\"\\\n\r") {
		v = textEscape.Replace(v)
	}
	return append(append(b, v...), '"')
}

func appendBool(b []byte, key string, v bool) []byte {
	return strconv.AppendBool(field(b, key), v)
}

func appendFloat(b []byte, key string, v float64) []byte {
	return strconv.AppendFloat(field(b, key), v, 'f', -1, 64)
}

// appendTenths appends a float field of v tenths.
func appendTenths(b []byte, key string, v int64) []byte {
	b = field(b, key)
	if v < 0 {
		b, v = append(b, '-'), -v
	}
	b = strconv.AppendInt(b, v/10, 10)
	return append(b, '.', byte('0'+v%10))
}

// appendCentis appends a float field of v hundredths.
func appendCentis(b []byte, key string, v int64) []byte {
	b = field(b, key)
	if v < 0 {
		b, v = append(b, '-'), -v
	}
	b = strconv.AppendInt(b, v/100, 10)
	return append(b, '.', byte('0'+v/10%10), byte('0'+v%10))
}

// appendTime appends the time and ends the line.
func appendTime(b []byte, ns int64) []byte {
	return append(strconv.AppendInt(append(b, ' '), ns, 10), '\n')
}

// carTags appends the tags for the car and the race of a point. Their number is bounded by the entries.
func carTags(b []byte, id race.ID, e *race.Entry) []byte {
	b = appendTag(b, "driver_number", strconv.Itoa(e.Number))
	b = appendTag(b, "name_acronym", e.Code)
	b = appendTag(b, "race", string(id))
	return appendTag(b, "team_name", e.Team)
}

// unknownCar appends the tags of a point without a known car.
func unknownCar(b []byte, id race.ID) []byte {
	b = appendTag(b, "driver_number", noDriver)
	return appendTag(b, "race", string(id))
}

// noDriver is the driver number of passings without a known car.
const noDriver = "unknown"

// raceOf returns the race of a line. Race identifiers need no unescaping.
func raceOf(line string) race.ID {
	_, after, ok := strings.Cut(line, ",race=")
	if !ok {
		return ""
	}
	if end := strings.IndexAny(after, ", "); end >= 0 {
		after = after[:end]
	}
	return race.ID(after)
}

// appendFrame appends a car's line of a frame. x and y are omitted if x is NaN.
func appendFrame(b, prefix []byte, f *race.Frame, car int, at Locate, ns int64) []byte {
	b = append(b, prefix...)
	b = appendTenths(b, "speed", int64(f.SpeedDKMH[car]))
	b = appendInt(b, "rpm", int64(f.RPM50[car])*50)
	b = appendInt(b, "n_gear", int64(f.GearDRS[car]&^race.DRSOpen))
	b = appendInt(b, "throttle", int64(f.Throttle[car]))
	b = appendInt(b, "brake", int64(f.Brake[car]))
	b = appendInt(b, "drs", int64(f.GearDRS[car]&race.DRSOpen/race.DRSOpen))
	b = appendInt(b, "lap_number", int64(f.Lap[car]))
	b = appendInt(b, "lap_fraction", int64(f.LapFraction[car]))
	if at != nil {
		x, y := at(f.LapFraction[car])
		b = appendCentis(b, "x", int64(x*100))
		b = appendCentis(b, "y", int64(y*100))
	}
	return appendTime(b, ns)
}

// appendSample appends a real car's sample, without the channels that were not reported.
func appendSample(b, prefix []byte, s *race.Sample, lap int, ns int64) []byte {
	start := len(b)
	b = append(b, prefix...)
	first := len(b)
	if s.SpeedDKMH != race.Unknown {
		b = appendTenths(b, "speed", int64(s.SpeedDKMH))
	}
	for _, one := range [...]struct {
		key string
		v   int
	}{{"rpm", s.RPM}, {"n_gear", s.Gear}, {"throttle", s.Throttle}, {"brake", s.Brake}, {"drs", s.DRS}} {
		if one.v != race.Unknown {
			b = appendInt(b, one.key, int64(one.v))
		}
	}
	if s.XDM != race.Unknown {
		b = appendTenths(b, "x", int64(s.XDM))
	}
	if s.YDM != race.Unknown {
		b = appendTenths(b, "y", int64(s.YDM))
	}
	if len(b) == first {
		return b[:start]
	}
	b = appendInt(b, "lap_number", int64(lap))
	return appendTime(b, ns)
}

func appendLap(b []byte, tags []byte, l *race.Lap, gap, ns int64) []byte {
	b = append(append(append(b, "laps"...), tags...), ' ')
	b = appendInt(b, "lap_number", int64(l.Number))
	b = appendInt(b, "lap_duration_ms", l.DurationMS)
	for i, key := range [...]string{"sector_1_ms", "sector_2_ms", "sector_3_ms"} {
		if l.SectorsMS[i] > 0 {
			b = appendInt(b, key, l.SectorsMS[i])
		}
	}
	b = appendInt(b, "position", int64(l.Position))
	b = appendInt(b, "gap_ms", gap)
	b = appendText(b, "compound", l.Tyre.String())
	b = appendInt(b, "tyre_age", int64(l.TyreAgeLaps))
	b = appendBool(b, "pit_in", l.PitIn)
	b = appendBool(b, "pit_out", l.PitOut)
	b = appendText(b, "flag", l.Flag.String())
	b = appendText(b, "mark", l.Mark.String())
	b = appendBool(b, "deleted", l.Deleted)
	return appendTime(b, ns)
}
