package sqlite_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"lightsout/storage/sqlite"
	"lightsout/storage/storagetest"
	"lightsout/transport"
)

func BenchmarkStore(b *testing.B) {
	storagetest.Bench(b, func(b *testing.B) storagetest.Benched {
		path := filepath.Join(b.TempDir(), "bench.db")
		s, err := sqlite.Open(path, transport.Codec{}, slog.New(slog.DiscardHandler))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = s.Close() })
		return storagetest.Benched{Journal: s, Traces: s, Size: func() int64 {
			info, err := os.Stat(path) // what a checkpoint has brought over from the WAL
			if err != nil {
				b.Fatal(err)
			}
			return info.Size()
		}}
	})
}
