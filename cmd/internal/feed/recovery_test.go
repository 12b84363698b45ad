package feed

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"lightsout/storage/influx"
)

type noEngine struct{}

func (noEngine) Engine() influx.Engine { return influx.Engine{} }

func TestRecovery_TellsOnceThatAnOutageIsOver(t *testing.T) {
	var log bytes.Buffer
	var now influx.Stats
	r := &recovery{EngineSource: noEngine{}, stats: func() influx.Stats { return now }, log: slog.New(slog.NewTextHandler(&log, nil))}
	for _, outage := range []string{"", "away", "away", "", ""} {
		now = influx.Stats{Outage: outage, Since: time.Now()}
		r.Engine()
	}
	if n := strings.Count(log.String(), "accepts points again"); n != 1 {
		t.Errorf("told %d times:\n%s", n, log.String())
	}
}
