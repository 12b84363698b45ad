package gateway

import (
	"context"
	"fmt"
	"time"

	"lightsout/gateway/body"
	"lightsout/race"
)

// maxWait is how long a request waits for a slot or a seat before it gets 429.
const maxWait = 2 * time.Second

// slots bounds how many requests do the same work at once, and with it their memory.
type slots chan struct{}

var _ body.Slots = slots(nil)

func newSlots(n int) slots { return make(slots, n) }

// Enter waits for a slot until the context ends.
func (s slots) Enter(ctx context.Context) (leave func(), err error) {
	select {
	case s <- struct{}{}:
		return func() { <-s }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%d requests are being read: %w", cap(s), race.ErrBusy)
	}
}
