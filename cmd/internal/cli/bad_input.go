package cli

import (
	"errors"
	"fmt"

	"lightsout/race"
)

// ErrBadInput marks errors that the user can fix: they end the program with exit code 2.
var ErrBadInput = errors.New("")

// BadInput makes an error that the user can fix.
func BadInput(format string, args ...any) error {
	return fmt.Errorf("%w%w", ErrBadInput, fmt.Errorf(format, args...))
}

// AsBadInput marks a *race.InvalidError as bad input and leaves other errors as they are.
func AsBadInput(err error) error {
	var invalid *race.InvalidError
	if errors.As(err, &invalid) {
		return BadInput("%w", err)
	}
	return err
}
