package processor

import (
	"lightsout/actors/supervise"
	"lightsout/race"
)

// publisher shows spectators what is durable.
type publisher struct {
	spectators Spectators
	id         race.ID
}

// Receive shows what it is sent.
func (p *publisher) Receive(c supervise.Context) {
	msg, ok := c.Message().(publish)
	if !ok {
		return
	}
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
