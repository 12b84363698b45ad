package circuit

import (
	"errors"
	"fmt"
)

// ErrUnknown is wrapped when there is no built-in circuit of a key.
var ErrUnknown = errors.New("unknown circuit")

// Error says where a circuit's text or outline is wrong, what is wrong, and what is allowed.
type Error struct {
	File string
	// Line counts from 1; 0 where the fault is in the whole.
	Line    int
	Message string
}

// Error is file:line: message.
func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Message)
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Message)
}

func fault(file string, line int, format string, args ...any) error {
	return &Error{File: file, Line: line, Message: fmt.Sprintf(format, args...)}
}
