package grafana

import "fmt"

// series selects a series of the chosen race; fields is an additional condition (and …) or empty. Boards with a choice of cars
// filter by their numbers.
func series(measurement, fields string) string {
	return fmt.Sprintf(`from(bucket: v.defaultBucket)
  |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == %q and r.race == "${race}"%s)
`, measurement, fields)
}

// ofCars filters by the chosen cars.
const ofCars = `  |> filter(fn: (r) => r.driver_number =~ /^(${cars:regex})$/)
`

// ofCar filters by the chosen car.
const ofCar = `  |> filter(fn: (r) => r.driver_number == "${car}")
`

// points makes one row per point, with its fields in columns.
const points = `  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
`

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

// races are the races in the bucket within the chosen range of time, newest first.
const races = `import "influxdata/influxdb/schema"

schema.tagValues(bucket: v.defaultBucket, tag: "race", predicate: (r) => r._measurement == "laps",
  start: v.timeRangeStart, stop: v.timeRangeStop)
  |> sort(columns: ["_value"], desc: true)`

// numbers are the cars of the race.
const numbers = `import "influxdata/influxdb/schema"

schema.tagValues(bucket: v.defaultBucket, tag: "driver_number",
  predicate: (r) => r._measurement == "laps" and r.race == "${race}", start: v.timeRangeStart, stop: v.timeRangeStop)`

// Annotations for flags and drills on the time axis.
const (
	flagMarks = `from(bucket: v.defaultBucket)
  |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "events" and r.race == "${race}")
  |> filter(fn: (r) => r.kind == "flag" or r.kind == "chequered" or r.kind == "start")
  |> filter(fn: (r) => r._field == "seq")
  |> map(fn: (r) => ({_time: r._time, text: r.kind, tags: "race control"}))`
	drillMarks = `from(bucket: v.defaultBucket)
  |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "engine" and r.kind == "drill")
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> map(fn: (r) => ({_time: r._time, text: r.name + " " + r.phase, tags: "drill"}))`
)
