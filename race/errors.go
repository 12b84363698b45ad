package race

import (
	"errors"
	"fmt"
	"strings"
)

// What can be wrong with a question about a race. Test with errors.Is.
var (
	ErrNotFound = errors.New("not found")
	// ErrConflict says that the race's status does not allow what was asked.
	ErrConflict = errors.New("not possible now")
	// ErrBusy says that as much is on the way to the race's log as may be: try again a little later.
	ErrBusy = errors.New("too much is on the way to the log")
	// ErrUnderway says that what was asked is being done, and takes longer than anybody waits for an answer.
	ErrUnderway = errors.New("it is being done and takes longer")
	// ErrKeyReused says that an idempotency key came again with other content.
	ErrKeyReused = errors.New("the key was used for something else")
)

// Fault is one thing wrong with what was given: where, what, and what is allowed.
type Fault struct {
	// Index of the item, from 0, where several were given.
	Index   *int   `json:"index,omitempty"`
	Field   string `json:"field"`
	Message string `json:"message"`
	Allowed string `json:"allowed,omitempty"`
}

// InvalidError lists all that was wrong with what was given.
type InvalidError struct{ Faults []Fault }

// Error joins the faults into sentences.
func (e *InvalidError) Error() string {
	parts := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		parts[i] = fmt.Sprintf("%s: %s", f.Field, f.Message)
		if f.Allowed != "" {
			parts[i] += " (allowed: " + f.Allowed + ")"
		}
	}
	return strings.Join(parts, "; ")
}
