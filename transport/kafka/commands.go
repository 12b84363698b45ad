package kafka

import (
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"lightsout/transport"
)

// readCommands begins with the oldest command that may lack a receipt.
func (s *seat) readCommands() {
	generation := s.generation
	s.jobs.post(func() {
		at, err := s.desk.node.committed(s.role, s.desk.partition)
		s.atDeskOf(generation, func() {
			if err != nil {
				s.log().Warn("where to read commands is not known yet", slog.Any("err", err))
				time.AfterFunc(askAgain, func() { s.atDeskOf(generation, s.readCommands) })
				return
			}
			s.commands, s.next, s.committed = true, at, at
			s.desk.node.readCommands(s.role, s.desk.partition, at)
		})
	})
}

func (s *seat) stopCommands() {
	if s.commands {
		s.commands = false
		s.desk.node.stopCommands(s.role, s.desk.partition)
	}
}

// takeCommands takes records of commands.
func (s *seat) takeCommands(records []*kgo.Record) {
	for _, r := range records {
		if !s.commands || r.Offset < s.next {
			continue
		}
		s.next = r.Offset + 1
		if isForeign(r.Value) {
			s.takeForeign(r)
			continue
		}
		c, err := transport.Codec{}.DecodeCommand(r.Value)
		if err == nil {
			err = s.desk.node.belongs(c.Race, s.desk.partition)
		}
		if err != nil {
			s.bury(r, err)
			s.owner.Command(r.Offset, nil)
			continue
		}
		s.owner.Command(r.Offset, &Order{
			ID: c.ID, Race: c.Race, Role: c.Role, Seen: c.Seen, Command: c, Creates: c.Create != nil || c.Report != nil && c.Report.New,
		})
	}
}

// bury writes a command that cannot be read to the topic of dead letters. Simulators do it: one of the roles is enough.
func (s *seat) bury(r *kgo.Record, why error) {
	s.log().Warn("a command cannot be read", slog.Int64("offset", r.Offset), slog.Any("err", why))
	if s.role != transport.Simulator {
		return
	}
	s.dead++
	s.desk.node.bury(letterOf(r, why.Error()), func() { s.desk.post(func() { s.dead-- }) })
}
