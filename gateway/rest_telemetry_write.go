package gateway

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"lightsout/gateway/body"
	"lightsout/race"
	"lightsout/race/trace"
)

// Formats of telemetry, by their names in ?format=.
const (
	formatJSON    = "json"
	formatCSV     = "csv"
	formatMsgpack = "msgpack"
)

var formatMIME = map[string]string{
	formatJSON: fiber.MIMEApplicationJSON, formatCSV: "text/csv; charset=utf-8", formatMsgpack: body.MIMEMsgpack[0],
}

// formatOf returns the format by its name or, without one, by the Accept header.
func formatOf(c *fiber.Ctx, name string) (string, error) {
	if name != "" {
		if formatMIME[name] == "" {
			return "", &race.InvalidError{Faults: []race.Fault{{
				Field: "format", Message: fmt.Sprintf("is %q", name), Allowed: "json, csv, msgpack",
			}}}
		}
		return name, nil
	}
	switch accepted := c.Accepts(append([]string{fiber.MIMEApplicationJSON, "text/csv"}, body.MIMEMsgpack...)...); accepted {
	case "":
		return "", refuse(fiber.StatusNotAcceptable, "telemetry is available as application/json, text/csv or "+body.MIMEMsgpack[0])
	case fiber.MIMEApplicationJSON:
		return formatJSON, nil
	case "text/csv":
		return formatCSV, nil
	}
	return formatMsgpack, nil
}

// compressesItself reports whether a handler compresses its own answer. Fasthttp's compressor would end a broken stream like a
// complete one.
func compressesItself(c *fiber.Ctx) bool {
	path := plainPath(c)
	return c.Method() == fiber.MethodGet && (strings.HasSuffix(path, "/telemetry") || strings.HasSuffix(path, "/export"))
}

// stream sends the cars one by one and reads the next when the client has taken the last. A failure breaks the connection, so
// that the client does not take a part for the whole.
func (s *Server) stream(c *fiber.Ctx, format string, t *tracer, first *trace.Car) error {
	c.Set(fiber.HeaderContentType, formatMIME[format])
	c.Set(fiber.HeaderVary, "Accept, Accept-Encoding")
	if format == formatCSV {
		c.Set(fiber.HeaderContentDisposition, fmt.Sprintf("attachment; filename=%q", string(t.head.Race)+"-telemetry.csv"))
	}
	zipped := c.AcceptsEncodings("gzip") == "gzip" && c.Get(fiber.HeaderAcceptEncoding) != ""
	if zipped {
		c.Set(fiber.HeaderContentEncoding, "gzip")
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(c.UserContext()))
	out, in := io.Pipe()
	go func() {
		err := s.write(ctx, in, zipped, newCarFormat(format, s.deps.Encoder), t, first)
		if err != nil && !errors.Is(err, io.ErrClosedPipe) && ctx.Err() == nil {
			s.deps.Log.Error("telemetry failed", slog.String("race", string(t.head.Race)), slog.Any("err", err))
		}
		in.CloseWithError(err)
	}()
	c.Context().SetBodyStream(newStreamed(out, cancel, c.Context().Conn()), -1)
	return nil
}

// write writes the answer. It runs beside the request, which Fiber has finished.
func (s *Server) write(ctx context.Context, to io.Writer, zipped bool, format carFormat, t *tracer, first *trace.Car) (err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("panic: %v", broken)
		}
	}()
	if zipped {
		zip, err := gzip.NewWriterLevel(to, gzip.BestSpeed)
		if err != nil {
			return fmt.Errorf("compress: %w", err)
		}
		if err := writeCars(ctx, zip, format, t, first); err != nil {
			return err
		}
		return zip.Close()
	}
	return writeCars(ctx, to, format, t, first)
}

func writeCars(ctx context.Context, to io.Writer, format carFormat, t *tracer, first *trace.Car) error {
	send := func(data []byte, err error) error {
		if err == nil {
			_, err = to.Write(data)
		}
		return err
	}
	if err := send(format.begin(&t.head)); err != nil {
		return err
	}
	for i, car := range t.query.cars {
		one := first
		if i > 0 {
			var err error
			if one, err = t.car(ctx, car); err != nil {
				return err
			}
		}
		if err := send(format.car(&t.head, one, i)); err != nil {
			return err
		}
	}
	return send([]byte(format.end), nil)
}

// carFormat writes the telemetry of cars in one format.
type carFormat struct {
	begin func(head *trace.Head) ([]byte, error)
	car   func(head *trace.Head, car *trace.Car, index int) ([]byte, error)
	end   string
}

func newCarFormat(format string, e Encoder) carFormat {
	switch format {
	case formatCSV:
		return carFormat{csvHead, csvCar, ""}
	case formatMsgpack:
		car := func(head *trace.Head, car *trace.Car, _ int) ([]byte, error) { return e.TelemetryCar(head, car) }
		return carFormat{e.TelemetryHead, car, ""}
	}
	return carFormat{jsonHead, jsonCar, "]}\n"}
}

// appendValue appends a value with its decimals, or nothing if it was not reported.
func appendValue(b []byte, c race.Channel, v int32) []byte {
	if v == race.Unknown {
		return b
	}
	if !trace.Tenths(c) {
		return strconv.AppendInt(b, int64(v), 10)
	}
	if v < 0 {
		b, v = append(b, '-'), -v
	}
	b = strconv.AppendInt(b, int64(v/10), 10)
	if v%10 != 0 {
		b = append(b, '.', byte('0'+v%10))
	}
	return b
}

func appendDate(b []byte, head *trace.Head, at race.Micros) []byte {
	return time.Unix(0, head.StartedAt+int64(at)*1000).UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z07:00")
}

// jsonHead begins {"race": …, "started_at": …, "cars": [{"driver_number": …, "time_ms": […], "speed": […]}, …]}.
func jsonHead(head *trace.Head) ([]byte, error) {
	var startedAt *time.Time
	if head.StartedAt != 0 {
		at := time.Unix(0, head.StartedAt).UTC()
		startedAt = &at
	}
	text, err := json.Marshal(struct {
		Race      race.ID    `json:"race"`
		StartedAt *time.Time `json:"started_at"`
	}{head.Race, startedAt})
	if err != nil {
		return nil, fmt.Errorf("encode the head of telemetry: %w", err)
	}
	return append(text[:len(text)-1], `,"cars":[`...), nil
}

func jsonCar(head *trace.Head, car *trace.Car, index int) ([]byte, error) {
	b, err := json.Marshal(struct {
		Number int    `json:"driver_number"`
		Code   string `json:"name_acronym"`
		Read   int    `json:"samples"`
		From   string `json:"distance_from"`
	}{car.Number, car.Code, car.Read, car.From.String()})
	if err != nil {
		return nil, fmt.Errorf("encode car %d: %w", car.Number, err)
	}
	if index > 0 {
		b = append([]byte{','}, b...)
	}
	b = b[:len(b)-1]
	list := func(name string, each func(b []byte, i int) []byte) {
		b = append(b, `,"`+name+`":[`...)
		for i := range car.Time {
			if i > 0 {
				b = append(b, ',')
			}
			b = each(b, i)
		}
		b = append(b, ']')
	}
	list("time_ms", func(b []byte, i int) []byte { return strconv.AppendInt(b, car.Time[i].Millis(), 10) })
	if head.Dates {
		list("date", func(b []byte, i int) []byte { return append(appendDate(append(b, '"'), head, car.Time[i]), '"') })
	}
	for _, c := range head.Channels {
		column := car.Values[c]
		if column == nil {
			b = append(b, `,"`+trace.Name(c)+`":null`...)
			continue
		}
		list(trace.Name(c), func(b []byte, i int) []byte {
			if column[i] == race.Unknown {
				return append(b, "null"...)
			}
			return appendValue(b, c, column[i])
		})
	}
	return append(b, '}'), nil
}

// csvHead and csvCar write one row per sample.
func csvHead(head *trace.Head) ([]byte, error) {
	b := []byte("driver_number,")
	if head.Dates {
		b = append(b, "date,"...)
	}
	b = append(b, "time_ms"...)
	for _, c := range head.Channels {
		b = append(b, ","+trace.Name(c)...)
	}
	return append(b, "\r\n"...), nil
}

func csvCar(head *trace.Head, car *trace.Car, _ int) ([]byte, error) {
	var b []byte
	for i, at := range car.Time {
		b = append(strconv.AppendInt(b, int64(car.Number), 10), ',')
		if head.Dates {
			b = append(appendDate(b, head, at), ',')
		}
		b = strconv.AppendInt(b, at.Millis(), 10)
		for _, c := range head.Channels {
			b = append(b, ',')
			if column := car.Values[c]; column != nil {
				b = appendValue(b, c, column[i])
			}
		}
		b = append(b, "\r\n"...)
	}
	return b, nil
}
