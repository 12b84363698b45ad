package sabotage

import (
	"fmt"
	"strings"
)

// Switch breaks one mechanism; 0 breaks nothing.
type Switch uint8

// The switches, along the way of a batch: car and tick, race, link, recorder, store, timekeeper, publisher, live push, feed.
const (
	_ Switch = iota
	Retry
	Once
	StaleRow
	FillIn
	StalePicture
	Resend
	LinkOrder
	RecorderFrames
	RecorderRepeat
	StoreSpeed
	StoreBlock
	StoreTrace
	StoreLaps
	StoreEvents
	StoreResult
	StoreStatus
	TimekeeperLaps
	TimekeeperCursor
	TimekeeperShown
	TimekeeperAnswer
	PublisherLaps
	PublisherOrder
	PublisherStale
	PublisherFrozen
	RingLost
	RingResume
	RingSnapshot
	RingConflate
	FeedPoints
	end
)

// Entry describes a switch.
type Entry struct {
	Switch Switch
	Name   string
	Breaks string // what is broken, in words
	// Scenario of the library whose drill finds it, and Says is part of what its verdict says.
	Scenario, Says string
}

// Switches returns the table, by switch.
func Switches() []Entry {
	return []Entry{
		{Retry, "retry", "the message in hand is lost with an incarnation", "half-the-field", "the race did not come to its end"},
		{Once, "once", "a car's row that comes twice counts twice", "half-the-field", ""},
		{StaleRow, "stale-row", "a car's next incarnation answers with the row of the tick before", "half-the-field", "telemetry of"},
		{FillIn, "fill-in", "passings that were lost with a checkpoint are not filled in from the rows", "lost-hits", "records of the undisturbed race are missing"},
		{StalePicture, "stale-frame", "the first tick after a race's restart has the telemetry of the tick before", "race-control-falls", "telemetry of"},
		{Resend, "resend", "a race does not send again what the recorder asks for", "cut-link", "the race did not come to its end"},
		{LinkOrder, "link-order", "the records of a batch arrive in reverse", "everyone-once", "the logs differ"},
		{RecorderFrames, "recorder-frames", "the first 20 frames after a recorder's restart are not stored", "timing-in-the-dark", "telemetry of"},
		{RecorderRepeat, "recorder-repeat", "ticks that are sent again after a recorder's restart are stored again", "timing-in-the-dark", "there twice"},
		{StoreSpeed, "store-speed", "the store loses the speed of every seventh record", "everyone-once", "the logs differ"},
		{StoreBlock, "store-block", "a block of telemetry loses its last frame", "everyone-once", "telemetry of"},
		{StoreTrace, "store-trace", "the telemetry of single cars lacks the first tick of each block", "everyone-once", "in the store, each asked for by itself"},
		{StoreLaps, "store-laps", "the store loses every seventh lap", "everyone-once", "laps in the store"},
		{StoreEvents, "store-events", "the store loses events about a car", "everyone-once", "events in the store"},
		{StoreResult, "store-result", "the result is stored without its last line", "everyone-once", "result in the store"},
		{StoreStatus, "store-status", "the end of a race does not reach the list of races", "everyone-once", "state of the race"},
		{TimekeeperLaps, "timekeeper-laps", "completed laps do not reach the store after a timekeeper's restart", "timing-in-the-dark", "laps in the store"},
		{TimekeeperCursor, "timekeeper-cursor", "a timekeeper's next incarnation skips the last record of the log", "timing-in-the-dark", ""},
		{TimekeeperShown, "timekeeper-shown", "a timekeeper's next incarnation does not publish what it reads in the log", "timing-in-the-dark", "as seen by"},
		{TimekeeperAnswer, "timekeeper-answer", "a timekeeper leaves out the last line of the classification that it is asked for", "everyone-once", "as the timekeeper answers it"},
		{PublisherLaps, "publisher-laps", "a third of the laps is not published", "everyone-once", "laps as seen by"},
		{PublisherOrder, "publisher-order", "of facts that are published together, older ones come last", "timing-in-the-dark", "as seen by"},
		{PublisherStale, "publisher-stale", "a picture has the places of the tick before", "everyone-once", "pictures as seen by"},
		{PublisherFrozen, "publisher-frozen", "no picture is shown after tick 500", "everyone-once", "the last was of tick"},
		{RingLost, "ring-lost", "every fifth message leaves the ring before anybody has taken it", "everyone-once", "as seen by the spectator who stays"},
		{RingResume, "ring-resume", "a spectator who comes back misses what was published meanwhile", "half-the-field", "as seen by the spectator who comes and goes"},
		{RingSnapshot, "ring-snapshot", "a spectator is shown the first tower that was encoded as the present one", "half-the-field", "as seen by"},
		{RingConflate, "ring-conflate", "of several laps in a message only the last is sent", "everyone-once", "laps as seen by"},
		{FeedPoints, "feed-points", "the telemetry of every 50th tick does not come to InfluxDB", "influx-away", "points of telemetry in InfluxDB"},
	}
}

// String returns the switch's name; empty for none.
func (s Switch) String() string {
	for _, e := range Switches() {
		if e.Switch == s {
			return e.Name
		}
	}
	return ""
}

// Parse returns the switch of a name; an empty name is no switch.
func Parse(name string) (Switch, error) {
	if name == "" {
		return 0, nil
	}
	var known []string
	for _, e := range Switches() {
		if e.Name == name {
			return e.Switch, nil
		}
		known = append(known, e.Name)
	}
	return 0, fmt.Errorf("%q is unknown: allowed are %s", name, strings.Join(known, ", "))
}
