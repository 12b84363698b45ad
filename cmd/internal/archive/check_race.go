package archive

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"lightsout/cmd/internal/cli"
	"lightsout/race"
	"lightsout/race/audit"
	"lightsout/race/history"
	"lightsout/race/timing"
	"lightsout/storage/sqlite"
)

// races checks the records of each race.
func (f *Checked) races(ctx context.Context, store *sqlite.Store, progress func(done, total int64)) error {
	lagging, err := store.Lagging(ctx)
	if err != nil {
		f.flaw("", "what follows from the logs cannot be compared with them: %v", err)
		return ctx.Err()
	}
	all, err := store.Summaries(ctx)
	if err != nil { // the damage was found already
		return ctx.Err()
	}
	for i, s := range all {
		progress(int64(i), int64(len(all)))
		r := raceCheck{Checked: f, store: store, race: s, audit: audit.New(), history: history.New()}
		if slices.Contains(lagging, s.Race.ID) {
			f.Notes = append(f.Notes, sqlite.Flaw{Race: s.Race.ID, Text: "what follows from its last records is not kept yet: `lightsout serve` works it out when it starts"})
			r.lags = true
		}
		if err := r.look(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (f *Checked) flaw(id race.ID, format string, args ...any) {
	f.Flaws = append(f.Flaws, sqlite.Flaw{Race: id, Text: fmt.Sprintf(format, args...)})
}

// raceCheck checks one race.
type raceCheck struct {
	*Checked
	store   *sqlite.Store
	race    race.Summary
	lags    bool
	ruled   bool // race control has ruled
	audit   *audit.Audit
	history *history.Race
}

// look audits the race, and compares what is stored of it with what follows from its log. Unreadable parts were found before.
func (r *raceCheck) look(ctx context.Context) error {
	id := r.race.Race.ID
	for step, err := range timing.Replay(Records(ctx, r.store, id)) {
		if err != nil {
			return ctx.Err()
		}
		r.ruled = r.ruled || step.Record.Author != ""
		r.audit.Record(step)
		r.history.Add(step)
	}
	err := r.store.Frames(ctx, id, 0, 1<<40, func(f *race.Frame) error { r.audit.Frame(f); return ctx.Err() })
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	findings := r.audit.Findings()
	for _, said := range findings {
		r.flaw(id, "%s", said)
	}
	ended := r.race.Status == race.Over || r.race.Race.Kind == race.External && r.race.Status != race.Failed
	if len(findings) > 0 || r.lags || !ended {
		return nil
	}
	return r.compare(ctx)
}

// compare compares laps and result with those that follow from the log. For real cars, or if race control has ruled, an earlier version of
// the rulebook may have decided otherwise: that is no damage.
func (r *raceCheck) compare(ctx context.Context) error {
	said, err := r.differs(ctx)
	switch {
	case err != nil || said == "":
		return err
	case r.race.Race.Kind == race.Simulation && !r.ruled:
		r.flaw(r.race.Race.ID, "%s", said)
	default:
		r.Notes = append(r.Notes, sqlite.Flaw{Race: r.race.Race.ID, Text: said + ": another version of the rulebook may have made it"})
	}
	return nil
}

func (r *raceCheck) differs(ctx context.Context) (string, error) {
	id := r.race.Race.ID
	kept, err := r.store.Laps(ctx, id, race.NoCar)
	if err != nil {
		return "", err
	}
	if want := r.history.LapCount(); len(kept) != want {
		return fmt.Sprintf("%d laps are kept, and %d follow from its log", len(kept), want), nil
	}
	for _, lap := range kept {
		if want := r.history.Lap(lap.Car, lap.Number); lap != want {
			return fmt.Sprintf("lap %d of car %d is kept as %s at position %d, ended at %s, and its log gives %s at position %d, ended at %s", lap.Number,
				r.number(lap.Car), cli.TimeText(lap.DurationMS, ""), lap.Position, cli.TimeText(lap.EndMS, ""), cli.TimeText(want.DurationMS, ""), want.Position,
				cli.TimeText(want.EndMS, "")), nil
		}
	}
	result, err := r.store.Classification(ctx, id)
	if errors.Is(err, race.ErrNotFound) {
		result, err = race.Classification{}, nil
	}
	if err != nil {
		return "", err
	}
	return r.resultDiffers(result), nil
}

func (r *raceCheck) resultDiffers(kept race.Classification) string {
	want := r.history.Result.Classification
	if kept.Version != want.Version || len(kept.Entries) != len(want.Entries) {
		return fmt.Sprintf("version %d of its result is kept, and version %d follows from its log", kept.Version, want.Version)
	}
	for i, e := range kept.Entries {
		if w := want.Entries[i]; e != w {
			return fmt.Sprintf("place %d of its result is kept as car %d with %d laps in %s, and its log gives car %d with %d laps in %s", i+1,
				r.number(e.Car), e.Laps, cli.TimeText(e.DurationMS, ""), r.number(w.Car), w.Laps, cli.TimeText(w.DurationMS, ""))
		}
	}
	if kept.StateHash != want.StateHash {
		return fmt.Sprintf("the state hash of version %d of its result is not that of its log", kept.Version)
	}
	return ""
}

// number is the number on the car of a slot; -1 if no such car was entered.
func (r *raceCheck) number(car race.CarIdx) int {
	if entries := r.history.State.Entries(); car >= 0 && int(car) < len(entries) {
		return entries[car].Number
	}
	return -1
}
