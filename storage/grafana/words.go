package grafana

import (
	"strconv"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// Units. Times on an axis are dates, of which only minutes and less are shown, so boards with them are in UTC: elsewhere an hour may be moved by half.
const (
	unitLap   = "time:m:ss.SSS"
	unitMS    = "ms"
	unitKMH   = "velocitykmh"
	unitCount = "short"
	unitText  = "string"
	unitPlain = "none"
)

// clocks are functions of Flux that write times as the sport does: 1:25.432, 27.183. Only words with times in them need them: a call costs InfluxDB as much
// as twenty rows, and Grafana writes times by their unit.
const clocks = `two = (n) => if n < 10 then "0" + string(v: n) else string(v: n)
three = (n) => if n < 10 then "00" + string(v: n) else if n < 100 then "0" + string(v: n) else string(v: n)
seconds = (ms) => string(v: ms / 1000) + "." + three(n: ms % 1000)
lapTime = (ms) => string(v: ms / 60000) + ":" + two(n: ms % 60000 / 1000) + "." + three(n: ms % 1000)
`

// shown is what a value is replaced by.
type shown struct{ value, text, colour string }

func mapped(all ...shown) []dashboard.ValueMapping {
	m := dashboard.NewValueMap()
	for i := range all {
		index := int32(i)
		r := dashboard.ValueMappingResult{Text: &all[i].text, Index: &index}
		if all[i].colour != "" {
			r.Color = &all[i].colour
		}
		m.Options[all[i].value] = r
	}
	return []dashboard.ValueMapping{{ValueMap: m}}
}

// Tyres, flags and states in their colours.
var (
	tyreWords = mapped(
		shown{"soft", "Soft", "red"}, shown{"medium", "Medium", "yellow"}, shown{"hard", "Hard", "#d0d0d0"}, shown{"unknown", "–", "gray"})
	flagWords = mapped(
		shown{"0", "Clear", "green"}, shown{"1", "Yellow", "yellow"}, shown{"2", "Safety car", "orange"}, shown{"3", "Virtual safety car", "light-orange"},
		shown{"4", "Red", "red"}, shown{"5", "Chequered", "#d0d0d0"})
	stateWords = mapped(
		shown{"grid", "On the grid", "blue"}, shown{"running", "Running", "green"}, shown{"pit", "In the pits", "yellow"}, shown{"finished", "Finished", "#d0d0d0"},
		shown{"retired", "Retired", "red"}, shown{"did_not_start", "Did not start", "red"}, shown{"disqualified", "Disqualified", "purple"})
	eventWords = mapped(
		shown{"start", "Start", ""}, shown{"flag 0", "Clear", ""}, shown{"flag 1", "Yellow flag", ""}, shown{"flag 2", "Safety car", ""},
		shown{"flag 3", "Virtual safety car", ""}, shown{"flag 4", "Red flag", ""}, shown{"flag 5", "Chequered flag", ""}, shown{"chequered", "Chequered flag", ""},
		shown{"pit_in", "Into the pits", ""}, shown{"pit_out", "Out of the pits", ""}, shown{"leader", "Leads", ""}, shown{"retired", "Retired", ""},
		shown{"did_not_start", "Did not start", ""}, shown{"disqualified", "Disqualified", ""}, shown{"result", "Result", ""})
	noTime      = mapped(shown{"0", "–", ""})
	statusWords = mapped(
		shown{"waiting", "Waiting", "blue"}, shown{"running", "Running", "green"}, shown{"paused", "Paused", "yellow"}, shown{"finished", "Finished", "#d0d0d0"},
		shown{"failed", "Failed", "red"})
)

// placesShown is how many places have a word. Places are drawn below zero, so that the leader is on top; the words take the sign away.
const placesShown = 300

func placeWords() []dashboard.ValueMapping {
	var all []shown
	for place := 1; place <= placesShown; place++ {
		all = append(all, shown{value: strconv.Itoa(-place), text: strconv.Itoa(place)})
	}
	return mapped(all...)
}

// column are properties of a table's column.
func column(more ...dashboard.DynamicConfigValue) []dashboard.DynamicConfigValue { return more }

func unitOf(unit string) dashboard.DynamicConfigValue {
	return dashboard.DynamicConfigValue{Id: "unit", Value: unit}
}

func decimals(n int) dashboard.DynamicConfigValue {
	return dashboard.DynamicConfigValue{Id: "decimals", Value: n}
}

func widthOf(pixels int) dashboard.DynamicConfigValue {
	return dashboard.DynamicConfigValue{Id: "custom.width", Value: pixels}
}

func wordsOf(m []dashboard.ValueMapping) dashboard.DynamicConfigValue {
	return dashboard.DynamicConfigValue{Id: "mappings", Value: m}
}

// coloured shows a cell's text in the colour of its word.
func coloured() dashboard.DynamicConfigValue {
	return dashboard.DynamicConfigValue{Id: "custom.cellOptions", Value: map[string]any{"type": "color-text"}}
}

func hidden() dashboard.DynamicConfigValue {
	return dashboard.DynamicConfigValue{Id: "custom.hidden", Value: true}
}

// linkTo makes a cell a link.
func linkTo(title, url string) dashboard.DynamicConfigValue {
	return dashboard.DynamicConfigValue{Id: "links", Value: []map[string]any{{"title": title, "url": url}}}
}

// Links from a row with a car, and from one with a race.
const (
	toCar      = "/d/lightsout-car?var-race=${race}&var-car=${__data.fields.No}&${__url_time_range}&var-page=${page}"
	toRace     = "/d/lightsout-race?var-race=${__data.fields.id}&from=${__data.fields.from}&to=${__data.fields.to}&var-page=${page}"
	toRacePage = "${page}/race/${__data.fields.id}"
)
