package drill

import (
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"lightsout/race"
)

// Duration is written as 1s or 250ms.
type Duration time.Duration

// UnmarshalYAML reads a duration.
func (d *Duration) UnmarshalYAML(n *yaml.Node) error {
	v, err := time.ParseDuration(n.Value)
	if err != nil || v < 0 {
		return fmt.Errorf("line %d: %q is no duration: expected one such as 1s or 250ms", n.Line, n.Value)
	}
	*d = Duration(v)
	return nil
}

// MarshalJSON writes it as it is read.
func (d Duration) MarshalJSON() ([]byte, error) {
	return []byte(`"` + time.Duration(d).String() + `"`), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (d *Duration) UnmarshalJSON(data []byte) error {
	v, err := time.ParseDuration(strings.Trim(string(data), `"`))
	if err != nil || v < 0 {
		return fmt.Errorf("%s is no duration: expected one such as \"1s\" or \"250ms\"", data)
	}
	*d = Duration(v)
	return nil
}

// Micros is a duration as race time.
func (d Duration) Micros() race.Micros { return race.Micros(time.Duration(d).Microseconds()) }

// Bytes is written as 500kB or 64MiB.
type Bytes int64

// UnmarshalText reads a size.
func (b *Bytes) UnmarshalText(text []byte) error {
	c := Condition{Text: string(text)}
	if err := c.parse(memory); err != nil || c.op != "==" || c.value < 1 || c.value > 1<<50 {
		return fmt.Errorf("%q is no size: expected one such as 500kB or 64MiB", text)
	}
	*b = Bytes(c.value)
	return nil
}

// MarshalText writes it as it is read.
func (b Bytes) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// String is the size in the largest unit that divides it.
func (b Bytes) String() string {
	for _, unit := range []string{"GiB", "GB", "MiB", "MB", "KiB", "kB"} {
		if size := Bytes(sizes[unit]); b >= size && b%size == 0 {
			return fmt.Sprintf("%d %s", b/size, unit)
		}
	}
	return fmt.Sprintf("%d B", int64(b))
}
