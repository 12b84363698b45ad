package grafana

import (
	"fmt"
	"strings"
)

// What is asked about a race does not depend on the range of time that a board shows: it is asked from the race's announcement (${since}) on. Only panels
// over time are bounded by the range, and begin with what was so before it.

// ofRace selects a series of the chosen race, whole; fields is an additional condition (and …) or empty.
func ofRace(measurement, fields string) string { return from("${since}", forever, measurement, fields) }

// inRange selects a series of the chosen race in the range of the board.
func inRange(measurement, fields string) string {
	return from("v.timeRangeStart", "v.timeRangeStop", measurement, fields)
}

// forever is after all races.
const forever = "2100-01-01T00:00:00Z"

func from(start, stop, measurement, fields string) string {
	return fmt.Sprintf(`from(bucket: v.defaultBucket)
  |> range(start: %s, stop: %s)
  |> filter(fn: (r) => r._measurement == %q and r.race == "${race}"%s)
`, start, stop, measurement, fields)
}

// carried selects what changes rarely: each car's values begin with its last one before the range and end with its last one. They are one table, in
// which those of a car are together: a function that is mapped over the table of each car is compiled for each.
func carried(measurement, fields, condition string) string {
	return `begin = if time(v: "${since}") < v.timeRangeStart then time(v: "${since}") else time(v: int(v: v.timeRangeStart) - 1000000000)
newest = ` + ofRace("races", ` and r._field == "until_ms"`) + `  |> last()
  |> findColumn(fn: (key) => true, column: "_value")
until = if length(arr: newest) > 0 then time(v: newest[0] * 1000000) else v.timeRangeStart
end = if until < v.timeRangeStart then v.timeRangeStart else if until < v.timeRangeStop then until else v.timeRangeStop
lastAt = (tables=<-, moment) => tables
  |> last()
` + named + `  |> group()
  |> map(fn: (r) => ({r with _time: moment}))
all = ` + from("begin", "v.timeRangeStop", measurement, fields) + condition + named + `before = all
  |> range(start: begin, stop: v.timeRangeStart)
  |> lastAt(moment: v.timeRangeStart)
within = all
  |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
` + named + `  |> group()
after = all
  |> lastAt(moment: end)
union(tables: [before, within, after])
`
}

// ofCars filters by the chosen cars.
const ofCars = `  |> filter(fn: (r) => r.driver_number =~ /^(${cars:regex})$/)
`

// ofCar filters by the chosen car.
const ofCar = `  |> filter(fn: (r) => r.driver_number == "${car}")
`

// inOneTable joins series, in the order of time.
const inOneTable = `  |> group()
  |> sort(columns: ["_time"])
`

// pointsOfCar is points for the series of one car, of which the tags are known.
const pointsOfCar = `  |> keep(columns: ["_time", "_field", "_value"])
` + points

// points makes one row per point, with its fields in columns, in one table.
const points = `  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> group()
`

// named keeps what a panel over time draws: one line for each car. Two cars may have the same acronym.
const named = `  |> keep(columns: ["_time", "_value", "driver_number", "name_acronym"])
`

// perCar makes one line for each car of a table with all of them.
const perCar = `  |> group(columns: ["driver_number", "name_acronym"])
  |> sort(columns: ["_time"])
`

// tower selects fields of the timing tower.
func tower(fields ...string) string { return ofRace("tower", " and ("+anyOf(fields...)+")") + points }

// anyOf is a condition: the field is one of these.
func anyOf(fields ...string) string {
	var out []string
	for _, f := range fields {
		out = append(out, fmt.Sprintf("r._field == %q", f))
	}
	return strings.Join(out, " or ")
}

// theRace is the summary of the race.
var theRace = ofRace("races", "") + points

// engine selects fields of the engine series.
func engine(kinds, fields string) string {
	return fmt.Sprintf(`from(bucket: v.defaultBucket)
  |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "engine")
  |> filter(fn: (r) => %s)
  |> filter(fn: (r) => %s)
`, kinds, fields)
}

// windows aggregates each window of time with a function; windows without points are omitted.
func windows(fn string) string {
	return fmt.Sprintf("  |> aggregateWindow(every: v.windowPeriod, fn: %s, createEmpty: false)\n", fn)
}

// allRaces is every race in the bucket, newest first.
const allRaces = `from(bucket: v.defaultBucket)
  |> range(start: 0, stop: ` + forever + `)
  |> filter(fn: (r) => r._measurement == "races")
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> group()
  |> sort(columns: ["_time"], desc: true)
  |> limit(n: 1000)
`

// raceChoice are the races with their names; its regular expression takes the identifier from them.
const (
	raceChoice = allRaces + `  |> map(fn: (r) => ({_value: r.name + ", " + string(v: r._time) + " | " + r.race}))`
	raceRegex  = `/^(?<text>.*T\d\d:\d\d).* \| (?<value>.+)$/`
)

// sinceChoice is when the race was announced; 1970 for none.
const sinceChoice = `import "array"

found = from(bucket: v.defaultBucket)
  |> range(start: 0, stop: ` + forever + `)
  |> filter(fn: (r) => r._measurement == "races" and r.race == "${race}" and r._field == "until_ms")
  |> map(fn: (r) => ({at: int(v: r._time), _value: string(v: r._time)}))
  |> group()
none = array.from(rows: [{at: 0, _value: "1970-01-01T00:00:00Z"}])
union(tables: [found, none])
  |> group()
  |> sort(columns: ["at"], desc: true)
  |> limit(n: 1)
  |> keep(columns: ["_value"])`

// first are the cars that panels over time draw unless others are chosen: of 300 no line could be followed. Others can be typed.
const first = numbers + `
  |> limit(n: 20)`

// numbers are the cars of the race in the order of the tower.
const numbers = `from(bucket: v.defaultBucket)
  |> range(start: ${since}, stop: ` + forever + `)
  |> filter(fn: (r) => r._measurement == "tower" and r.race == "${race}")
  |> filter(fn: (r) => r._field == "driver_number" or r._field == "name_acronym" or r._field == "position")
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> group()
  |> sort(columns: ["position", "driver_number"])
  |> map(fn: (r) => ({_value: r.name_acronym + " (" + r.driver_number + ") | " + r.driver_number}))`

const numbersRegex = `/^(?<text>.*) \| (?<value>.+)$/`

// Marks on the time axis.
const (
	// The start and the end are moments, a flag is a span. A flag lasts until the next one, the last until the newest race time. elapsed counts from each row to the one before, which is later.
	flagSpans = `codes = from(bucket: v.defaultBucket)
  |> range(start: ${since}, stop: ` + forever + `)
  |> filter(fn: (r) => r._measurement == "events" and r.race == "${race}" and r._field == "value")
  |> filter(fn: (r) => r.kind == "flag" or r.kind == "start" or r.kind == "chequered")
  |> map(fn: (r) => ({_time: r._time, code: if r.kind == "flag" then r._value else if r.kind == "start" then -1 else -2}))
  |> group()
end = from(bucket: v.defaultBucket)
  |> range(start: ${since}, stop: ` + forever + `)
  |> filter(fn: (r) => r._measurement == "races" and r.race == "${race}" and r._field == "until_ms")
  |> map(fn: (r) => ({_time: time(v: r._value * 1000000), code: 0}))
  |> group()
union(tables: [codes, end])
  |> group()
  |> sort(columns: ["_time"], desc: true)
  |> elapsed(unit: 1ms, columnName: "later")
  |> filter(fn: (r) => r.code != 0)
  |> map(fn: (r) => ({time: r._time, timeEnd: if r.code < 0 then r._time else time(v: int(v: r._time) - r.later * 1000000), tags: "race control",
    text: if r.code == 1 then "Yellow flag" else if r.code == 2 then "Safety car" else if r.code == 3 then "Virtual safety car" else if r.code == 4 then "Red flag" else if r.code == -1 then "Start" else "Chequered flag"}))`

	// Drills, and actors that died.
	faultMarks = `drills = from(bucket: v.defaultBucket)
  |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "engine" and r.kind == "drill")
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> map(fn: (r) => ({time: r._time, text: r.name + " " + r.phase, tags: "drill"}))
  |> group()
restarts = from(bucket: v.defaultBucket)
  |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "engine" and r._field == "restarts")
  |> difference(nonNegative: true)
  |> filter(fn: (r) => r._value > 0)
  |> map(fn: (r) => ({time: r._time, text: string(v: r._value) + " restarts: " + r.kind, tags: "restart"}))
  |> group()
union(tables: [drills, restarts])`
)
