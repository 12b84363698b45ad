package race

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"strings"
)

// Difference is a field in which the ordered race info differs from the stored one.
type Difference struct{ Field, Kept, Ordered string }

// String returns the difference in words.
func (d Difference) String() string {
	return fmt.Sprintf("%s %s, ordered is %s", d.Field, d.Kept, d.Ordered)
}

// Differences returns the fields in which ordered would produce another log. Name, Speed and TelemetryEvery are not compared:
// they change how a race is shown, paced and fed, and not its log.
func (r *Race) Differences(ordered *Race) []Difference {
	d := differences{}
	d.add("kind", r.Kind, ordered.Kind)
	d.add("circuit", named(r.Circuit), named(ordered.Circuit))
	if r.Circuit == ordered.Circuit && r.CircuitText != ordered.CircuitText {
		d.text(r.CircuitText, ordered.CircuitText)
	} else if r.CircuitText == ordered.CircuitText {
		d.lines(r.Lines, ordered.Lines)
	}
	d.add("cars", r.Cars, ordered.Cars)
	d.add("seed", r.Seed, ordered.Seed)
	d.add("tick_hz", r.TickHz, ordered.TickHz)
	d.rules(&r.Rules, &ordered.Rules)
	d.add("model and entries", setupNamed(r.Setup), setupNamed(ordered.Setup))
	return d.list
}

type differences struct{ list []Difference }

func (d *differences) add(field string, kept, ordered any) {
	if kept != ordered {
		d.list = append(d.list, Difference{field, fmt.Sprint(kept), fmt.Sprint(ordered)})
	}
}

func named(key string) string { return cmp.Or(key, "none") }

// setupNamed shortens a setup so that two that differ still do.
func setupNamed(text string) string {
	const shown = 200
	switch {
	case text == "":
		return "of the defaults"
	case len(text) <= shown:
		return text
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(text)) // it does not fail
	return fmt.Sprintf("of %d bytes with the hash %016x", len(text), h.Sum64())
}

// text adds the first line in which two circuits with the same key differ.
func (d *differences) text(kept, ordered string) {
	a, b := strings.Split(kept, "\n"), strings.Split(ordered, "\n")
	for i := range max(len(a), len(b)) {
		if x, y := lineAt(a, i), lineAt(b, i); x != y {
			d.add(fmt.Sprintf("the circuit's content (line %d)", i+1), x, y)
			return
		}
	}
}

func lineAt(lines []string, i int) string {
	if i >= len(lines) || lines[i] == "" {
		return "nothing"
	}
	return fmt.Sprintf("%q", lines[i])
}

func (d *differences) lines(kept, ordered []Line) {
	d.add("lines", len(kept), len(ordered))
	for i := range min(len(kept), len(ordered)) {
		d.add(fmt.Sprintf("line %d", i), fmt.Sprintf("%+v", kept[i]), fmt.Sprintf("%+v", ordered[i]))
	}
}

func (d *differences) rules(kept, ordered *RuleSet) {
	d.add("rules", named(kept.Name), named(ordered.Name))
	d.add("laps", kept.Laps, ordered.Laps)
	d.add("running_limit_us", int64(kept.RunningLimit), int64(ordered.RunningLimit))
	d.add("window_limit_us", int64(kept.WindowLimit), int64(ordered.WindowLimit))
	d.add("precision_us", int64(kept.Precision), int64(ordered.Precision))
	d.add("classified_permille", kept.ClassifiedPermille, ordered.ClassifiedPermille)
	d.add("dead_time_us", int64(kept.DeadTime), int64(ordered.DeadTime))
	d.add("min_lap_us", int64(kept.MinLap), int64(ordered.MinLap))
	d.add("drive_through_us", int64(kept.DriveThrough), int64(ordered.DriveThrough))
	d.add("stop_and_go_us", int64(kept.StopAndGo), int64(ordered.StopAndGo))
	d.add("must_finish", kept.MustFinish, ordered.MustFinish)
	d.add("first_crossing", kept.FirstCrossing, ordered.FirstCrossing)
	d.add("finish_window_us", int64(kept.FinishWindow), int64(ordered.FinishWindow))
}

// TakenError refuses a race because another race has its id. It is an ErrConflict.
type TakenError struct {
	ID          ID
	Differences []Difference // between the stored and the ordered info; empty if only the records differ
}

// Error names the race and its differences.
func (e *TakenError) Error() string {
	parts := make([]string, len(e.Differences))
	for i, d := range e.Differences {
		parts[i] = d.String()
	}
	text := fmt.Sprintf("race %s is there already", e.ID)
	if len(parts) > 0 {
		text += " with " + strings.Join(parts, "; ")
	}
	return text
}

// Is reports true for ErrConflict.
func (e *TakenError) Is(target error) bool { return target == ErrConflict }
