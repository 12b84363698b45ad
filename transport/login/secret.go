package login

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is a password or a token. Printing it in any way shows only that it is hidden; only Reveal returns it.
type Secret string

const hidden = "[hidden]"

// Reveal returns it, for the login.
func (s Secret) Reveal() string { return string(s) }

// String hides it.
func (Secret) String() string { return hidden }

// GoString hides it from %#v.
func (Secret) GoString() string { return hidden }

// Format hides it from every verb.
func (Secret) Format(f fmt.State, _ rune) { io.WriteString(f, hidden) } //nolint:errcheck // fmt has no ear for it

// LogValue hides it from logs.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText hides it from JSON and the like.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
