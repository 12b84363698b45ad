package sqlite

import (
	"bytes"
	"context"
	"fmt"

	"github.com/klauspost/compress/s2"

	"lightsout/race"
)

// packed is a race's newest snapshot in a commit; older ones need not be written.
type packed struct {
	batch *race.Batch
	data  []byte
	err   error
}

// unpackSnapshot decompresses a snapshot: s2, which takes a quarter of the time of zstd, or zstd in older files.
func (s *Store) unpackSnapshot(data []byte) ([]byte, error) {
	if bytes.HasPrefix(data, zstdMagic) {
		return s.unzip.DecodeAll(data, nil)
	}
	return s2.Decode(nil, data)
}

// packSnapshots compresses snapshots in parallel with the writing of the batches: for thousands of cars both take equally long. What it
// returns must be read to its end before the next commit, for the buffers are used again: of 100,000 cars they hold 16 MB.
func (s *Store) packSnapshots(jobs []job) <-chan packed {
	last := map[race.ID]*race.Batch{}
	for _, j := range jobs {
		if j.batch != nil && j.batch.Snapshot != nil {
			last[j.id] = j.batch
		}
	}
	out := make(chan packed, len(last)) // buffered, so that the packing never waits for the writing
	go func() {
		defer close(out)
		free := s.packed
		for _, b := range last {
			var err error
			s.unpacked, err = b.Snapshot.AppendBinary(s.unpacked[:0])
			data := s2.Encode(free[:cap(free)], s.unpacked)
			out <- packed{batch: b, data: data, err: err}
			s.packed, free = data, nil
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
