package grafana

import (
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/xychart"
)

// carBoard returns the dashboard with the telemetry of a car on one lap, beside another one.
func carBoard() *dashboard.DashboardBuilder {
	b := ofOneRace(newBoard("car", "Lights Out: car", "The telemetry of one car on one lap, beside another lap or car, and its laps. Times of day are UTC.")).Refresh("10s")
	for _, one := range []struct{ suffix, what string }{{"", ""}, {"2", " to compare"}} {
		b = b.WithVariable(choice("car"+one.suffix, "Car"+one.what, numbers).Regex(numbersRegex)).
			WithVariable(choice("lap"+one.suffix, "Lap"+one.what, fmt.Sprintf(lapChoice, one.suffix)).Sort(dashboard.VariableSortNumericalDesc)).
			WithVariable(choice("from"+one.suffix, "", fmt.Sprintf(lapBegin, one.suffix)).Hide(dashboard.VariableHideHideVariable)).
			WithVariable(choice("to"+one.suffix, "", fmt.Sprintf(lapEnd, one.suffix)).Hide(dashboard.VariableHideHideVariable))
	}
	return b.
		WithPanel(numbersOf("Now", "The car in the tower.", tower("position", "driver_number", "name", "gap", "last", "best", "stops", "state")+ofCar+
			`  |> keep(columns: ["position", "name", "gap", "last", "best", "stops", "state"])
  |> rename(columns: {position: "Place", name: "Driver", gap: "Gap", last: "Last", best: "Best", stops: "Stops", state: "State"})`).
			OverrideByName("State", column(wordsOf(stateWords)))).
		WithPanel(across("Speed over the lap", "By the distance that was driven, which is its speed added up; beside it the lap to compare.", unitKMH, wide, tall,
			overDistance("", "speed"), overDistance("2", "speed"))).
		WithPanel(compared("Throttle", "Percent, by distance.", "percent", "throttle").Min(0).Max(100)).
		WithPanel(compared("Brake", "Percent, by distance.", "percent", "brake").Min(0).Max(100)).
		WithPanel(compared("Gear", "By distance; 0 is neutral.", unitPlain, "n_gear")).
		WithPanel(compared("Engine speed", "Revolutions a minute, by distance.", "rotrpm", "rpm")).
		WithPanel(across("DRS", "1 is open; of real cars as they report it. By distance.", unitPlain, half, usual, overDistance("", "drs"))).
		WithPanel(across("Where it was", "Metres to the east and to the north.", "lengthm", half, usual, onLap("", "x", "y")+`  |> keep(columns: ["x", "y"])`)).
		WithPanel(across("Lap times", "All laps of the car and of the one to compare, by their number.", unitLap, half, usual, byNumber(""), byNumber("2"))).
		WithPanel(rows("Laps", "With sectors, tyres and what was marked.", wide, tall, lapTable).
			OverrideByName("Time", column(unitOf(unitLap))).OverrideByRegexp("S[123]", column(unitOf(unitPlain), decimals(3), wordsOf(noTime))).
			OverrideByName("Tyre", column(wordsOf(tyreWords), coloured())).
			WithTransformation(inOrder("Lap", "Place", "Time", "S1", "S2", "S3", "Tyre", "Age", "Pits", "Flag", "Mark")))
}

// compared is a field of both laps by distance.
func compared(title, about, unit, field string) *xychart.PanelBuilder {
	return across(title, about, unit, half, usual, overDistance("", field), overDistance("2", field))
}

// Variables of a lap; %[1]s distinguishes the lap to compare. The lap that a car is on can be chosen before it is complete: it ends in the far
// future. A car that has finished is on none.
const (
	lapsOf = `laps = from(bucket: v.defaultBucket)
  |> range(start: ${since}, stop: ` + forever + `)
  |> filter(fn: (r) => r._measurement == "laps" and r.race == "${race}" and r.driver_number == "${car%[1]s}")
`
	lapChoice = `import "array"

finished = length(arr: from(bucket: v.defaultBucket)
  |> range(start: ${since}, stop: ` + forever + `)
  |> filter(fn: (r) => r._measurement == "tower" and r.race == "${race}" and (r._field == "driver_number" or r._field == "state"))
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> filter(fn: (r) => r.driver_number == "${car%[1]s}" and r.state == "finished")
  |> findColumn(fn: (key) => true, column: "state"))
` + lapsOf + `  |> filter(fn: (r) => r._field == "lap_number")
  |> group()
  |> keep(columns: ["_value"])
union(tables: [laps, array.from(rows: [{_value: 0}])])
  |> group()
  |> distinct()
  |> map(fn: (r) => ({lap: r._value + 1}))
  |> sort(columns: ["lap"], desc: true)
  |> limit(n: 1000, offset: finished)
  |> map(fn: (r) => ({_value: string(v: r.lap)}))`
	lapBegin = `import "array"

` + lapsOf + `  |> filter(fn: (r) => r._field == "lap_number")
  |> group()
before = laps
  |> filter(fn: (r) => string(v: r._value + 1) == "${lap%[1]s}")
  |> map(fn: (r) => ({at: int(v: r._time), _value: string(v: r._time)}))
start = array.from(rows: [{at: 0, _value: "${since}"}])
union(tables: [before, start])
  |> group()
  |> sort(columns: ["at"], desc: true)
  |> limit(n: 1)
  |> keep(columns: ["_value"])`
	lapEnd = `import "array"

` + lapsOf + `  |> filter(fn: (r) => r._field == "lap_number")
  |> group()
this = laps
  |> filter(fn: (r) => string(v: r._value) == "${lap%[1]s}")
  |> map(fn: (r) => ({at: int(v: r._time), _value: string(v: r._time)}))
open = array.from(rows: [{at: 4102444800000000000, _value: "` + forever + `"}])
union(tables: [this, open])
  |> group()
  |> sort(columns: ["at"])
  |> limit(n: 1)
  |> keep(columns: ["_value"])`
)

// onLap selects fields of a lap's telemetry, in columns.
func onLap(suffix string, fields ...string) string {
	return from("${from"+suffix+"}", "${to"+suffix+"}", "telemetry", fmt.Sprintf(` and r.driver_number == "${car%s}" and (%s)`, suffix, anyOf(fields...))) + pointsOfCar
}

// overDistance is a field over the metres driven since the beginning of the lap: speed times time, added up.
func overDistance(suffix, field string) string {
	fields := []string{"speed"}
	if field != "speed" {
		fields = append(fields, field)
	}
	return onLap(suffix, fields...) + `  |> elapsed(unit: 1us)
  |> map(fn: (r) => ({metres: r.speed / 3.6 * float(v: r.elapsed) / 1000000.0, "car ${car` + suffix + `}, lap ${lap` + suffix + `}": r.` + field + `}))
  |> cumulativeSum(columns: ["metres"])`
}

// byNumber are a car's lap times by number.
func byNumber(suffix string) string {
	return from("${since}", forever, "laps", fmt.Sprintf(` and r.driver_number == "${car%s}" and (r._field == "lap_number" or r._field == "lap_duration_ms")`, suffix)) + pointsOfCar +
		`  |> sort(columns: ["lap_number"])
  |> map(fn: (r) => ({lap: r.lap_number, "car ${car` + suffix + `}": r.lap_duration_ms}))`
}

var lapTable = ofRace("laps", ` and r.driver_number == "${car}"`) + pointsOfCar + `  |> sort(columns: ["lap_number"], desc: true)
  |> map(fn: (r) => ({Lap: r.lap_number, Place: r.position, Time: r.lap_duration_ms,
    S1: if exists r.sector_1_ms then float(v: r.sector_1_ms) / 1000.0 else 0.0, S2: if exists r.sector_2_ms then float(v: r.sector_2_ms) / 1000.0 else 0.0,
    S3: if exists r.sector_3_ms then float(v: r.sector_3_ms) / 1000.0 else 0.0, Tyre: r.compound, Age: r.tyre_age,
    Pits: if r.pit_in then "in" else if r.pit_out then "out" else "", Flag: r.flag, Mark: if r.deleted then "deleted" else r.mark}))`
