package sqlite_test

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lightsout/race"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

// slow is a disk that takes its time to make the next write durable.
type slow struct{ next atomic.Int64 }

func (s *slow) Write(n int) int { return n }

func (s *slow) Sync() bool {
	time.Sleep(time.Duration(s.next.Swap(0)))
	return true
}

func TestCommit_ThatIsSlowIsLoggedAndOthersAreNot(t *testing.T) {
	var log bytes.Buffer
	disk := &slow{}
	s, err := sqlite.OpenOn(disk, filepath.Join(t.TempDir(), "races.db"), transport.Codec{}, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.KeepAudit(t.Context(), race.AuditEntry{Action: "first"}); err != nil {
		t.Fatal(err)
	}
	disk.next.Store(int64(1100 * time.Millisecond))
	if err := s.KeepAudit(t.Context(), race.AuditEntry{Action: "second"}); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	if n := strings.Count(log.String(), `level=WARN msg="a commit was made"`); n != 1 || !strings.Contains(log.String(), "slow=true") {
		t.Errorf("%d slow commits are logged:\n%s", n, log.String())
	}
}
