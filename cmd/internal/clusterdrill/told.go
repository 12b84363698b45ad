package clusterdrill

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"lightsout/actors/drill"
	"lightsout/race"
	"lightsout/race/view"
)

// passingsPage is how many passings are asked for at once.
const passingsPage = 10_000

// result is a version of a result as a gateway tells it.
type result struct {
	Version        int               `json:"version"`
	Status         string            `json:"status"`
	Author         string            `json:"author"`
	Reason         string            `json:"reason"`
	Classification []view.Classified `json:"classification"`
	StateHash      string            `json:"state_hash"`
}

// told compares the tables of a race as a gateway answers them with what must be there.
func (o *one) told(ctx context.Context, g *child, want *drill.Reference) (out []drill.Check, err error) {
	for _, table := range []func(context.Context, *child, *drill.Reference) (drill.Check, error){o.laps, o.events, o.passings, o.results} {
		c, err := table(ctx, g, want)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// get asks for a resource of the race.
func (o *one) get(ctx context.Context, g *child, path string, into any) error {
	return g.ask(ctx, http.MethodGet, "/api/v1/races/"+string(o.id)+path, nil, into)
}

// tell is a thing in the JSON of the API.
func tell[T any](list []drill.Told, name string, thing T) []drill.Told {
	text, err := json.Marshal(thing)
	if err != nil {
		panic(err) // it is numbers and text
	}
	return append(list, drill.Told{Name: name, Text: string(text)})
}

func lapName(l *view.Lap) string { return fmt.Sprintf("lap %d of car %d", l.LapNumber, l.DriverNumber) }

func (o *one) laps(ctx context.Context, g *child, want *drill.Reference) (drill.Check, error) {
	var is struct{ Laps []view.Lap }
	if err := o.get(ctx, g, "/laps", &is); err != nil {
		return drill.Check{}, err
	}
	var expected, told []drill.Told
	entries := want.Entries()
	for _, l := range want.Laps() {
		lap := view.NewLap(l, entries[l.Car])
		expected = tell(expected, lapName(&lap), lap)
	}
	for i := range is.Laps {
		told = tell(told, lapName(&is.Laps[i]), is.Laps[i])
	}
	return drill.CompareTold("laps", g.name(), expected, told), nil
}

func eventName(e *view.Event) string {
	name := fmt.Sprintf("%s of record %d at %d ms", e.Kind, e.Of, e.TimeMS)
	if e.DriverNumber != nil {
		name += fmt.Sprintf(", car %d", *e.DriverNumber)
	}
	return name
}

func (o *one) events(ctx context.Context, g *child, want *drill.Reference) (drill.Check, error) {
	var is struct{ Events []view.Event }
	if err := o.get(ctx, g, "/events", &is); err != nil {
		return drill.Check{}, err
	}
	var expected, told []drill.Told
	entries := want.Entries()
	for _, e := range want.Events() {
		event := view.NewEvent(e, entries)
		expected = tell(expected, eventName(&event), event)
	}
	for i := range is.Events {
		told = tell(told, eventName(&is.Events[i]), is.Events[i])
	}
	return drill.CompareTold("events", g.name(), expected, told), nil
}

func (o *one) passings(ctx context.Context, g *child, want *drill.Reference) (drill.Check, error) {
	var expected, told []drill.Told
	name := func(p *view.Passing) string { return fmt.Sprintf("record %d", p.Seq) }
	entries := want.Entries()
	for _, p := range want.Passings() {
		passing := view.NewPassing(p, entries)
		expected = tell(expected, name(&passing), passing)
	}
	for after := race.Seq(0); ; {
		var page struct{ Passings []view.Passing }
		if err := o.get(ctx, g, fmt.Sprintf("/passings?after=%d&limit=%d", after, passingsPage), &page); err != nil {
			return drill.Check{}, err
		}
		if len(page.Passings) == 0 {
			return drill.CompareTold("passings", g.name(), expected, told), nil
		}
		for i := range page.Passings {
			after = page.Passings[i].Seq
			told = tell(told, name(&page.Passings[i]), page.Passings[i])
		}
	}
}

func (o *one) results(ctx context.Context, g *child, want *drill.Reference) (drill.Check, error) {
	var expected, told []drill.Told
	entries := want.Entries()
	name := func(version int) string { return fmt.Sprintf("version %d", version) }
	for _, c := range want.Results() {
		r := result{Version: c.Version, Status: c.Status.String(), Author: c.Author, Reason: c.Reason, StateHash: c.StateHash}
		for _, line := range c.Entries {
			r.Classification = append(r.Classification, view.NewClassified(line, entries[line.Car]))
		}
		expected = tell(expected, name(c.Version), r)
	}
	var versions struct{ Results []struct{ Version int } }
	if err := o.get(ctx, g, "/results", &versions); err != nil {
		return drill.Check{}, err
	}
	for _, v := range versions.Results {
		var r result
		if err := o.get(ctx, g, fmt.Sprintf("/results/%d", v.Version), &r); err != nil {
			return drill.Check{}, err
		}
		told = tell(told, name(r.Version), r)
	}
	return drill.CompareTold("results", g.name(), expected, told), nil
}
