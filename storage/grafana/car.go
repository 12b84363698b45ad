package grafana

import (
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// carBoard returns the dashboard with the telemetry of a car by lap.
func carBoard() *dashboard.DashboardBuilder {
	return newBoard("car", "Lights Out: car", "The telemetry of one car on one lap, and its laps.").
		Time("now-1h", "now+1h").
		WithVariable(choice("race", "Race", races)).
		WithVariable(choice("car", "Car", numbers).Sort(dashboard.VariableSortNumericalAsc)).
		WithVariable(choice("lap", "Lap", lapsOfCar).Sort(dashboard.VariableSortNumericalDesc)).
		Annotation(mark("Race control", "yellow", flagMarks)).
		WithPanel(across("Speed over the lap", "km/h over the share of the lap that is driven, in percent.", half, tall, overLap("speed"))).
		WithPanel(across("Where it was", "Metres to the east and to the north.", half, tall, driven+
			`  |> keep(columns: ["x", "y"])`)).
		WithPanel(lines("Speed", "On the chosen lap.", "velocitykmh", usual, channel("speed"))).
		WithPanel(lines("Throttle and brake", "On the chosen lap.", "percent", usual, channels("throttle", "brake")).Min(0).Max(100)).
		WithPanel(lines("Gear", "On the chosen lap.", plain, usual, channel("n_gear")).LineInterpolation(common.LineInterpolationStepAfter)).
		WithPanel(lines("Engine speed and DRS", "Revolutions a minute; DRS 1 is open.", "rotrpm", usual, channels("rpm", "drs"))).
		WithPanel(lines("Lap times", "All laps of the car.", "ms", usual, series("laps", ` and r._field == "lap_duration_ms"`)+ofCar+
			`  |> keep(columns: ["_time", "_value", "name_acronym"])`).ShowPoints(common.VisibilityModeAlways).DisplayName(byCar)).
		WithPanel(rows("Laps", "With sectors, tyres and what was marked.", half, usual, lapTable))
}

// driven selects the points of the chosen lap.
var driven = series("telemetry", "") + ofCar + points +
	"  |> filter(fn: (r) => r.lap_number == int(v: \"${lap}\"))\n  |> group()\n"

func overLap(field string) string {
	return driven + `  |> map(fn: (r) => ({lap_percent: float(v: r.lap_fraction) / 655.36, ` + field + `: r.` + field + `}))
  |> sort(columns: ["lap_percent"])`
}

func channel(name string) string {
	return driven + `  |> map(fn: (r) => ({_time: r._time, ` + name + `: r.` + name + `}))`
}

func channels(a, b string) string {
	return driven + `  |> map(fn: (r) => ({_time: r._time, ` + a + `: r.` + a + `, ` + b + `: r.` + b + `}))`
}

const (
	lapsOfCar = `from(bucket: v.defaultBucket)
  |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "laps" and r.race == "${race}" and r.driver_number == "${car}" and r._field == "lap_number")
  |> keep(columns: ["_value"])
  |> sort(columns: ["_value"])`

	lapTable = `from(bucket: v.defaultBucket)
  |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "laps" and r.race == "${race}" and r.driver_number == "${car}")
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> group()
  |> sort(columns: ["lap_number"], desc: true)
  |> keep(columns: ["lap_number", "position", "lap_duration_ms", "sector_1_ms", "sector_2_ms", "sector_3_ms", "compound",
    "tyre_age", "pit_in", "flag", "mark"])`
)
