package simulator

import (
	"errors"
	"fmt"

	"lightsout/race"
)

// ErrMadeOtherwise says that a batch that was accepted could not be made again as it was: the script is wrong, or the race is not
// deterministic.
var ErrMadeOtherwise = errors.New("a batch was not made again as it was")

var errSnapshot = errors.New("the snapshot cannot be read")

var errOver = fmt.Errorf("the race is over: %w", race.ErrConflict)
