package drill

import (
	"fmt"
	"strconv"
	"strings"
)

// Check is one comparison of a drilled race with the same race undisturbed.
type Check struct {
	// What was compared, and Where: in the log, in the store, in InfluxDB, or as a spectator saw it. Text says in words how it came out.
	What      string `json:"what"`
	Where     string `json:"where"`
	Text      string `json:"text"`
	Identical bool   `json:"identical"`
	// Compared is how many there are undisturbed. Missing, Extra and Different of them came out otherwise; First names the first.
	Compared  int    `json:"compared"`
	Missing   int    `json:"missing"`
	Extra     int    `json:"extra"`
	Different int    `json:"different"`
	First     string `json:"first_difference,omitempty"`
}

// worded completes a check: its verdict, and its sentence of what was compared; %s in it is how much.
func (c Check) worded(format string) Check {
	c.Identical = c.Missing == 0 && c.Extra == 0 && c.Different == 0
	var said []string
	add := func(n int, what string) {
		if n > 0 {
			said = append(said, grouped(n)+" "+what)
		}
	}
	add(c.Missing, "missing")
	add(c.Extra, "too many")
	add(c.Different, "different")
	outcome := "identical"
	if !c.Identical {
		outcome = strings.Join(said, ", ")
		if c.First != "" {
			outcome += "; the first: " + c.First
		}
	}
	c.Text = fmt.Sprintf(format, grouped(c.Compared)) + ": " + outcome
	return c
}

// Places where something is compared.
const (
	inLog    = "log"
	inStore  = "store"
	inInflux = "InfluxDB"
)

// identical reports whether all checks of one thing came out the same.
func identical(all []Check, what string) bool {
	for i := range all {
		if all[i].What == what && !all[i].Identical {
			return false
		}
	}
	return true
}

// note counts one difference and names it if it is the first.
func (c *Check) note(counter *int, format string, args ...any) {
	*counter++
	if c.First == "" {
		c.First = fmt.Sprintf(format, args...)
	}
}

// compareBy compares two lists whose elements have keys. An element that is there twice is one too many. excused reports whether an
// expected element may be missing or older; nil excuses nothing.
func compareBy[K comparable, V any](c *Check, want, got []V, by keyed[K, V]) {
	c.Compared += len(want)
	there := make(map[K]*V, len(got))
	for i := range got {
		if k := by.key(&got[i]); there[k] != nil {
			c.note(&c.Extra, "%s, twice", by.name(&got[i]))
		} else {
			there[k] = &got[i]
		}
	}
	known := make(map[K]bool, len(want))
	for i := range want {
		k := by.key(&want[i])
		known[k] = true
		excused := by.excused != nil && by.excused(&want[i])
		switch is := there[k]; {
		case is == nil && excused:
		case is == nil:
			c.note(&c.Missing, "%s", by.name(&want[i]))
		case !by.same(&want[i], is) && !excused:
			c.note(&c.Different, "%s", by.name(&want[i]))
		}
	}
	for i := range got {
		if !known[by.key(&got[i])] {
			c.note(&c.Extra, "%s", by.name(&got[i]))
		}
	}
}

// keyed says how the elements of a list are told apart and compared.
type keyed[K comparable, V any] struct {
	key     func(*V) K
	name    func(*V) string
	same    func(a, b *V) bool
	excused func(*V) bool
}

// grouped is a number with its thousands apart.
func grouped(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0 && text[at-1] != '-'; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}
