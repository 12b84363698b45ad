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

// Receive passes on, all facts of a batch at once.
func (p *publisher) Receive(c supervise.Context) {
	msg, ok := c.Message().(publish)
	if !ok {
		return
	}
	if msg.head != nil {
		p.spectators.Open(*msg.head, msg.entries)
	}
	if n := len(msg.facts); n > 0 {
		all := &race.Facts{Seq: msg.facts[n-1].Seq, Time: msg.facts[n-1].Time}
		for i := range msg.facts {
			all.Facts = append(all.Facts, msg.facts[i].Facts...)
		}
		p.spectators.Publish(p.id, all)
	}
	if msg.frame != nil {
		p.spectators.Picture(p.id, msg.frame.Picture())
	}
}
