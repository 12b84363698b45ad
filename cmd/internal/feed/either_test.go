package feed

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lightsout/race"
	"lightsout/storage/influx"
	"lightsout/storage/sqlite"
	"lightsout/storage/storagetest"
	"lightsout/transport"
)

// A race that was not fed has its samples in the store alone, one that retention has been at in InfluxDB alone, and InfluxDB may be away.
func TestTelemetry_IsAnsweredByWhoHasIt(t *testing.T) {
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "races.db"), transport.Codec{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	mustKeep(t, store, "r")
	end, err := store.FeedEnd(t.Context(), "r")
	if err != nil {
		t.Fatal(err)
	}
	roster, err := store.Roster(t.Context(), "r")
	if err != nil {
		t.Fatal(err)
	}
	storagetest.MustAppend(t, store, &race.Batch{Race: "r", Count: end.Count + 100, Samples: []race.Sample{{Car: 0, Time: race.Second, SpeedDKMH: 1}}})
	if end, err = store.FeedEnd(t.Context(), "r"); err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int64
	var answer atomic.Value
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if answer.Load() == "away" {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		at := roster.StartedAt + int64(2*race.Second)*1000
		_, _ = w.Write([]byte(strings.ReplaceAll(answer.Load().(string), "AT", time.Unix(0, at).UTC().Format(time.RFC3339Nano))))
	}))
	defer server.Close()
	cfg := influx.DefaultConfig()
	cfg.URL, cfg.Org, cfg.Bucket, cfg.Token = server.URL, "o", "b", "t"
	past, err := influx.NewHistory(cfg, store)
	if err != nil {
		t.Fatal(err)
	}
	defer past.Close()
	const point = "#datatype,string,long,dateTime:RFC3339,double\n#group,false,false,false,false\n#default,_result,,,\n,result,table,_time,speed\n,,0,AT,200\n\n"
	for _, one := range []struct {
		what, answer string
		at           race.FeedCursor
		want         race.Micros
		asks         int64
	}{
		{"not fed", point, race.FeedCursor{}, race.Second, 0},
		{"fed", point, end, 2 * race.Second, 1},
		{"fed, and InfluxDB has nothing", "\n", end, race.Second, 1},
		{"fed, and InfluxDB is away", "away", end, race.Second, 1},
	} {
		answer.Store(one.answer)
		asked.Store(0)
		if err := store.MoveCursor(t.Context(), influx.FeedName, "r", one.at); err != nil {
			t.Fatal(err)
		}
		got, err := either{store, past}.Trace(t.Context(), race.TraceQuery{Race: "r", To: race.TimeMax})
		if err != nil || len(got.Time) != 1 || got.Time[0] != one.want || asked.Load() != one.asks {
			t.Errorf("%s: %+v, %v, InfluxDB was asked %d times", one.what, got, err, asked.Load())
		}
	}
}
