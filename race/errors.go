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
)

// Fault is one thing wrong with what was given: where, what, and what is allowed.
type Fault struct {
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
