package grafana

import (
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// raceBoard returns the dashboard of a race: tower, positions, gaps, speeds, tyres.
func raceBoard() *dashboard.DashboardBuilder {
	b := ofOneRace(newBoard("race", "Lights Out: race", "A race as it is timed: tower, positions, gaps, laps, speeds, tyres. Times of day are UTC.")).
		WithVariable(choice("cars", "Cars", numbers).Regex(numbersRegex).Multi(true).IncludeAll(true).AllValue(".*")).
		WithPanel(raceList("This race", "Where it is, and the link to the range of time in which it lies. The note says why panels over time are empty.", thisRace, 3)).
		WithPanel(number("Leader", "Who is first in the tower.", unitText, theTower+`  |> limit(n: 1)
  |> keep(columns: ["name_acronym"])`)).
		WithPanel(number("Lap", "Laps completed by the car with the most.", unitPlain, theRace+`  |> keep(columns: ["laps_done"])`)).
		WithPanel(number("On the track", "Cars that are running or in the pits.", unitPlain, theTower+`  |> map(fn: (r) => ({cars: if r.state == "running" or r.state == "pit" then 1 else 0}))
  |> sum(column: "cars")`)).
		WithPanel(number("Fastest lap", "Of those that were not deleted.", unitText, clocks+theTower+`  |> filter(fn: (r) => r.best_ms > 0)
  |> min(column: "best_ms")
  |> map(fn: (r) => ({lap: lapTime(ms: r.best_ms)}))`)).
		WithPanel(number("Fastest lap by", "Who drove it.", unitText, theTower+`  |> filter(fn: (r) => r.best_ms > 0)
  |> min(column: "best_ms")
  |> keep(columns: ["name_acronym"])`)).
		WithPanel(number("Flag", "The track's status at the newest race time.", unitPlain, flagNow).Mappings(flagWords)).
		WithPanel(towerPanel()).
		WithPanel(lines("Positions", "The order as it was told; the leader is on top.", unitPlain, tall, carried("positions", ` and r._field == "position"`, ofCars)+
			`  |> map(fn: (r) => ({r with _value: 0 - r._value}))
`+named).LineInterpolation(common.LineInterpolationStepAfter).Mappings(placeWords()).AxisSoftMax(-1).Decimals(0).DisplayName(byCar)).
		WithPanel(lines("Gap to the leader", "At the end of each lap, to the first who completed it.", unitSeconds, tall, gaps).Decimals(3).DisplayName(byCar)).
		WithPanel(lines("Lap times", "At the end of each lap, without laps over twice the fastest.", unitLap, tall, lapTimes).ShowPoints(common.VisibilityModeAlways).DisplayName(byCar)).
		WithPanel(lines("Speeds", "The mean of each moment that is drawn.", unitKMH, tall, inRange("telemetry", ` and r._field == "speed"`)+ofCars+
			windows("mean")+named).DisplayName(byCar)).
		WithPanel(states("Flags", "The track's status over time.", half, low, flagWords, carried("events", ` and r.kind == "flag" and r._field == "value"`, "  |> group()\n")+
			`  |> keep(columns: ["_time", "_value"])`).DisplayName("Flag")).
		WithPanel(states("Tyres", "The compound of each lap.", half, tall, tyreWords, carried("laps", ` and r._field == "compound"`, ofCars)+named).DisplayName(byCar)).
		WithPanel(rows("Speed trap", "The fastest through the trap.", sixth, tall, trap).OverrideByName("Speed", column(unitOf(unitKMH)))).
		WithPanel(rows("Best sectors", "Of each car, the fastest first.", third, tall, bestSectors)).
		WithPanel(rows("What happened", "The newest on top.", wide, tall, happened).OverrideByName("Time", column(unitOf("dateTimeAsIsoNoDateIfToday"), widthOf(160))))
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
		Annotation(mark("Race", "blue", raceMarks)).
		Annotation(mark("Drills", "red", drillMarks)).
		Annotation(mark("Restarts", "purple", restartMarks))
}

// towerPanel is the timing tower, as a wall screen shows it.
func towerPanel() dashboardPanel {
	return rows("Timing tower", "As the page shows it. A car is a link to its board.", wide, 16, clocks+theTower+
		`  |> map(fn: (r) => ({Place: r.position, Car: r.name_acronym, No: r.driver_number, Name: r.name, Team: r.team_name, Laps: r.laps,
    Gap: if r.position == 1 then "" else gap(ms: r.gap_ms, laps: r.gap_laps),
    Interval: if r.position == 1 then "" else gap(ms: r.interval_ms, laps: r.interval_laps),
    Last: lapTime(ms: r.last_ms), Best: lapTime(ms: r.best_ms),
    S1: seconds(ms: r.sector_1_ms), S2: seconds(ms: r.sector_2_ms), S3: seconds(ms: r.sector_3_ms),
    Tyre: r.compound, Age: r.tyre_age, Stops: r.stops, State: r.state}))`).
		OverrideByName("Place", column(widthOf(60))).
		OverrideByName("Car", column(widthOf(70), linkTo("Board of ${__value.text}", toCar))).
		OverrideByName("No", column(widthOf(60))).
		OverrideByName("Tyre", column(wordsOf(tyreWords), coloured(), widthOf(90))).
		OverrideByName("State", column(wordsOf(stateWords), coloured()))
}

// raceList is a table of races with links.
func raceList(title, about, flux string, height uint32) dashboardPanel {
	return rows(title, about, wide, height, flux).
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

const flagNow = `from(bucket: v.defaultBucket)
  |> range(start: ${since}, stop: ` + forever + `)
  |> filter(fn: (r) => r._measurement == "events" and r.race == "${race}" and r.kind == "flag" and r._field == "value")
  |> group()
  |> sort(columns: ["_time"])
  |> last()
  |> keep(columns: ["_value"])`

var (
	thisRace = theRace + note(`,
    Note: if r.started_ms == 0 then "has not begun" else if r.started_ms * 1000000 > int(v: v.timeRangeStop) then "begins after the range that is shown: click its name"
      else if r.until_ms * 1000000 < int(v: v.timeRangeStart) then "ended before the range that is shown: click its name" else ""`)

	lapTimes = `best = ` + theTower + `  |> filter(fn: (r) => r.best_ms > 0)
  |> min(column: "best_ms")
  |> findRecord(fn: (key) => true, idx: 0)
` + inRange("laps", ` and r._field == "lap_duration_ms"`) + ofCars + `  |> filter(fn: (r) => r._value < 2 * best.best_ms)
` + named

	gaps = `ends = ` + ofRace("laps", ` and r._field == "lap_number"`) + `  |> map(fn: (r) => ({_time: r._time, lap: r._value, at: int(v: r._time), driver_number: r.driver_number,
    name_acronym: r.name_acronym}))

first = ends
  |> group(columns: ["lap"])
  |> min(column: "at")
  |> keep(columns: ["lap", "at"])
  |> group()

join(tables: {car: ends |> filter(fn: (r) => r.driver_number =~ /^(${cars:regex})$/) |> group(), first: first}, on: ["lap"])
  |> map(fn: (r) => ({_time: r._time, _value: float(v: r.at_car - r.at_first) / 1000000000.0, name_acronym: r.name_acronym}))
  |> filter(fn: (r) => r._time >= v.timeRangeStart and r._time < v.timeRangeStop)
  |> group(columns: ["name_acronym"])
  |> sort(columns: ["_time"])`

	trap = ofRace("passings", ` and r._field == "speed"`) + ofCars + `  |> max()
  |> group()
  |> sort(columns: ["_value"], desc: true)
  |> limit(n: 20)
  |> map(fn: (r) => ({Car: r.name_acronym, Speed: r._value}))`

	bestSectors = clocks + ofRace("laps", ` and (r._field == "sector_1_ms" or r._field == "sector_2_ms" or r._field == "sector_3_ms")`) + ofCars + `  |> min()
  |> group()
  |> pivot(rowKey: ["name_acronym"], columnKey: ["_field"], valueColumn: "_value")
  |> map(fn: (r) => ({r with all: r.sector_1_ms + r.sector_2_ms + r.sector_3_ms}))
  |> sort(columns: ["all"])
  |> map(fn: (r) => ({Car: r.name_acronym, S1: seconds(ms: r.sector_1_ms), S2: seconds(ms: r.sector_2_ms), S3: seconds(ms: r.sector_3_ms), Ideal: lapTime(ms: r.all)}))`

	happened = clocks + ofRace("events", "") + `  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> group()
  |> sort(columns: ["_time"], desc: true)
  |> limit(n: 200)
  |> map(fn: (r) => ({Time: r._time, Lap: r.lap_number, Car: if exists r.name_acronym then r.name_acronym else "",
    What: if r.kind == "flag" then (if r.value == 0 then "Clear" else if r.value == 1 then "Yellow flag" else if r.value == 2 then "Safety car" else if r.value == 3 then "Virtual safety car" else if r.value == 4 then "Red flag" else "Chequered flag")
      else if r.kind == "fastest_lap" then "Fastest lap " + lapTime(ms: r.value) else if r.kind == "tyres" then "New tyres: " + r.text
      else if r.kind == "pit_in" then "Into the pits" else if r.kind == "pit_out" then "Out of the pits" else if r.kind == "did_not_start" then "Did not start"
      else if r.kind == "leader" then "Leads" else if r.kind == "start" then "Start" else if r.kind == "retired" then "Retired" else if r.kind == "chequered" then "Chequered flag"
      else if r.kind == "penalty" then "Penalty " + seconds(ms: r.value) else if r.kind == "disqualified" then "Disqualified" else "Result",
    Note: if r.kind == "tyres" then "" else r.text}))`
)
