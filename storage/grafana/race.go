package grafana

import (
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// raceBoard returns the dashboard of a race: positions, gaps, speeds, tyres.
func raceBoard() *dashboard.DashboardBuilder {
	return newBoard("race", "Lights Out: race", "A race as it is timed: positions, gaps, laps, speeds, tyres.").
		Time("now-1h", "now+1h").
		WithVariable(choice("race", "Race", races)).
		WithVariable(choice("cars", "Cars", numbers).Sort(dashboard.VariableSortNumericalAsc).Multi(true).IncludeAll(true).AllValue(".*")).
		Annotation(mark("Race control", "yellow", flagMarks)).
		WithPanel(number("Leader", "Who was first when the order last changed.", "string", series("positions", ` and r._field == "position"`)+
			`  |> last()
  |> filter(fn: (r) => r._value == 1)
  |> group()
  |> sort(columns: ["_time"], desc: true)
  |> limit(n: 1)
  |> keep(columns: ["name_acronym"])`)).
		WithPanel(number("Lap", "The leader's complete laps.", plain, series("laps", ` and r._field == "lap_number"`)+
			`  |> group()
  |> max()
  |> keep(columns: ["_value"])`)).
		WithPanel(number("Cars with a lap", "Cars that have completed a lap.", plain, series("laps", ` and r._field == "lap_number"`)+
			`  |> last()
  |> group()
  |> count()
  |> keep(columns: ["_value"])`)).
		WithPanel(number("Fastest lap", "Of those that were not deleted.", "ms", series("laps", ` and (r._field == "lap_duration_ms" or r._field == "deleted")`)+
			points+`  |> filter(fn: (r) => not r.deleted)
  |> group()
  |> min(column: "lap_duration_ms")
  |> keep(columns: ["lap_duration_ms"])`)).
		WithPanel(number("Fastest lap by", "Who drove it.", "string", series("laps", ` and (r._field == "lap_duration_ms" or r._field == "deleted")`)+
			points+`  |> filter(fn: (r) => not r.deleted)
  |> group()
  |> min(column: "lap_duration_ms")
  |> keep(columns: ["name_acronym"])`)).
		WithPanel(number("Hits on timing lines", "As the log has them.", "short", series("passings", ` and r._field == "seq"`)+
			`  |> group()
  |> count()
  |> keep(columns: ["_value"])`)).
		WithPanel(lines("Positions", "The order as it was told; 1 leads.", plain, tall, series("positions", ` and r._field == "position"`)+ofCars+
			windows("last")).LineInterpolation(common.LineInterpolationStepAfter).Min(1).DisplayName(byCar)).
		WithPanel(lines("Gap to the leader", "At the end of each lap, to the first who completed it.", "s", tall, gaps).DisplayName(byCar)).
		WithPanel(lines("Lap times", "At the end of each lap.", "ms", tall, series("laps", ` and r._field == "lap_duration_ms"`)+ofCars+
			`  |> keep(columns: ["_time", "_value", "name_acronym"])`).ShowPoints(common.VisibilityModeAlways).DisplayName(byCar)).
		WithPanel(lines("Speeds", "The mean of each moment that is drawn.", "velocitykmh", tall, series("telemetry", ` and r._field == "speed"`)+ofCars+
			windows("mean")).DisplayName(byCar)).
		WithPanel(states("Tyres", "The compound of each lap.", half, tall, series("laps", ` and r._field == "compound"`)+ofCars+
			`  |> keep(columns: ["_time", "_value", "name_acronym"])`).DisplayName(byCar)).
		WithPanel(rows("Speed trap", "The fastest through the trap.", sixth, tall, trap).OverrideByName("speed", unitOf("velocitykmh"))).
		WithPanel(rows("Best sectors", "Of each car, in milliseconds.", third, tall, bestSectors)).
		WithPanel(rows("What happened", "The newest on top.", wide, tall, happened))
}

const (
	gaps = `laps = from(bucket: v.defaultBucket)
  |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "laps" and r.race == "${race}" and r._field == "lap_number")
  |> map(fn: (r) => ({_time: r._time, lap: r._value, at: int(v: r._time), driver_number: r.driver_number,
    name_acronym: r.name_acronym}))

first = laps
  |> group(columns: ["lap"])
  |> min(column: "at")
  |> keep(columns: ["lap", "at"])
  |> group()

join(tables: {car: laps |> filter(fn: (r) => r.driver_number =~ /^(${cars:regex})$/) |> group(), first: first}, on: ["lap"])
  |> map(fn: (r) => ({_time: r._time, _value: float(v: r.at_car - r.at_first) / 1000000000.0, name_acronym: r.name_acronym}))
  |> group(columns: ["name_acronym"])
  |> sort(columns: ["_time"])`

	trap = `from(bucket: v.defaultBucket)
  |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "passings" and r.race == "${race}" and r._field == "speed")
  |> filter(fn: (r) => r.driver_number =~ /^(${cars:regex})$/)
  |> max()
  |> group()
  |> sort(columns: ["_value"], desc: true)
  |> limit(n: 20)
  |> keep(columns: ["name_acronym", "_value"])
  |> rename(columns: {_value: "speed"})`

	bestSectors = `from(bucket: v.defaultBucket)
  |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "laps" and r.race == "${race}")
  |> filter(fn: (r) => r._field == "sector_1_ms" or r._field == "sector_2_ms" or r._field == "sector_3_ms")
  |> filter(fn: (r) => r.driver_number =~ /^(${cars:regex})$/)
  |> min()
  |> group()
  |> pivot(rowKey: ["name_acronym"], columnKey: ["_field"], valueColumn: "_value")`

	happened = `from(bucket: v.defaultBucket)
  |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "events" and r.race == "${race}")
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> group()
  |> sort(columns: ["_time"], desc: true)
  |> limit(n: 200)
  |> keep(columns: ["_time", "kind", "name_acronym", "lap_number", "text"])`
)
