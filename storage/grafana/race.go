package grafana

import (
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// speedPoints is how many moments the panel of all speeds draws: twenty lines with more cannot be told apart, and take a tenth of a second.
const speedPoints = 200

// raceBoard returns the dashboard of a race: tower, positions, gaps, speeds, tyres.
func raceBoard() *dashboard.DashboardBuilder {
	b := ofOneRace(newBoard("race", "Lights Out: race", "A race as it is timed: tower, positions, gaps, laps, speeds, tyres. Times of day are UTC.")).
		WithVariable(choice("cars", "Cars", first).Regex(numbersRegex).Multi(true).IncludeAll(true).AllowCustomValue(true)).
		WithPanel(raceList("This race", "Where it is, and the link to the range of time in which it lies. The note says why panels over time are empty.", thisRace, 3)).
		WithPanel(numbersOf("Now", "The tower's leader, cars on the track, the fastest lap that was not deleted and who drove it, laps completed, the flag.", now, theRace+`  |> keep(columns: ["laps_done", "flag"])
  |> rename(columns: {laps_done: "Lap", flag: "Flag"})`).OverrideByName("Flag", column(wordsOf(flagWords)))).
		WithPanel(towerPanel()).
		WithPanel(lines("Positions", "The order as it was told; the leader is on top.", unitPlain, tall, carried("positions", ` and r._field == "position"`, ofCars)+
			`  |> map(fn: (r) => ({r with _value: 0 - r._value}))
`+perCar).LineInterpolation(common.LineInterpolationStepAfter).Mappings(placeWords()).AxisSoftMax(-1).Decimals(0).DisplayName(byCar)).
		WithPanel(lines("Gap to the leader", "At the end of each lap, to the first who completed it.", unitMS, tall, gaps).Decimals(3).DisplayName(byCar)).
		WithPanel(lines("Lap times", "At the end of each lap.", unitLap, tall, lapTimes).ShowPoints(common.VisibilityModeAlways).DisplayName(byCar)).
		WithPanel(lines("Speeds", "The mean of each moment that is drawn.", unitKMH, tall, inRange("telemetry", ` and r._field == "speed"`)+ofCars+
			windows("mean")+named).MaxDataPoints(speedPoints).DisplayName(byCar)).
		WithPanel(states("Flags", "The track's status since the start.", half, low, flagWords, carried("events", ` and (r.kind == "flag" or r.kind == "start") and r._field == "value"`, inOneTable)+
			`  |> sort(columns: ["_time"])`).DisplayName("Flag")).
		WithPanel(states("Tyres", "The compound of each lap.", half, tall, tyreWords, carried("laps", ` and r._field == "compound"`, ofCars)+perCar).DisplayName(byCar)).
		WithPanel(rows("Speed trap", "The fastest through the trap.", sixth, tall, trap).OverrideByName("Speed", column(unitOf(unitKMH)))).
		WithPanel(rows("Best sectors", "Of each car, and the lap that they would make; the fastest first.", third, tall, bestSectors).
			OverrideByRegexp("S[123]", column(unitOf(unitPlain), decimals(3), wordsOf(noTime))).OverrideByName("Ideal", column(unitOf(unitLap), wordsOf(noTime))).
			WithTransformation(inOrder("Car", "S1", "S2", "S3", "Ideal"))).
		WithPanel(rows("What happened", "The newest on top.", wide, tall, happened).OverrideByName("What", column(wordsOf(eventWords))).
			OverrideByName("Time", column(unitOf("dateTimeAsIsoNoDateIfToday"), widthOf(160))).
			WithTransformation(inOrder("Time", "Lap", "Car", "What", "Note")))
	return b
}

// ofOneRace adds what boards of one race share: the race, its beginning, where its page is, and its marks on the time axis.
func ofOneRace(b *dashboard.DashboardBuilder) *dashboard.DashboardBuilder {
	return b.Time("now-1h", "now+1h").Timezone("utc").
		WithVariable(choice("race", "Race", raceChoice).Regex(raceRegex)).
		WithVariable(choice("since", "", sinceChoice).Hide(dashboard.VariableHideHideVariable)).
		WithVariable(page()).
		Link(dashboard.NewDashboardLinkBuilder("Race page").Type(dashboard.DashboardLinkTypeLink).Url("${page}/race/${race}").TargetBlank(true)).
		Annotation(mark("Race control", "yellow", flagSpans)).
		Annotation(mark("Drills and restarts", "red", faultMarks))
}

// towerPanel is the timing tower, as a wall screen shows it.
func towerPanel() dashboardPanel {
	return rows("Timing tower", "As the page shows it. A car is a link to its board.", wide, 16, tower("position", "name_acronym", "driver_number", "name", "team_name",
		"laps", "gap", "interval", "last", "best", "sector_1", "sector_2", "sector_3", "compound", "tyre_age", "stops", "state")+`  |> filter(fn: (r) => r.position > 0)
  |> sort(columns: ["position"])
  |> keep(columns: ["position", "name_acronym", "driver_number", "name", "team_name", "laps", "gap", "interval", "last", "best", "sector_1", "sector_2", "sector_3",
    "compound", "tyre_age", "stops", "state"])
  |> rename(columns: {position: "Place", name_acronym: "Car", driver_number: "No", name: "Name", team_name: "Team", laps: "Laps", gap: "Gap", interval: "Interval",
    last: "Last", best: "Best", sector_1: "S1", sector_2: "S2", sector_3: "S3", compound: "Tyre", tyre_age: "Age", stops: "Stops", state: "State"})`).
		WithTransformation(inOrder("Place", "Car", "No", "Name", "Team", "Laps", "Gap", "Interval", "Last", "Best", "S1", "S2", "S3", "Tyre", "Age", "Stops", "State")).
		OverrideByName("Place", column(widthOf(60))).
		OverrideByName("Car", column(widthOf(70), linkTo("Board of ${__value.text}", toCar))).
		OverrideByName("No", column(widthOf(60))).
		OverrideByName("Tyre", column(wordsOf(tyreWords), coloured(), widthOf(90))).
		OverrideByName("State", column(wordsOf(stateWords), coloured()))
}

// raceList is a table of races with links.
func raceList(title, about, flux string, height uint32) dashboardPanel {
	return rows(title, about, wide, height, flux).
		WithTransformation(inOrder("Race", "Circuit", "Status", "Start", "Laps", "Cars", "Winner", "Note", "Page")).
		OverrideByName("Race", column(linkTo("All of it", toRace))).
		OverrideByName("Page", column(linkTo("Its page", toRacePage), widthOf(80))).
		OverrideByName("Status", column(wordsOf(statusWords), coloured(), widthOf(90))).
		OverrideByName("Start", column(unitOf("dateTimeAsIso"))).
		OverrideByRegexp("id|from|to", column(hidden()))
}

// summarised are the columns of a list of races. The range of a race that has not begun is the hour around its announcement.
const summarised = `  |> map(fn: (r) => ({Race: r.name, Circuit: r.circuit, Status: r.status, Laps: string(v: r.laps_done) + (if r.laps > 0 then " of " + string(v: r.laps) else ""),
    Cars: r.cars, Winner: r.winner, Start: if r.started_ms > 0 then r.started_ms else int(v: r._time) / 1000000, Page: "open", id: r.race,
    from: if r.started_ms > 0 then r.started_ms - 60000 else int(v: r._time) / 1000000 - 1800000,
    to: if r.ended_ms > 0 then r.ended_ms + 60000 else if r.started_ms > 0 then r.until_ms + 600000 else int(v: r._time) / 1000000 + 1800000NOTE}))`

var now = tower("position", "name_acronym", "best_ms", "best", "state") + `  |> reduce(identity: {Leader: "", Running: 0, Fastest: "", By: "", ms: 0}, fn: (r, accumulator) => ({
    Leader: if r.position == 1 then r.name_acronym else accumulator.Leader,
    Running: if r.state == "running" or r.state == "pit" then accumulator.Running + 1 else accumulator.Running,
    Fastest: if r.best_ms > 0 and (accumulator.ms == 0 or r.best_ms < accumulator.ms) then r.best else accumulator.Fastest,
    By: if r.best_ms > 0 and (accumulator.ms == 0 or r.best_ms < accumulator.ms) then r.name_acronym else accumulator.By,
    ms: if r.best_ms > 0 and (accumulator.ms == 0 or r.best_ms < accumulator.ms) then r.best_ms else accumulator.ms}))
  |> drop(columns: ["ms"])`

var (
	// The summary has the time of the announcement, so that a bucket which keeps points for some time loses it first: a race without telemetry was not
	// expired, but never had any here.
	thisRace = `import "array"
import "influxdata/influxdb/schema"

fed = schema.tagValues(bucket: v.defaultBucket, tag: "race", predicate: (r) => r._measurement == "telemetry" and r.race == "${race}", start: ${since}, stop: ` + forever + `)
  |> findColumn(fn: (key) => true, column: "_value")
found = ` + theRace + note(`,
    Note: if r.started_ms == 0 then "has not begun" else if r.started_ms * 1000000 > int(v: v.timeRangeStop) then "begins after the range that is shown: click its name"
      else if r.until_ms * 1000000 < int(v: v.timeRangeStart) then "ended before the range that is shown: click its name"
      else if length(arr: fed) == 0 then "has no telemetry: speeds and laps by distance are empty" else ""`) + `
none = array.from(rows: [{Race: "${race}", Circuit: "", Status: "", Laps: "", Cars: 0, Winner: "", Start: 0, Page: "open", id: "${race}", from: 0, to: 0,
    Note: "is not in the bucket: it was deleted, or is older than what the bucket keeps"}])
union(tables: [found, none])
  |> sort(columns: ["Start"], desc: true)
  |> limit(n: 1)`

	lapTimes = inRange("laps", ` and r._field == "lap_duration_ms"`) + ofCars + named

	gaps = inRange("laps", ` and r._field == "gap_ms"`) + ofCars + named

	trap = ofRace("passings", ` and r._field == "speed"`) + ofCars + `  |> max()
  |> group()
  |> sort(columns: ["_value"], desc: true)
  |> limit(n: 20)
  |> map(fn: (r) => ({Car: r.name_acronym, Speed: r._value}))`

	bestSectors = ofRace("laps", ` and (r._field == "sector_1_ms" or r._field == "sector_2_ms" or r._field == "sector_3_ms")`) + ofCars + `  |> min()
  |> group()
  |> toFloat()
  |> pivot(rowKey: ["driver_number", "name_acronym"], columnKey: ["_field"], valueColumn: "_value")
  |> map(fn: (r) => {
    s1 = if exists r.sector_1_ms then r.sector_1_ms else 0.0
    s2 = if exists r.sector_2_ms then r.sector_2_ms else 0.0
    s3 = if exists r.sector_3_ms then r.sector_3_ms else 0.0
    all = if s1 == 0.0 or s2 == 0.0 or s3 == 0.0 then 0.0 else s1 + s2 + s3
    return {Car: r.name_acronym, S1: s1 / 1000.0, S2: s2 / 1000.0, S3: s3 / 1000.0, Ideal: all, none: all == 0.0}
  })
  |> sort(columns: ["none", "Ideal"])
  |> drop(columns: ["none"])`

	// Each kind has its columns before they are one table, and without an empty word for the car: Flux sorts a table that comes of tables with
	// and without a column, or with only empty words in it, wrongly, and loses rows.
	happened = clocks + ofRace("events", ` and (r._field == "lap_number" or r.kind != "pit_in" and r.kind != "pit_out" and r.kind != "leader" and
    (r._field == "value" and r.kind != "tyres" or r._field == "text" and r.kind != "fastest_lap"))`) + `  |> keep(columns: ["_time", "_field", "_value", "kind", "name_acronym"])
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> group()
  |> map(fn: (r) => ({Time: r._time, Lap: r.lap_number, Car: if exists r.name_acronym then r.name_acronym else "–",
    What: if r.kind == "flag" then "flag " + string(v: r.value) else if r.kind == "fastest_lap" then "Fastest lap " + lapTime(ms: r.value)
      else if r.kind == "tyres" then "New tyres: " + r.text else if r.kind == "penalty" then "Penalty " + seconds(ms: r.value) else r.kind,
    Note: if r.kind != "tyres" and exists r.text then r.text else ""}))
  |> group()
  |> sort(columns: ["Time"], desc: true)
  |> limit(n: 60)`
)
