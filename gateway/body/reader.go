package body

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/klauspost/compress/zstd"

	"lightsout/race"
)

// Limits of a body.
const (
	// MaxItems bounds the items of one body.
	MaxItems = 20_000
	// maxValues bounds the values of a JSON body: each takes up to some hundred bytes of memory, however short its text is.
	maxValues = 1_000_000
	// Large bodies are decoded one at a time: JSON with more than largeValues values, msgpack with more than largeBytes bytes.
	largeValues = 100_000
	largeBytes  = 512 << 10
	// maxWindow bounds the window of zstd, in bytes.
	maxWindow = 8 << 20
)

// MIMEMsgpack are the media types of msgpack. The first is the registered one.
var MIMEMsgpack = []string{"application/vnd.msgpack", "application/msgpack", "application/x-msgpack"}

// Unpacker decodes msgpack into the values that encoding/json makes of the same JSON, with numbers as json.Number. The data may be
// hostile.
type Unpacker interface {
	Values(data []byte) (any, error)
}

// Slots bounds how many requests do the same work at once.
type Slots interface {
	// Enter waits for a slot. It returns race.ErrBusy if the context ends first.
	Enter(ctx context.Context) (leave func(), err error)
}

// Config of a Reader. All fields are needed.
type Config struct {
	Unpacker Unpacker
	// MaxUnpacked bounds a body after decompression, in bytes.
	MaxUnpacked int
	// Reading bounds how many bodies are in memory at once; Large does so for large ones.
	Reading, Large Slots
	// MaxWait is how long a request waits for a slot.
	MaxWait time.Duration
}

// Reader reads bodies.
type Reader struct{ cfg Config }

// NewReader makes a Reader.
func NewReader(cfg Config) *Reader { return &Reader{cfg} }

func refuse(status int, format string, args ...any) error {
	return fiber.NewError(status, fmt.Sprintf(format, args...))
}

// ContentType is the media type of a request, in lower case and without parameters.
func ContentType(c *fiber.Ctx) string {
	return strings.ToLower(strings.TrimSpace(strings.Split(c.Get(fiber.HeaderContentType), ";")[0]))
}

// Enter waits, not longer than MaxWait, until a body may be read. leave must be called when the body is no longer needed.
func (r *Reader) Enter(ctx context.Context) (leave func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, r.cfg.MaxWait)
	defer cancel()
	return r.cfg.Reading.Enter(ctx)
}

// Value waits for a slot and reads a body into maps, lists, strings, json.Number and booleans.
func (r *Reader) Value(c *fiber.Ctx) (any, error) {
	leave, err := r.Enter(c.UserContext())
	if err != nil {
		return nil, err
	}
	defer leave()
	return r.Values(c)
}

// Object waits for a slot and reads a body that is one object. Unknown fields are faults.
func (r *Reader) Object(c *fiber.Ctx, read func(*Object)) error {
	v, err := r.Value(c)
	if err != nil {
		return err
	}
	var faults []race.Fault
	o := NewObject(v, nil, &faults)
	if read(o); o.IsObject() {
		o.End()
	}
	if faults != nil {
		return &race.InvalidError{Faults: faults}
	}
	return nil
}

// Values reads a body as Value does, in a slot that the caller holds.
func (r *Reader) Values(c *fiber.Ctx) (any, error) {
	kind := ContentType(c)
	msgpack := slices.Contains(MIMEMsgpack, kind)
	if !msgpack && kind != fiber.MIMEApplicationJSON {
		return nil, refuse(fiber.StatusUnsupportedMediaType, "the content type is %q: expected application/json or %s", kind, MIMEMsgpack[0])
	}
	data, err := r.Unpacked(c)
	if err != nil {
		return nil, err
	}
	leave, err := r.enterLarge(c.UserContext(), data, msgpack)
	if err != nil {
		return nil, err
	}
	defer leave()
	if msgpack {
		v, err := r.cfg.Unpacker.Values(data)
		if err != nil {
			return nil, refuse(fiber.StatusBadRequest, "the body is not valid msgpack: %v", err)
		}
		return v, nil
	}
	return Decode(data)
}

// Decode decodes one value of JSON.
func Decode(data []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := jsonError(dec, dec.Decode(&v)); err != nil {
		return nil, err
	}
	return v, nil
}

// JSON decodes a JSON body of at most maxBytes bytes into a struct. Unknown fields are faults.
func (r *Reader) JSON(c *fiber.Ctx, into any, maxBytes int) error {
	if kind := ContentType(c); kind != fiber.MIMEApplicationJSON {
		return refuse(fiber.StatusUnsupportedMediaType, "the content type is %q: expected application/json", kind)
	}
	data, err := r.Unpacked(c)
	if err != nil {
		return err
	}
	if len(data) > maxBytes {
		return refuse(fiber.StatusRequestEntityTooLarge, "the body has %d bytes: allowed are %d", len(data), maxBytes)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	return jsonError(dec, dec.Decode(into))
}

// Unpacked returns a body decompressed: gzip, zstd or as it is. Fiber's own decompression has no bound.
func (r *Reader) Unpacked(c *fiber.Ctx) ([]byte, error) {
	raw := c.Request().Body()
	var plain io.Reader
	encoding := strings.ToLower(strings.TrimSpace(c.Get(fiber.HeaderContentEncoding)))
	switch encoding {
	case "", "identity":
		return raw, nil
	case "gzip":
		z, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			return nil, refuse(fiber.StatusBadRequest, "the body is not valid gzip: %v", err)
		}
		plain = z
	case "zstd":
		z, err := zstd.NewReader(bytes.NewReader(raw), zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderMaxMemory(uint64(r.cfg.MaxUnpacked)), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, refuse(fiber.StatusBadRequest, "the body is not valid zstd: %v", err)
		}
		defer z.Close()
		plain = z
	default:
		return nil, refuse(fiber.StatusUnsupportedMediaType, "the content encoding is %q: allowed are gzip, zstd and none", encoding)
	}
	data, err := io.ReadAll(io.LimitReader(plain, int64(r.cfg.MaxUnpacked)+1))
	switch {
	case len(data) > r.cfg.MaxUnpacked, errors.Is(err, zstd.ErrDecoderSizeExceeded), errors.Is(err, zstd.ErrWindowSizeExceeded):
		return nil, refuse(fiber.StatusRequestEntityTooLarge, "the body unpacks to more than %d bytes: send fewer items at once", r.cfg.MaxUnpacked)
	case err != nil:
		return nil, refuse(fiber.StatusBadRequest, "the body is damaged %s: %v", encoding, err)
	}
	return data, nil
}

// enterLarge refuses JSON with too many values and makes large bodies wait for each other.
func (r *Reader) enterLarge(ctx context.Context, data []byte, msgpack bool) (leave func(), err error) {
	large := msgpack && len(data) > largeBytes
	if !msgpack {
		n := countValues(data)
		if n > maxValues {
			return nil, refuse(fiber.StatusRequestEntityTooLarge, "the body has %d values: allowed are %d at once", n, maxValues)
		}
		large = n > largeValues
	}
	if !large {
		return func() {}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.cfg.MaxWait)
	defer cancel()
	return r.cfg.Large.Enter(ctx)
}

// countValues counts the values and field names of a JSON text.
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

// jsonError turns the outcome of a decoding into an error for the client. It is nil if the body was one value and nothing else.
func jsonError(dec *json.Decoder, err error) error {
	var syntax *json.SyntaxError
	var wrongType *json.UnmarshalTypeError
	switch {
	case err == nil:
		if _, err := dec.Token(); !errors.Is(err, io.EOF) {
			return refuse(fiber.StatusBadRequest, "something follows the JSON object")
		}
		return nil
	case errors.As(err, &syntax):
		return refuse(fiber.StatusBadRequest, "the body is not valid JSON at byte %d: %v", syntax.Offset, syntax)
	case errors.As(err, &wrongType):
		return &race.InvalidError{Faults: []race.Fault{{
			Field: wrongType.Field, Message: "is a " + wrongType.Value, Allowed: wrongType.Type.String(),
		}}}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return refuse(fiber.StatusBadRequest, "the body is cut off or empty: expected a JSON object")
	}
	if field, found := strings.CutPrefix(err.Error(), "json: unknown field "); found {
		return &race.InvalidError{Faults: []race.Fault{{Field: strings.Trim(field, `"`), Message: unknownField}}}
	}
	return refuse(fiber.StatusBadRequest, "the body cannot be read: %v", err)
}

// Items returns the items of a body: one object, a list of objects, or a list under a name.
func Items(v any, name string) ([]any, error) {
	list, isList := v.([]any)
	if object, ok := v.(map[string]any); ok {
		if named, ok := object[name]; ok && len(object) == 1 {
			list, isList = named.([]any)
		} else {
			list, isList = []any{object}, true
		}
	}
	switch {
	case !isList:
		return nil, refuse(fiber.StatusBadRequest, "the body is %s: expected an object, a list of objects, or {%q: [...]}", kindOf(v), name)
	case len(list) > MaxItems:
		return nil, refuse(fiber.StatusRequestEntityTooLarge, "the body has %d items: allowed are %d at once", len(list), MaxItems)
	}
	return list, nil
}
