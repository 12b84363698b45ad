package circuit

import (
	"errors"
	"fmt"
)

// ErrUnknown is wrapped if there is no built-in circuit with a key.
var ErrUnknown = errors.New("unknown circuit")

// Error is a fault in a circuit's text or outline: where, what, and what is allowed.
type Error struct {
	File string
	// Line counts from 1; 0 means the whole text.
	Line    int
	Message string
}

// Error returns file:line: message.
func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Message)
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Message)
}

func fault(file string, line int, format string, args ...any) error {
	return &Error{File: file, Line: line, Message: fmt.Sprintf(format, args...)}
}
