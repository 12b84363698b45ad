package gateway

import (
	"encoding/json"
	"fmt"

	"lightsout/gateway/body"
	"lightsout/race"
)

// item reads one object into a report.
type item func(f *body.Object, r *race.Roster, in *race.Report)

// itemsOf are the items of reports, by the name of their list.
var itemsOf = map[string]item{"passings": readPassing, "samples": readSample}

// ReadReport reads the items of a list, passings or samples, that came as a message and not as a request: by the same rules. It returns the
// good ones, and the faults of each dropped one by its index.
func ReadReport(r *race.Roster, name string, items []json.RawMessage) (*race.Report, map[int][]race.Fault, error) {
	read, known := itemsOf[name]
	switch {
	case !known:
		return nil, nil, fmt.Errorf("a list of %s: expected passings or samples", name)
	case r.Race.Kind == race.Simulation:
		return nil, nil, simulatedError(r.Race.ID, name)
	}
	values := make([]any, len(items))
	for i := range items {
		v, err := body.Decode(items[i])
		if err != nil {
			return nil, nil, fmt.Errorf("item %d: %w", i, err)
		}
		values[i] = v
	}
	in := &race.Report{}
	faults, dropped := readItems(r, read, values, in)
	wrong := make(map[int][]race.Fault, len(dropped))
	for _, i := range dropped {
		wrong[i] = nil
	}
	for _, fault := range faults {
		if of, bad := wrong[*fault.Index]; bad {
			wrong[*fault.Index] = append(of, fault)
		}
	}
	return in, wrong, nil
}

func simulatedError(id race.ID, name string) error {
	return fmt.Errorf("race %s is simulated, its %s are its own: %w", id, name, race.ErrConflict)
}

// readItems reads items into a report. It keeps the good ones, and returns the faults and which items were dropped.
func readItems(r *race.Roster, read item, items []any, in *race.Report) (faults []race.Fault, dropped []int) {
	faults = []race.Fault{}
	for i, v := range items {
		before := len(faults)
		f := body.NewObject(v, &i, &faults)
		records, samples := len(in.Records), len(in.Samples)
		read(f, r, in)
		f.End()
		if len(faults)-before > f.Lost() {
			in.Records, in.Samples = in.Records[:records], in.Samples[:samples]
			dropped = append(dropped, i)
		}
	}
	return faults, dropped
}
