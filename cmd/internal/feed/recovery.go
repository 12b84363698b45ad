package feed

import (
	"log/slog"
	"time"

	"lightsout/storage/influx"
)

// recovery logs that an outage is over, at the next poll of the engine. storage/influx logs its beginning.
type recovery struct {
	influx.EngineSource
	stats func() influx.Stats
	log   *slog.Logger
	since time.Time // of the outage that was seen; zero if there was none
}

// Engine is part of influx.EngineSource.
func (r *recovery) Engine() influx.Engine {
	s := r.stats()
	switch {
	case s.Outage != "" && r.since.IsZero():
		r.since = s.Since
	case s.Outage == "" && !r.since.IsZero():
		r.log.Info("InfluxDB accepts points again; the feed catches up", slog.Duration("after", time.Since(r.since)), slog.Int64("lag_records", s.LagRecords))
		r.since = time.Time{}
	}
	return r.EngineSource.Engine()
}
