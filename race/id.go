package race

import (
	"fmt"
	"regexp"
)

var validID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)

const (
	idMax    = 100      // characters
	idImport = "import" // reserved by POST /races/import
)

// Validate returns an *InvalidError if id is not allowed for a race.
func (id ID) Validate() error {
	if validID.MatchString(string(id)) && len(id) <= idMax && id != idImport {
		return nil
	}
	return &InvalidError{Faults: []Fault{{
		Field: "id", Message: fmt.Sprintf("is %q", id), Allowed: "lower-case letters, digits and dashes, 100 at most, and not import",
	}}}
}
