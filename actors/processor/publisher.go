package processor

import (
	"slices"

	"lightsout/actors/supervise"
	"lightsout/race"
	"lightsout/race/sabotage"
)

// publisher shows spectators what is durable.
type publisher struct {
	spectators Spectators
	id         race.ID
	old        *race.Frame // for sabotage alone
}

// Receive shows what it is sent.
func (p *publisher) Receive(c supervise.Context) {
	msg, ok := c.Message().(publish)
	if !ok {
		return
	}
	msg = p.sabotaged(msg)
	if msg.info != nil {
		p.spectators.Open(*msg.info, msg.entries)
	}
	if len(msg.facts) > 0 {
		p.spectators.Publish(p.id, msg.facts)
	}
	if msg.frame != nil {
		p.spectators.Picture(p.id, msg.frame.Picture())
	}
}

// sabotaged is what is shown instead in a build in which that is broken.
func (p *publisher) sabotaged(msg publish) publish {
	if sabotage.On(sabotage.PublisherLaps) {
		msg.facts = withoutLaps(msg.facts, 3)
	}
	if n := len(msg.facts); sabotage.On(sabotage.PublisherOrder) && n > 0 {
		all := msg.facts[n-1]
		for _, f := range slices.Backward(msg.facts[:n-1]) {
			all.Facts = append(slices.Clip(all.Facts), f.Facts...)
		}
		msg.facts = []race.Facts{all}
	}
	if sabotage.On(sabotage.PublisherFrozen) && msg.frame != nil && msg.frame.Tick > 500 {
		msg.frame = nil
	}
	if sabotage.On(sabotage.PublisherStale) && msg.frame != nil {
		stale := *msg.frame
		if p.old != nil {
			stale.LapFraction, stale.State = p.old.LapFraction, p.old.State
		}
		p.old, msg.frame = msg.frame, &stale
	}
	return msg
}
