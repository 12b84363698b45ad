package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"lightsout/race"
)

// Info describes the contents of a file.
type Info struct {
	Path          string      `json:"path"`
	SchemaVersion int         `json:"schema_version"`
	FileBytes     int64       `json:"file_bytes"`
	WALBytes      int64       `json:"wal_bytes"`
	FreeBytes     int64       `json:"free_bytes"` // free pages in the file
	Tables        []TableInfo `json:"tables"`
	Races         []RaceInfo  `json:"races"`
	Feeds         []FeedInfo  `json:"feeds"`
}

// TableInfo describes a table with its indexes.
type TableInfo struct {
	Name  string `json:"name"`
	Rows  int64  `json:"rows"`
	Bytes int64  `json:"bytes"`
}

// RaceInfo describes what is stored of a race.
type RaceInfo struct {
	ID      race.ID `json:"race"`
	Kind    string  `json:"kind"`
	Status  string  `json:"status"`
	Cars    int64   `json:"cars"`
	Records int64   `json:"records"`
	// Samples are telemetry samples, simulated or reported.
	Samples        int64   `json:"samples"`
	TelemetryBytes int64   `json:"telemetry_bytes"`
	BytesPerSample float64 `json:"bytes_per_sample"` // 0 if there are none
}

// FeedInfo is the position of a feed in a race and the number of its dead letters.
type FeedInfo struct {
	Feed     string    `json:"feed"`
	Race     race.ID   `json:"race"`
	Seq      race.Seq  `json:"seq"`
	Tick     race.Tick `json:"tick"`
	Count    uint64    `json:"count"`
	Behind   bool      `json:"behind"`
	Rejected int64     `json:"rejected"`
}

// Info scans the whole file.
func (s *Store) Info(ctx context.Context) (*Info, error) {
	out := &Info{Path: s.path, SchemaVersion: schemaVersion, Tables: []TableInfo{}, Races: []RaceInfo{}, Feeds: []FeedInfo{}}
	var err error
	if out.FileBytes, out.WALBytes, err = s.fileSizes(); err != nil {
		return nil, err
	}
	err = s.read.QueryRowContext(ctx, "SELECT f.freelist_count * s.page_size FROM pragma_freelist_count f, pragma_page_size s").Scan(&out.FreeBytes)
	if err != nil {
		return nil, fmt.Errorf("read the number of free pages: %w", err)
	}
	for _, part := range []func(context.Context, *Info) error{s.tableInfo, s.raceInfo, s.feedInfo} {
		if err := part(ctx, out); err != nil {
			return nil, damaged(err, s.path)
		}
	}
	return out, nil
}

func (s *Store) fileSizes() (file, wal int64, err error) {
	for path, size := range map[string]*int64{s.path: &file, s.path + "-wal": &wal} {
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, 0, fmt.Errorf("read the size: %w", err)
		}
		*size = info.Size()
	}
	return file, wal, nil
}

func (s *Store) tableInfo(ctx context.Context, out *Info) error {
	err := each(ctx, s.read, func(r *sql.Rows) error {
		var t TableInfo
		err := r.Scan(&t.Name, &t.Bytes)
		out.Tables = append(out.Tables, t)
		return err
	}, `SELECT s.tbl_name, sum(d.pgsize) AS bytes FROM dbstat d JOIN sqlite_schema s ON s.name = d.name WHERE d.aggregate = 1
		GROUP BY s.tbl_name ORDER BY bytes DESC, s.tbl_name`)
	if err != nil {
		return err
	}
	for i := range out.Tables {
		t := &out.Tables[i]
		if err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM "+t.Name).Scan(&t.Rows); err != nil {
			return fmt.Errorf("count %s: %w", t.Name, err)
		}
	}
	return nil
}

func (s *Store) raceInfo(ctx context.Context, out *Info) error {
	return each(ctx, s.read, func(r *sql.Rows) error {
		var v RaceInfo
		var status int
		err := r.Scan(&v.ID, &v.Kind, &status, &v.Cars, &v.Records, &v.Samples, &v.TelemetryBytes)
		v.Status = race.Status(status).String()
		if v.Samples > 0 {
			v.BytesPerSample = float64(v.TelemetryBytes) / float64(v.Samples)
		}
		out.Races = append(out.Races, v)
		return err
	}, `SELECT r.id, r.kind, r.status, r.cars, (SELECT count(*) FROM records l WHERE l.race = r.id),
		coalesce(t.samples, 0) + coalesce(f.samples, 0) + coalesce(s.samples, 0),
		coalesce(t.bytes, 0) + coalesce(f.bytes, 0) + coalesce(s.bytes, 0)
		FROM races r
		LEFT JOIN (SELECT race, sum((last_car - first_car + 1) * (last_tick - first_tick + 1)) AS samples, sum(length(data)) AS bytes
			FROM telemetry GROUP BY race) t ON t.race = r.id
		LEFT JOIN (SELECT f.race, count(*) * r.cars AS samples, sum(length(data)) AS bytes
			FROM frames f JOIN races r ON r.id = f.race GROUP BY f.race) f ON f.race = r.id
		LEFT JOIN (SELECT race, count(*) AS samples, count(*) * 60 AS bytes FROM samples GROUP BY race) s ON s.race = r.id
		ORDER BY r.created_at, r.id`)
}

func (s *Store) feedInfo(ctx context.Context, out *Info) error {
	return each(ctx, s.read, func(r *sql.Rows) error {
		var v FeedInfo
		var seq, count int64
		err := r.Scan(&v.Feed, &v.Race, &seq, &v.Tick, &count, &v.Behind, &v.Rejected)
		v.Seq, v.Count = race.Seq(seq), uint64(count)
		out.Feeds = append(out.Feeds, v)
		return err
	}, `SELECT n.feed, r.id, coalesce(f.seq, 0), coalesce(f.tick, 0), coalesce(f.count, 0),
		`+behind+`,
		(SELECT count(*) FROM feed_rejects x WHERE x.feed = n.feed AND x.race = r.id)
		FROM (SELECT DISTINCT feed FROM feeds) n CROSS JOIN races r LEFT JOIN feeds f ON f.feed = n.feed AND f.race = r.id
		ORDER BY n.feed, r.created_at, r.id`)
}

// Vacuum shrinks the file to its contents. With incremental it only returns the free pages at the end, which is cheap. No
// other process may write meanwhile.
func (s *Store) Vacuum(ctx context.Context, incremental bool) (before, after int64, err error) {
	before, _, err = s.fileSizes()
	if err != nil {
		return 0, 0, err
	}
	step := "VACUUM"
	if incremental {
		step = "PRAGMA incremental_vacuum"
	}
	// Checkpoint the WAL first, otherwise the size of the file is wrong.
	for _, q := range []string{"PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA auto_vacuum = INCREMENTAL", step, "PRAGMA wal_checkpoint(TRUNCATE)"} {
		if err := drain(ctx, s.write, q); err != nil {
			return 0, 0, fmt.Errorf("%s: %w", q, damaged(err, s.path))
		}
	}
	after, _, err = s.fileSizes()
	return before, after, err
}

// drain runs a statement to its last row, because a PRAGMA works row by row.
func drain(ctx context.Context, db *sql.DB, query string) error {
	return each(ctx, db, func(*sql.Rows) error { return nil }, query)
}
