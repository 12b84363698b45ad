package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"lightsout/race"
)

// maxCachedInfos bounds the cache; when it is exceeded, the cache is emptied.
const maxCachedInfos = 10_000

// infoCache caches race infos: they never change, and decoding one takes ten times as long as reading a row of the list.
type infoCache struct {
	mu    sync.Mutex
	of    map[race.ID]cachedInfo
	texts map[string]string // circuit texts, which races share
}

// cachedInfo includes the time of creation, because a deleted race's ID may be used again.
type cachedInfo struct {
	createdAt int64
	race      race.Race
}

func (h *infoCache) get(id race.ID, createdAt int64) (race.Race, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	kept, known := h.of[id]
	return kept.race, known && kept.createdAt == createdAt
}

func (h *infoCache) put(createdAt int64, info race.Race) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.of) >= maxCachedInfos || h.of == nil {
		h.of, h.texts = map[race.ID]cachedInfo{}, map[string]string{}
	}
	if text, known := h.texts[info.CircuitText]; known {
		info.CircuitText = text
	} else {
		h.texts[info.CircuitText] = info.CircuitText
	}
	h.of[info.ID] = cachedInfo{createdAt, info}
}

// Summaries returns all races, newest first.
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
		if err := s.readInfo(ctx, &list[i]); err != nil {
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

// readInfo reads the race info of a summary. It clears the ID if the race is gone or has no info.
func (s *Store) readInfo(ctx context.Context, v *race.Summary) error {
	if err := race.BudgetOf(ctx).Work(headCost); err != nil {
		return err
	}
	read, err := s.scanSummary(s.read.QueryRowContext(ctx, summaryColumns+" WHERE id = ? AND created_at = ?", string(v.Race.ID), v.CreatedAt).Scan)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		v.Race.ID = ""
		return nil
	case err != nil:
		return fmt.Errorf("read the info of race %s: %w", v.Race.ID, err)
	}
	*v = read
	s.kept.put(read.CreatedAt, read.Race)
	return nil
}
