package grafana

import (
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// actorKinds excludes the kinds that are not actors.
const actorKinds = `r.kind != "log" and r.kind != "influx" and r.kind != "drill" and r.kind != "spectators"`

// perSecond converts a counter to a rate; after a restart of the process the counter begins at 0.
const perSecond = `  |> derivative(unit: 1s, nonNegative: true)
`

// engineBoard returns the dashboard of the platform: latency, mailboxes, restarts, drills, feed.
func engineBoard() *dashboard.DashboardBuilder {
	return newBoard("engine", "Lights Out: engine", "How the platform is doing: latency, mailboxes, restarts, drills, the feed.").
		Time("now-15m", "now").
		Annotation(mark("Drills and restarts", "red", faultMarks)).
		WithPanel(number("Actors", "That live now.", unitCount, engine(actorKinds, `r._field == "alive"`)+
			`  |> last()
  |> group()
  |> sum()
  |> keep(columns: ["_value"])`)).
		WithPanel(number("Restarts", "Since the process began.", unitCount, engine(actorKinds, `r._field == "restarts"`)+
			`  |> last()
  |> group()
  |> sum()
  |> keep(columns: ["_value"])`)).
		WithPanel(number("Messages set aside", "They killed an actor too often.", unitCount, engine(actorKinds, `r._field == "set_aside"`)+
			`  |> last()
  |> group()
  |> sum()
  |> keep(columns: ["_value"])`).Thresholds(bounds("green", above(1, "red")))).
		WithPanel(number("Feed lag", "Age of the oldest record that is not in InfluxDB.", "s", engine(`r.kind == "influx"`, `r._field == "lag_seconds"`)+
			`  |> last()
  |> group()
  |> max()
  |> keep(columns: ["_value"])`).Thresholds(bounds("green", above(60, "red")))).
		WithPanel(number("Points put aside", "InfluxDB refused them.", unitCount, engine(`r.kind == "influx"`, `r._field == "points_rejected"`)+
			`  |> last()
  |> group()
  |> sum()
  |> keep(columns: ["_value"])`).Thresholds(bounds("green", above(1, "red")))).
		WithPanel(number("Durable after", "The mean from a batch's arrival until it is on disk.", "ms", engine(`r.kind == "log"`, `r._field == "durable_mean_ms"`)+
			`  |> last()
  |> group()
  |> max()
  |> keep(columns: ["_value"])`).Thresholds(bounds("green", above(100, "yellow"), above(500, "red")))).
		WithPanel(lines("Passing to durable", "From a batch's arrival until it is on disk.", "ms", usual, engine(`r.kind == "log"`,
			`r._field == "durable_mean_ms" or r._field == "durable_max_ms"`)+windows("max")).DisplayName(byField)).
		WithPanel(lines("Passing to spectator", "From a batch's arrival until spectators are told.", "ms", usual, engine(`r.kind == "spectators"`,
			`r._field == "reach_mean_ms" or r._field == "reach_max_ms"`)+windows("max")).DisplayName(byField)).
		WithPanel(lines("Restarts", "A second, by kind of actor.", "cps", usual, engine(actorKinds, `r._field == "restarts"`)+perSecond+
			windows("mean")).DisplayName(byKind).DrawStyle(common.GraphDrawStyleBars)).
		WithPanel(lines("Mailboxes, 99th percentile", "Messages that wait, by kind of actor.", unitCount, usual, engine(actorKinds, `r._field == "mailbox_p99"`)+
			windows("max")).DisplayName(byKind)).
		WithPanel(lines("Mailboxes, the fullest", "Messages that wait for the actor with the most.", unitCount, usual, engine(actorKinds, `r._field == "mailbox_max"`)+
			windows("max")).DisplayName(byKind)).
		WithPanel(lines("Commits", "Batches made durable a second.", "ops", usual, engine(`r.kind == "log"`, `r._field == "commits_per_second"`)+
			windows("mean")).DisplayName("commits")).
		WithPanel(lines("Feed lag", "Records and frames that are not in InfluxDB.", unitCount, usual, engine(`r.kind == "influx"`,
			`r._field == "lag_records" or r._field == "lag_frames"`)+windows("max")).DisplayName(byField)).
		WithPanel(lines("Points written", "A second.", "wps", usual, engine(`r.kind == "influx"`, `r._field == "points_written"`)+perSecond+
			windows("mean")).DisplayName("points")).
		WithPanel(lines("Requests to InfluxDB", "On the way, and those that had to be made again.", unitCount, usual, engine(`r.kind == "influx"`,
			`r._field == "in_flight" or r._field == "retries"`)+windows("max")).DisplayName(byField)).
		WithPanel(rows("Drills", "When they began, and what became of them.", half, usual, drills))
}

const drills = `from(bucket: v.defaultBucket)
  |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "engine" and r.kind == "drill")
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> group()
  |> sort(columns: ["_time"], desc: true)
  |> keep(columns: ["_time", "race", "name", "phase"])`
