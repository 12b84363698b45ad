package gateway

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/klauspost/compress/zstd"

	"lightsout/race"
)

// mimeMsgpack are the names that msgpack goes by; the first is the registered one.
var mimeMsgpack = []string{"application/vnd.msgpack", "application/msgpack", "application/x-msgpack"}

func contentType(c *fiber.Ctx) string {
	return strings.ToLower(strings.TrimSpace(strings.Split(c.Get(fiber.HeaderContentType), ";")[0]))
}

// unpacked is the body as it was before it was compressed: gzip, zstd or plain. Fiber's own way has no bound.
func (s *Server) unpacked(c *fiber.Ctx) ([]byte, error) {
	raw := c.Request().Body()
	var r io.Reader
	coding := strings.ToLower(strings.TrimSpace(c.Get(fiber.HeaderContentEncoding)))
	switch coding {
	case "", "identity":
		return raw, nil
	case "gzip":
		z, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			return nil, refuse(fiber.StatusBadRequest, "the body is no gzip: "+err.Error())
		}
		r = z
	case "zstd":
		z, err := zstd.NewReader(bytes.NewReader(raw), zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderMaxMemory(uint64(s.cfg.UnpackedMax)), zstd.WithDecoderMaxWindow(8<<20))
		if err != nil {
			return nil, refuse(fiber.StatusBadRequest, "the body is no zstd: "+err.Error())
		}
		defer z.Close()
		r = z
	default:
		return nil, refuse(fiber.StatusUnsupportedMediaType, fmt.Sprintf("the content encoding is %q: allowed are gzip, zstd and none", coding))
	}
	data, err := io.ReadAll(io.LimitReader(r, int64(s.cfg.UnpackedMax)+1))
	switch {
	case len(data) > s.cfg.UnpackedMax, errors.Is(err, zstd.ErrDecoderSizeExceeded), errors.Is(err, zstd.ErrWindowSizeExceeded):
		return nil, refuse(fiber.StatusRequestEntityTooLarge, fmt.Sprintf(
			"the body unpacks to more than %d bytes: send fewer items at once", s.cfg.UnpackedMax))
	case err != nil:
		return nil, refuse(fiber.StatusBadRequest, fmt.Sprintf("the body is broken %s: %v", coding, err))
	}
	return data, nil
}

// values reads a body, JSON or msgpack, into maps, lists, text, numbers (json.Number) and booleans.
func (s *Server) values(c *fiber.Ctx) (any, error) {
	kind := contentType(c)
	packed := kind == mimeMsgpack[0] || kind == mimeMsgpack[1] || kind == mimeMsgpack[2]
	if !packed && kind != fiber.MIMEApplicationJSON {
		return nil, refuse(fiber.StatusUnsupportedMediaType, fmt.Sprintf(
			"the content type is %q: expected application/json or %s", kind, mimeMsgpack[0]))
	}
	data, err := s.unpacked(c)
	if err != nil {
		return nil, err
	}
	leave, err := s.enterHeavy(c.UserContext(), data, packed)
	if err != nil {
		return nil, err
	}
	defer leave()
	if packed {
		v, err := s.deps.Unpacker.Values(data)
		if err != nil {
			return nil, refuse(fiber.StatusBadRequest, "the body is no valid msgpack: "+err.Error())
		}
		return v, nil
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := jsonProblem(dec, dec.Decode(&v)); err != nil {
		return nil, err
	}
	return v, nil
}

// Limits of what a body may become in memory: a value takes up to some hundred bytes, however short it is written.
const (
	valuesMost = 1_000_000
	heavyFrom  = 100_000 // values; so large a body is read alone
	heavyBytes = 512 << 10
)

// enterHeavy refuses a body of too many values, and has large ones wait for each other.
func (s *Server) enterHeavy(ctx context.Context, data []byte, packed bool) (leave func(), err error) {
	heavy := packed && len(data) > heavyBytes
	if !packed {
		n := countValues(data)
		if n > valuesMost {
			return nil, refuse(fiber.StatusRequestEntityTooLarge, fmt.Sprintf("the body has %d values: allowed are %d at once", n, valuesMost))
		}
		heavy = n > heavyFrom
	}
	if !heavy {
		return func() {}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, roomWait)
	defer cancel()
	return enter(ctx, s.heavy)
}

// countValues counts what a JSON text becomes: values, and the names of values.
func countValues(data []byte) int {
	n, inText := 1, false
	for i := 0; i < len(data); i++ {
		switch ch := data[i]; {
		case inText && ch == '\\':
			i++
		case ch == '"':
			inText = !inText
		case inText:
		case ch == ',' || ch == ':' || ch == '[' || ch == '{':
			n++
		}
	}
	return n
}

// body reads a JSON body strictly, of so many bytes.
func (s *Server) body(c *fiber.Ctx, into any, most int) error {
	if kind := contentType(c); kind != fiber.MIMEApplicationJSON {
		return refuse(fiber.StatusUnsupportedMediaType, fmt.Sprintf("the content type is %q: expected application/json", kind))
	}
	data, err := s.unpacked(c)
	if err != nil {
		return err
	}
	if len(data) > most {
		return refuse(fiber.StatusRequestEntityTooLarge, fmt.Sprintf("the body has %d bytes: allowed are %d", len(data), most))
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	return jsonProblem(dec, dec.Decode(into))
}

// jsonProblem says what is wrong with a JSON body, after it was decoded; nil where it is one value and nothing else.
func jsonProblem(dec *json.Decoder, err error) error {
	var syntax *json.SyntaxError
	var kindOf *json.UnmarshalTypeError
	switch {
	case err == nil:
		if _, err := dec.Token(); !errors.Is(err, io.EOF) {
			return refuse(fiber.StatusBadRequest, "something follows the JSON object")
		}
		return nil
	case errors.As(err, &syntax):
		return refuse(fiber.StatusBadRequest, fmt.Sprintf("the body is no valid JSON at byte %d: %v", syntax.Offset, syntax))
	case errors.As(err, &kindOf):
		return &race.InvalidError{Faults: []race.Fault{{
			Field: kindOf.Field, Message: "is a " + kindOf.Value, Allowed: kindOf.Type.String(),
		}}}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return refuse(fiber.StatusBadRequest, "the body is cut off or empty: expected a JSON object")
	}
	if field, found := strings.CutPrefix(err.Error(), "json: unknown field "); found {
		return &race.InvalidError{Faults: []race.Fault{{Field: strings.Trim(field, `"`), Message: "is no field of this"}}}
	}
	return refuse(fiber.StatusBadRequest, "the body cannot be read: "+err.Error())
}
