package sqlite

import (
	"bytes"
	"context"
	"fmt"

	"github.com/klauspost/compress/s2"

	"lightsout/race"
)

// packed is a race's newest snapshot of a commit; it stands for those before it.
type packed struct {
	batch *race.Batch
	data  []byte
	err   error
}

// unpackSnapshot reads what packSnapshots packs: s2, which takes a quarter of the time of zstd, or zstd in older files.
func (s *Store) unpackSnapshot(data []byte) ([]byte, error) {
	if bytes.HasPrefix(data, zstdMagic) {
		return s.unzip.DecodeAll(data, nil)
	}
	return s2.Decode(nil, data)
}

// packSnapshots packs snapshots beside the writing of what they come with: of thousands of cars, they take as long as that.
func (s *Store) packSnapshots(jobs []job) <-chan packed {
	last := map[race.ID]*race.Batch{}
	for _, j := range jobs {
		if j.batch != nil && j.batch.Snapshot != nil {
			last[j.id] = j.batch
		}
	}
	out := make(chan packed, len(last)) // whoever gives up leaves nobody waiting
	go func() {
		defer close(out)
		for _, b := range last {
			data, err := b.Snapshot.AppendBinary(nil)
			out <- packed{batch: b, data: s2.Encode(nil, data), err: err}
		}
	}()
	return out
}

func (w *txWriter) snapshot(ctx context.Context, p packed) error {
	if p.err != nil {
		return fmt.Errorf("snapshot of race %s: %w", p.batch.Race, p.err)
	}
	return w.exec(ctx, "INSERT OR REPLACE INTO snapshots VALUES (?,?,?)", string(p.batch.Race), int64(p.batch.Count), p.data)
}
