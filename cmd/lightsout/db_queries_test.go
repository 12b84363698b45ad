package main

import (
	"context"
	"database/sql"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"lightsout/actors/engine"
	"lightsout/race"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

// ruled makes a file with a simulated race, on which stewards ruled after its end, with a late passing.
func ruled(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "races.db")
	if _, _, err := command(t, "simulate", "--circuit", "meridian", "--laps", "20", "--cars", "20", "--id", "sim", "--db", path); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	store, err := sqlite.Open(path, transport.Codec{}, log)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	watch := engine.NewWatcher()
	p, err := engine.New(engine.Config{Journal: store, Spectators: watch, Observer: watch, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for _, r := range []race.Record{
		{Time: race.Minute, Author: "the stewards", Body: race.Penalised{Car: 3, Amount: 5 * race.Second, Reason: "track limits"}},
		{Time: 95 * race.Second, Body: race.Passing{Car: 3, Line: 1, Source: &race.Source{Decoder: "main", Sequence: 1}}},
		{Time: 95*race.Second + 1, Body: race.Passing{Car: 3, Line: 1, Source: &race.Source{Decoder: "main", Sequence: 2}}},
	} {
		if _, err := p.Ingest(ctx, "sim", &race.Report{Records: []race.Record{r}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestREADME_EachQueryReturnsRows(t *testing.T) {
	text, err := os.ReadFile("../../storage/sqlite/README.md")
	if err != nil {
		t.Fatal(err)
	}
	queries := regexp.MustCompile("(?s)\\*\\*([^*]+)\\*\\*[^`]*```sql\n(.*?)```").FindAllSubmatch(text, -1)
	if len(queries) < 10 {
		t.Fatalf("%d queries", len(queries))
	}
	db, err := sql.Open("sqlite", ruled(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, q := range queries {
		t.Run(string(q[1]), func(t *testing.T) {
			rows, err := db.Query(string(q[2]), sql.Named("race", "sim"))
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			columns, err := rows.Columns()
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for rows.Next() {
				values, into := make([]any, len(columns)), make([]any, len(columns))
				for i := range into {
					into[i] = &values[i]
				}
				if err := rows.Scan(into...); err != nil {
					t.Fatal(err)
				}
				if n++; n == 1 {
					t.Log(columns, values)
				}
			}
			if err := rows.Err(); err != nil || n == 0 {
				t.Errorf("%d rows, %v", n, err)
			}
		})
	}
}
