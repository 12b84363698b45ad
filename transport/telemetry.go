package transport

import (
	"time"

	"lightsout/race"
	"lightsout/race/trace"
)

// TelemetryHead begins an answer with the telemetry of cars: {"race", "started_at", "cars": [ …; head.Cars cars follow. JSON answers have the
// same form.
func (Codec) TelemetryHead(head *trace.Head) ([]byte, error) {
	w := newWriter()
	w.mapOf(3)
	w.key("race")
	w.str(string(head.Race))
	w.key("started_at")
	if head.StartedAt == 0 {
		w.null()
	} else {
		w.str(time.Unix(0, head.StartedAt).UTC().Format(time.RFC3339Nano))
	}
	w.key("cars")
	w.array(head.Cars)
	return w.done("the head of telemetry")
}

// TelemetryCar is the telemetry of one car, in columns.
func (Codec) TelemetryCar(head *trace.Head, car *trace.Car) ([]byte, error) {
	w := newWriter()
	columns := len(head.Channels) + 5
	if head.Dates {
		columns++
	}
	w.mapOf(columns)
	w.key("driver_number")
	w.int(int64(car.Number))
	w.key("name_acronym")
	w.str(car.Code)
	w.key("samples")
	w.int(int64(car.Read))
	w.key("distance_from")
	w.str(car.From.String())
	w.key("time_ms")
	w.array(len(car.Time))
	for _, t := range car.Time {
		w.int(t.Millis())
	}
	if head.Dates {
		w.key("date")
		w.array(len(car.Time))
		for _, t := range car.Time {
			w.str(time.Unix(0, head.StartedAt+int64(t)*1000).UTC().Format("2006-01-02T15:04:05.000Z07:00"))
		}
	}
	for _, c := range head.Channels {
		w.key(trace.Name(c))
		w.channel(c, car.Values[c])
	}
	return w.done("the telemetry of a car")
}

// channel writes a column: whole numbers, or nil for unknown values.
func (w *writer) channel(c race.Channel, column []int32) {
	if column == nil {
		w.null()
		return
	}
	w.array(len(column))
	for _, v := range column {
		switch {
		case v == race.Unknown:
			w.null()
		case trace.Tenths(c) && v%10 != 0:
			w.float(float64(v) / 10)
		case trace.Tenths(c):
			w.int(int64(v / 10))
		default:
			w.int(int64(v))
		}
	}
}
