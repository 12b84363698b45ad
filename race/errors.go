package race

import (
	"errors"
	"fmt"
	"strings"
)

// Errors of requests about a race. Test with errors.Is.
var (
	ErrNotFound = errors.New("not found")
	// ErrConflict means that the race's status does not allow the request.
	ErrConflict = errors.New("not possible now")
	// ErrBusy means that the race's log has the maximum of requests in flight: retry later.
	ErrBusy = errors.New("too much is on the way to the log")
	// ErrUnderway means that the request is still being processed after the time that a client waits for an answer.
	ErrUnderway = errors.New("it is being done and takes longer")
	// ErrKeyReused means that an idempotency key was sent again with other content.
	ErrKeyReused = errors.New("the key was used for something else")
)

// Fault is one error in the input: the field, what is wrong, and what is allowed.
type Fault struct {
	// Index is the item's index, from 0, in a request with several items.
	Index   *int   `json:"index,omitempty"`
	Field   string `json:"field"`
	Message string `json:"message"`
	Allowed string `json:"allowed,omitempty"`
}

// InvalidError lists all faults of an input.
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
