package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lightsout/race"
	"lightsout/storage/sqlite"
	"lightsout/storage/storagetest"
)

// judged fills a store with a race of that many passings. Of every seven passings one is a duplicate, of every fifty one is
// suspect and one was accepted later; the stewards inserted one after every hundred.
func judged(t testing.TB, s *sqlite.Store, hits int) {
	t.Helper()
	batches := storagetest.Batches("r")
	storagetest.MustAppend(t, s, batches[0])
	seq := batches[0].Records[len(batches[0].Records)-1].Seq
	b := &race.Batch{Race: "r", Count: 2}
	var facts []race.Facts
	judge := func(car race.CarIdx, at race.Micros, v race.Verdict, reason string, split race.Micros) {
		facts = append(facts, race.Facts{Seq: seq, Facts: []race.Fact{
			race.PassingJudged{Seq: seq, Car: car, Line: 0, Time: at, Verdict: v, Reason: reason, Split: split},
		}})
	}
	for n := range hits {
		seq++
		at := race.Micros(n) * race.Second
		p := race.Passing{Car: race.CarIdx(n % 2), InPit: n%20 == 0, SpeedKMH: 200 + n%90}
		if n%3 > 0 {
			p.Source = &race.Source{Decoder: "main", Sequence: uint64(n), Transponder: fmt.Sprint("T-", n%2)}
		}
		b.Records = append(b.Records, race.Record{Seq: seq, Time: at, RecordedAt: int64(n), Body: p})
		switch {
		case n%7 == 0:
			judge(p.Car, at, race.Duplicate, "it was reported before", race.NoTime)
		case n%50 == 1:
			judge(race.NoCar, at, race.Suspect, "nobody's", at-race.Second)
		case n%50 == 2:
			judge(1-p.Car, at+5, race.Accepted, "", race.NoTime)
		case n%100 == 99:
			seq++
			b.Records = append(b.Records, race.Record{
				Seq: seq, Time: at, RecordedAt: int64(n), Author: "Ada", Body: race.Corrected{Kind: race.CorrectInsert, Car: 1, At: at - 7},
			})
			judge(1, at-7, race.Estimated, "seen on film", race.NoTime)
			seq++
			b.Records = append(b.Records, race.Record{Seq: seq, Time: at, RecordedAt: int64(n), Body: race.FlagShown{}}) // not a passing
		}
	}
	storagetest.MustAppend(t, s, b)
	s.AppendFacts("r", facts)
	storagetest.MustLoad(t, s, "r") // after everything appended before
}

// viewed returns the passings of a race from the view.
func viewed(t *testing.T, path string) (out []race.PassingRow) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(`SELECT p.seq, p.time_us, p.recorded_at, p.car, p.line, p.in_pit, p.speed_kmh, p.decoder IS NOT NULL, coalesce(p.decoder, ''),
		coalesce(p.session, ''), coalesce(p.sequence, 0), coalesce(p.transponder, ''), verdict, reason, coalesce(split_us, ?1),
		iif(r.body IS NULL, r.time_us, ?1), iif(r.body IS NULL, r.car, -1)
		FROM passings p JOIN records r ON r.race = p.race AND r.seq = p.seq WHERE p.race = 'r' ORDER BY p.seq`, int64(race.NoTime))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var p race.PassingRow
		var src race.Source
		var rulings bool
		if err := rows.Scan(&p.Seq, &p.Time, &p.RecordedAt, &p.Passing.Car, &p.Passing.Line, &p.Passing.InPit, &p.Passing.SpeedKMH, &rulings,
			&src.Decoder, &src.Session, &src.Sequence, &src.Transponder, &p.Verdict, &p.Reason, &p.Split, &p.ReportedTime, &p.ReportedCar); err != nil {
			t.Fatal(err)
		}
		if rulings {
			p.Passing.Source = &src
		}
		out = append(out, p)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPassings_PagesEqualTheView(t *testing.T) {
	path := filepath.Join(t.TempDir(), "races.db")
	s := mustOpen(t, path)
	defer mustClose(t, s)
	judged(t, s, 300)
	all := viewed(t, path)
	for verdict := -1; verdict <= int(race.Estimated); verdict++ {
		var want []race.PassingRow
		for _, p := range all {
			if verdict < 0 || int(p.Verdict) == verdict {
				want = append(want, p)
			}
		}
		if len(want) == 0 && verdict != int(race.Rejected) {
			t.Errorf("no passing has verdict %d", verdict)
		}
		for _, limit := range []int{1, 7, 100, 5000} {
			var got []race.PassingRow
			for after := race.Seq(0); ; {
				page, err := s.Passings(context.Background(), "r", after, limit, verdict)
				if err != nil || len(page) > limit {
					t.Fatal(len(page), err)
				}
				got = append(got, page...)
				if len(page) < limit {
					break
				}
				after = page[len(page)-1].Seq
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("verdict %d, %d at a time: (-view +pages)\n%.2000s", verdict, limit, diff)
			}
		}
	}
}

func TestPassings_ReadPagesByPrimaryKeyWithoutSorting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "races.db")
	mustClose(t, mustOpen(t, path))
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, query := range sqlite.PassingQueries {
		rows, err := db.Query("EXPLAIN QUERY PLAN "+query, "r", 7, 100, 2)
		if err != nil {
			t.Fatal(err)
		}
		steps := 0
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			steps++
			if !strings.HasPrefix(detail, "SEARCH ") || !strings.Contains(detail, "PRIMARY KEY (race=? AND seq") {
				t.Errorf("%s\n%s", detail, query)
			}
		}
		if err := rows.Err(); err != nil || steps != 2 {
			t.Errorf("%d steps, %v", steps, err)
		}
		rows.Close()
	}
}
