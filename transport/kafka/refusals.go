package kafka

import (
	"errors"
	"fmt"

	"lightsout/race"
	"lightsout/transport"
)

// refusalErrors are the errors behind refusals, and what they become.
var refusalErrors = []struct {
	refusal transport.Refusal
	err     error
}{
	{transport.NotFound, race.ErrNotFound},
	{transport.KeyReused, race.ErrKeyReused},
	{transport.Busy, race.ErrBusy},
	{transport.Conflict, race.ErrConflict},
	{transport.Exists, race.ErrConflict},
	{transport.Over, race.ErrConflict},
	{transport.Running, race.ErrConflict},
}

func refusalOf(err error) transport.Refusal {
	for _, r := range refusalErrors {
		if errors.Is(err, r.err) {
			return r.refusal
		}
	}
	return transport.Invalid
}

// errorOf is the error of a receipt; nil if the command was done.
func errorOf(r *transport.Receipt) error {
	if r.Refusal == transport.NotRefused {
		return nil
	}
	for _, known := range refusalErrors {
		if known.refusal == r.Refusal {
			return &RefusedError{r.Refusal, r.Reason, known.err}
		}
	}
	return &RefusedError{r.Refusal, r.Reason, nil}
}

// RefusedError says that a command was refused, and why.
type RefusedError struct {
	Refusal transport.Refusal
	Reason  string
	is      error
}

// Error is the reason in words.
func (e *RefusedError) Error() string {
	switch {
	case e.Reason != "":
		return e.Reason
	case e.is != nil:
		return e.is.Error()
	}
	return fmt.Sprintf("refused (%d)", e.Refusal)
}

// Unwrap is the error of the race that it stands for.
func (e *RefusedError) Unwrap() error { return e.is }

func isBusy(err error) bool { return errors.Is(err, race.ErrBusy) }

// unknownOutcome reports whether a command may have been done all the same.
func unknownOutcome(err error) bool { return errors.Is(err, race.ErrUnderway) }
