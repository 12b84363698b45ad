package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"lightsout/race"
)

// headsKept bounds how many heads are at hand; one more, and all are read again.
const headsKept = 10_000

// headCache has heads of races that were read: they never change, and reading one takes ten times as long as its row in a list.
type headCache struct {
	mu    sync.Mutex
	of    map[race.ID]keptHead
	texts map[string]string // of circuits, which races share
}

// keptHead is known by when its race was made, too: a race may be deleted and another made under its ID.
type keptHead struct {
	createdAt int64
	race      race.Race
}

func (h *headCache) get(id race.ID, createdAt int64) (race.Race, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	kept, known := h.of[id]
	return kept.race, known && kept.createdAt == createdAt
}

func (h *headCache) put(createdAt int64, info race.Race) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.of) >= headsKept || h.of == nil {
		h.of, h.texts = map[race.ID]keptHead{}, map[string]string{}
	}
	if text, known := h.texts[info.CircuitText]; known {
		info.CircuitText = text
	} else {
		h.texts[info.CircuitText] = info.CircuitText
	}
	h.of[info.ID] = keptHead{createdAt, info}
}

// Summaries of all races, newest first.
func (s *Store) Summaries(ctx context.Context) ([]race.Summary, error) {
	if err := pay(ctx, s.read, 2*race.RowCost, "races"); err != nil {
		return nil, err
	}
	var list []race.Summary
	var unread []int
	err := eachRow(ctx, s.read, func(r row) {
		v := race.Summary{
			CreatedAt: r.int(1), Status: race.Status(r.int(2)), LeaderLap: int(r.int(3)), Laps: int(r.int(4)), Winner: r.text(5),
		}
		id, known := race.ID(r.text(0)), false
		if v.Race, known = s.kept.get(id, v.CreatedAt); !known {
			v.Race.ID = id
			unread = append(unread, len(list))
		}
		list = append(list, v)
	}, "SELECT id, created_at, status, leader_lap, laps, winner FROM races ORDER BY created_at DESC, id")
	if err != nil {
		return nil, err
	}
	for _, i := range unread {
		if err := s.readHead(ctx, &list[i]); err != nil {
			return nil, err
		}
	}
	out := list[:0]
	for _, v := range list {
		if v.Race.ID != "" {
			out = append(out, v)
		}
	}
	return out, nil
}

// readHead reads what a race was announced with. One that is no longer there, or has no head, loses its ID.
func (s *Store) readHead(ctx context.Context, v *race.Summary) error {
	if err := race.BudgetOf(ctx).Work(headCost); err != nil {
		return err
	}
	read, err := s.scanSummary(s.read.QueryRowContext(ctx, summaryColumns+" WHERE id = ? AND created_at = ?", string(v.Race.ID), v.CreatedAt).Scan)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		v.Race.ID = ""
		return nil
	case err != nil:
		return fmt.Errorf("read the head of race %s: %w", v.Race.ID, err)
	}
	*v = read
	s.kept.put(read.CreatedAt, read.Race)
	return nil
}
