package influx

import (
	"context"
	"fmt"
	"strings"

	"lightsout/race"
)

// Count returns the number of points of a race in a series, counted by one of its fields.
func (f *Feed) Count(ctx context.Context, id race.ID, series, field string) (int64, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "from(bucket: %s) |> range(start: 0, stop: 2200-01-01T00:00:00Z)\n", literal(f.client.bucket))
	fmt.Fprintf(&b, "  |> filter(fn: (r) => r._measurement == %s and r.race == %s and r._field == %s)\n",
		literal(series), literal(string(id)), literal(field))
	b.WriteString("  |> group() |> count()")
	rows, err := f.client.api.QueryAPI(f.client.org).Query(ctx, b.String())
	if err != nil {
		return 0, fmt.Errorf("count %s in InfluxDB: %w", series, err)
	}
	defer rows.Close() //nolint:errcheck // what was read is read
	n := int64(0)
	for rows.Next() {
		if v, ok := rows.Record().Value().(int64); ok {
			n += v
		}
	}
	if rows.Err() != nil {
		return 0, fmt.Errorf("count %s in InfluxDB: %w", series, rows.Err())
	}
	return n, nil
}
