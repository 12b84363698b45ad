package folder

import (
	"errors"
	"strconv"
	"strings"

	"lightsout/race"
)

// thousands is the number of digits after a thousands separator.
const thousands = 3

// Errors of a time.
var (
	errNoTime    = errors.New("expected a time such as 1:23.456, or a number")
	errThousands = errors.New("with three digits behind the separator it may be a thousand times as much: expected a whole number, or a time such as 1:23.456")
)

// parseTime parses a time: 1:23.456, 1:02:03.004, or a number of units. The decimal separator may be a comma.
func parseTime(s string, unit race.Micros) (race.Micros, error) {
	digits, negative := strings.CutPrefix(s, "-")
	if !negative {
		digits = strings.TrimPrefix(digits, "+")
	}
	v, err := parsePositive(digits, unit)
	if negative {
		v = -v
	}
	return v, err
}

func parsePositive(s string, unit race.Micros) (race.Micros, error) {
	parts := strings.Split(s, ":")
	if len(parts) == 1 {
		if whole, fraction, cut := cutPoint(s); cut && unit < race.Second && len(whole) <= thousands && len(fraction) == thousands {
			return 0, errThousands
		}
		v, err := decimal(s, int64(unit))
		return race.Micros(v), err
	}
	if len(parts) > 3 {
		return 0, errNoTime
	}
	var sum race.Micros
	for i, part := range parts[:len(parts)-1] { // hours, minutes
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil || i > 0 && (n > 59 || len(part) != 2) {
			return 0, errNoTime
		}
		sum = sum*60 + race.Micros(n)*race.Minute
	}
	seconds := parts[len(parts)-1]
	whole, _, _ := cutPoint(seconds)
	v, err := decimal(seconds, int64(race.Second))
	if err != nil || len(whole) != 2 || v >= int64(race.Minute) {
		return 0, errNoTime
	}
	return sum + race.Micros(v), nil
}

// cutPoint splits a number at its decimal point or comma.
func cutPoint(s string) (whole, fraction string, cut bool) {
	at := strings.IndexAny(s, ".,")
	if at < 0 {
		return s, "", false
	}
	return s[:at], s[at+1:], true
}

// fractionDigits is how many digits of a fraction are read; numbers that went through floating point have more.
const fractionDigits = 9

// decimal parses a non-negative number into units of 1/parts, rounded to the nearest. It uses integers only.
func decimal(s string, parts int64) (int64, error) {
	whole, fraction, cut := cutPoint(s)
	if strings.Trim(whole+fraction, "0123456789") != "" || whole == "" || cut && fraction == "" {
		return 0, errNoTime
	}
	const most = 1 << 42 // multiplied by the parts of a second it still fits
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n > most {
		return 0, errNoTime
	}
	fraction = (fraction + strings.Repeat("0", fractionDigits))[:fractionDigits]
	f, err := strconv.ParseInt(fraction, 10, 64)
	if err != nil {
		return 0, errNoTime
	}
	const scale = 1_000_000_000
	return n*parts + (f*parts+scale/2)/scale, nil
}
