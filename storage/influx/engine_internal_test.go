package influx

import (
	"strings"
	"testing"
	"time"
)

func TestEngine_CommitsAreThoseOfASecond(t *testing.T) {
	now := time.Unix(1_795_000_000, 0)
	lines := string(appendEngine(nil, span{"one", now.Add(-5 * time.Second), now}, &Engine{Commits: 50}, Stats{}))
	if !strings.Contains(lines, "commits_per_second=10,") {
		t.Errorf("50 commits in 5 s are written as\n%s", lines)
	}
}
