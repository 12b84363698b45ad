package drill

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// What a fault may take.
const (
	sizeMax  Bytes = 16 << 30
	stuckMax       = 1000
)

// meanings are the fields that mean something for each verb; all others are refused.
var meanings = map[string][]string{
	"kill":   {"number", "share", "rate", "at", "every", "from", "until", "when"},
	"stall":  {"number", "share", "rate", "at", "every", "from", "until", "when", "for"},
	"panic":  {"number", "share", "chance", "from", "until"},
	"poison": {"number", "share", "at", "from", "until"},
	"hits":   {"chance", "from", "until"},
	"store":  {"at", "every", "from", "until", "for"},
	"link":   {"at", "every", "from", "until", "for"},
	"influx": {"at", "every", "from", "until", "for"},
	"cpu":    {"at", "every", "from", "until", "for"},
	"disk":   {"at", "every", "from", "until", "for"},
	"memory": {"at", "every", "from", "until", "for", "size"},
	// What is slow is so all the time.
	"link slow":        {"from", "until", "for", "jitter", "bandwidth"},
	"disk slow":        {"from", "until", "for", "jitter"},
	"spectators slow":  {"from", "until", "for", "jitter", "bandwidth"},
	"spectators stuck": {"number", "at", "every", "from", "until"},
	"server kill":      {"at", "every", "from", "until"},
	"server stop":      {"at", "every", "from", "until", "for"},
}

// lasting reports whether a fault goes on from its beginning to its end, and does not strike at moments.
func (f *Fault) lasting() bool { return f.Link == "slow" || f.Disk == "slow" || f.Spectators == "slow" }

// meaning are the fields that mean something for a fault.
func meaning(verb, object string) []string {
	if fields, own := meanings[verb+" "+object]; own {
		return fields
	}
	return meanings[verb]
}

// objects are the allowed objects of each verb.
var objects = map[string][]string{
	"kill": kinds, "poison": {"car"}, "panic": kinds, "stall": kinds, "hits": {"lose", "double", "late"},
	"store": {"slow", "full"}, "link": {"cut", "slow"}, "influx": {"away"}, "cpu": {"taken"},
	"disk": {"slow", "torn", "failing"}, "memory": {"taken"}, "spectators": {"slow", "stuck"}, "server": {"kill", "stop"},
}

// many reports whether there are several actors of a kind, to choose among.
func many(kind string) bool { return kind == "car" || kind == "checkpoint" }

// ticks reports whether actors of a kind have messages that are about a tick of the race. Others are struck by the count of their messages.
func ticks(kind string) bool { return kind != "simulator" && kind != "feed" }

// given are the names of the fields that the fault has.
func (f *Fault) given() (out []string) {
	for _, v := range []struct {
		name string
		is   bool
	}{
		{"number", f.Number != 0},
		{"share", f.Share != 0},
		{"rate", f.Rate != 0},
		{"chance", f.Chance != 0},
		{"at", f.At != 0},
		{"every", f.Every != 0},
		{"from", f.From != 0},
		{"until", f.Until != 0},
		{"for", f.For != 0},
		{"jitter", f.Jitter != 0},
		{"bandwidth", f.Bandwidth != 0},
		{"size", f.Size != 0},
		{"when", f.When != ""},
	} {
		if v.is {
			out = append(out, v.name)
		}
	}
	return out
}

// checks collects what is wrong.
type checks []error

func (c *checks) want(ok bool, format string, args ...any) {
	if !ok {
		*c = append(*c, fmt.Errorf(format, args...))
	}
}

// validate reports what is wrong with a fault in a race whose ticks have a length.
func (f *Fault) validate(tick time.Duration) error {
	var wrong checks
	verb, object, set := f.what()
	if set != 1 {
		return fmt.Errorf("%d of %s are given: expected one", set, strings.Join(slices.Sorted(maps.Keys(objects)), ", "))
	}
	wrong.want(slices.Contains(objects[verb], object), "%s is %q: allowed are %s", verb, object, strings.Join(objects[verb], ", "))
	given := f.given()
	for _, field := range given {
		wrong.want(slices.Contains(meaning(verb, object), field), "%s is given and means nothing for %s %s: allowed are %s", field, verb, object, strings.Join(meaning(verb, object), ", "))
	}
	if slices.Contains(kinds, object) {
		f.validateWho(&wrong, verb, object)
	}
	wrong.want(f.Number >= 0, "number is %d: allowed are 0 and more", f.Number)
	wrong.want(f.Share >= 0 && f.Share <= 1, "share is %v: allowed is 0 to 1", f.Share)
	wrong.want(f.Chance >= 0 && f.Chance <= 1, "chance is %v: allowed is 0 to 1", f.Chance)
	wrong.want(f.Rate >= 0 && f.Rate <= 10, "rate is %v: allowed is 0 to 10 a second", f.Rate)
	wrong.want(f.When == "" || f.When == "before" || f.When == "after", "when is %q: allowed are before and after", f.When)
	wrong.want(f.For <= Duration(time.Minute), "for is %v: allowed is up to a minute", time.Duration(f.For))
	wrong.want(f.Jitter <= Duration(time.Minute), "jitter is %v: allowed is up to a minute", time.Duration(f.Jitter))
	needs := func(field string) bool {
		return !slices.Contains(meaning(verb, object), field) || slices.Contains(given, field)
	}
	wrong.want(needs("chance"), "%s needs a chance", verb)
	wrong.want(needs("for") || f.Bandwidth > 0, "%s needs for, how long it lasts", verb)
	wrong.want(needs("size"), "%s needs a size", verb)
	wrong.want(f.Size <= sizeMax, "size is %v: allowed is up to %v", f.Size, sizeMax)
	wrong.want(f.Number <= stuckMax || f.Spectators == "", "number is %d: allowed are up to %d spectators", f.Number, stuckMax)
	f.validateWindow(&wrong, tick)
	return errors.Join(wrong...)
}

// validateWho checks which actors are struck.
func (f *Fault) validateWho(wrong *checks, verb, kind string) {
	wrong.want(f.Number == 0 || f.Share == 0, "number and share are given: expected one of the two")
	wrong.want(many(kind) || f.Number == 0 && f.Share == 0, "number or share is given for %s %s: there is only one %s", verb, kind, kind)
	wrong.want(f.Rate == 0 || f.Number == 0 && f.Share == 0, "rate is given with number or share: expected one of them, for a rate strikes each by itself")
	wrong.want(f.Rate == 0 || ticks(kind), "rate is given for %s %s: it counts ticks of the race, and a %s sees none; every is allowed", verb, kind, kind)
}

// lasts reports whether a fault goes on until its end, or that of the race.
func (f *Fault) lasts() bool {
	return f.Every > 0 || f.Rate > 0 || f.Chance > 0 || f.Poison != "" || f.lasting()
}

// validateWindow checks when the fault strikes.
func (f *Fault) validateWindow(wrong *checks, tick time.Duration) {
	v := func(d Duration) time.Duration { return time.Duration(d) }
	wrong.want(f.At == 0 || f.From == 0, "at and from are given: expected one of the two")
	wrong.want(f.Rate == 0 || f.Every == 0 && f.At == 0, "rate is given with at or every: expected from and until, or nothing")
	wrong.want(f.Every == 0 || v(f.Every) >= tick, "every is %v: allowed is a tick of the race, %v, and more", v(f.Every), tick)
	begins := max(f.At, f.From)
	wrong.want(f.Until == 0 || f.Until > begins, "until is %v, and the fault begins at %v: allowed is later", v(f.Until), v(begins))
	wrong.want(f.Until == 0 || f.lasts(), "until is given for a single strike, which has no end: allowed with every or rate")
}
