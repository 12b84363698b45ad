package race

import (
	"fmt"
	"regexp"
)

var validID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)

const (
	idMax    = 100      // characters
	idImport = "import" // POST /races/import imports a race, so that no race has this id
)

// Validate returns an *InvalidError for an id that a race cannot be given.
func (id ID) Validate() error {
	if validID.MatchString(string(id)) && len(id) <= idMax && id != idImport {
		return nil
	}
	return &InvalidError{Faults: []Fault{{
		Field: "id", Message: fmt.Sprintf("is %q", id), Allowed: "lower-case letters, digits and dashes, 100 at most, and not import",
	}}}
}
