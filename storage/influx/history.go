package influx

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/influxdata/influxdb-client-go/v2/api/query"

	"lightsout/race"
)

// Rosters returns the cars of a race.
type Rosters interface {
	Roster(ctx context.Context, id race.ID) (*race.Roster, error)
}

// History reads telemetry from InfluxDB, in the same whole numbers as the store of the log.
type History struct {
	client  *client
	rosters Rosters
}

// NewHistory returns a History. Close releases its connections.
func NewHistory(cfg Config, rosters Rosters) (*History, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	c, err := newClient(&cfg)
	if err != nil {
		return nil, err
	}
	return &History{client: c, rosters: rosters}, nil
}

// Check tests whether the token may read the bucket. It returns ErrRefused, or ErrAway if the server does not answer.
func (h *History) Check(ctx context.Context) error { return h.client.checkRead(ctx) }

// RenewToken reads the token again.
func (h *History) RenewToken() { h.client.token.renew() }

// Close releases its connections.
func (h *History) Close() { h.client.close() }

// keeps reports whether a race has a channel: x and y of a simulation follow from lap fraction and circuit; real cars report
// no lap.
func keeps(kind race.Kind, c race.Channel) bool {
	switch c {
	case race.ChannelX, race.ChannelY:
		return kind == race.External
	case race.ChannelLap, race.ChannelLapFraction:
		return kind == race.Simulation
	case race.ChannelSpeed, race.ChannelRPM, race.ChannelGear, race.ChannelThrottle, race.ChannelBrake, race.ChannelDRS, race.ChannelCount:
	}
	return true
}

// Trace returns the telemetry of a car over a range of race time.
func (h *History) Trace(ctx context.Context, q race.TraceQuery) (*race.Trace, error) {
	roster, err := h.rosters.Roster(ctx, q.Race)
	if err != nil {
		return nil, fmt.Errorf("look up race %s: %w", q.Race, err)
	}
	t := &race.Trace{Car: q.Car, Time: []race.Micros{}}
	var wanted []race.Channel
	for c := range race.ChannelCount {
		if (len(q.Channels) == 0 || slices.Contains(q.Channels, c)) && keeps(roster.Race.Kind, c) {
			wanted = append(wanted, c)
			t.Values[c] = []int32{}
		}
	}
	if roster.StartedAt == 0 || q.From > q.To || q.Car < 0 || int(q.Car) >= len(roster.Entries) {
		return t, nil
	}
	text := flux(h.client.bucket, q, roster)
	rows, err := h.client.api.QueryAPI(h.client.org).Query(ctx, text)
	if err != nil {
		return nil, fmt.Errorf("ask InfluxDB for telemetry: %w", err)
	}
	defer rows.Close() //nolint:errcheck // what was read is read
	for rows.Next() {
		addRow(t, rows.Record(), roster.StartedAt, wanted)
	}
	if rows.Err() != nil {
		return nil, fmt.Errorf("ask InfluxDB for telemetry: %w", rows.Err())
	}
	inOrder(t)
	return t, nil
}

// flux builds the query for all channels at once. Of a real car all fields are queried, because a sample may have any of them.
func flux(bucket string, q race.TraceQuery, roster *race.Roster) string {
	ns := func(t race.Micros) int64 {
		return roster.StartedAt + int64(min(max(t, -race.TimeMax), race.TimeMax))*1000
	}
	var b strings.Builder
	fmt.Fprintf(&b, "from(bucket: %s)\n", literal(bucket))
	fmt.Fprintf(&b, "  |> range(start: time(v: %d), stop: time(v: %d))\n", ns(q.From), ns(q.To)+1)
	fmt.Fprintf(&b, "  |> filter(fn: (r) => r._measurement == \"telemetry\" and r.race == %s and r.driver_number == %s)\n",
		literal(string(q.Race)), literal(strconv.Itoa(roster.Entries[q.Car].Number)))
	if roster.Race.Kind == race.Simulation {
		var fields []string
		for c := range race.ChannelCount {
			if (len(q.Channels) == 0 || slices.Contains(q.Channels, c)) && keeps(race.Simulation, c) {
				fields = append(fields, "r._field == "+literal(c.String()))
			}
		}
		if len(fields) == 0 { // only the times
			fields = []string{"r._field == " + literal(race.ChannelSpeed.String())}
		}
		fmt.Fprintf(&b, "  |> filter(fn: (r) => %s)\n", strings.Join(fields, " or "))
	}
	b.WriteString("  |> pivot(rowKey: [\"_time\"], columnKey: [\"_field\"], valueColumn: \"_value\")\n")
	b.WriteString("  |> drop(columns: [\"_start\", \"_stop\", \"_measurement\", \"race\", \"name_acronym\", \"team_name\"])\n")
	return b.String()
}

// literal quotes a string for Flux.
func literal(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "${", `\${`, "\n", `\n`, "\r", `\r`).Replace(s) + `"`
}

// addRow adds an instant to a trace.
func addRow(t *race.Trace, r *query.FluxRecord, startedAt int64, wanted []race.Channel) {
	t.Time = append(t.Time, race.Micros((r.Time().UnixNano()-startedAt)/int64(time.Microsecond)))
	for _, c := range wanted {
		t.Values[c] = append(t.Values[c], whole(r.ValueByKey(c.String())))
	}
}

// whole converts a field to the whole units of its channel.
func whole(v any) int32 {
	switch v := v.(type) {
	case int64:
		return int32(v)
	case float64:
		return int32(math.Round(v * 10)) // speed, x and y are tenths in a trace
	}
	return race.Unknown
}

// inOrder sorts a trace by time, because a pivot puts an instant where its first field was.
func inOrder(t *race.Trace) {
	if slices.IsSorted(t.Time) {
		return
	}
	at := make([]int, len(t.Time))
	for i := range at {
		at[i] = i
	}
	slices.SortFunc(at, func(a, b int) int { return cmp.Compare(t.Time[a], t.Time[b]) })
	times := make([]race.Micros, len(at))
	for i, from := range at {
		times[i] = t.Time[from]
	}
	t.Time = times
	for c, column := range t.Values {
		if column == nil {
			continue
		}
		sorted := make([]int32, len(at))
		for i, from := range at {
			sorted[i] = column[from]
		}
		t.Values[c] = sorted
	}
}
