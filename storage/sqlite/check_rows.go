package sqlite

import (
	"context"
	"database/sql"
	"strings"

	"lightsout/race"
)

// rowChecks find rows of a race that contradict its log or each other: each query returns the first such row and their number,
// for the message. ?1 is the race.
var rowChecks = []struct{ query, text string }{
	{ofNoRecord("verdicts", "seq"), "a verdict is of record %d, of which nothing is known (%d in all)"},
	{ofNoRecord("refusals", "seq"), "a refusal is of record %d, of which nothing is known (%d in all)"},
	{ofNoRecord("events", "of_seq"), "an event is of record %d, of which nothing is known (%d in all)"},
	{ofNoRecord("results", "seq"), "a result is of record %d, of which nothing is known (%d in all)"},
	{"SELECT min(version), count(*) FROM (SELECT version, row_number() OVER (ORDER BY version) AS n FROM results WHERE race = ?1) WHERE version <> n",
		"version %d of its result does not follow the one before (%d in all)"},
	{`SELECT min(v.version), count(*) FROM results v WHERE v.race = ?1 AND
		(SELECT count(*) || ' ' || count(DISTINCT place) || ' ' || count(DISTINCT car) || ' ' || coalesce(max(place), -1) FROM classifications c WHERE c.race = v.race AND c.version = v.version)
		<> (SELECT n || ' ' || n || ' ' || n || ' ' || (n - 1) FROM (SELECT count(*) AS n FROM entries e WHERE e.race = v.race))`,
		"version %d of its result does not have each car once (%d in all)"},
	{`SELECT min(c.version), count(*) FROM classifications c WHERE c.race = ?1 AND NOT EXISTS (SELECT 1 FROM results v WHERE v.race = c.race AND v.version = c.version)`,
		"a place is of version %d of its result, which is not there (%d in all)"},
	{`SELECT min(car), count(*) FROM (SELECT car, max(lap_number) AS last, min(lap_number) AS first, count(*) AS n FROM laps WHERE race = ?1 GROUP BY car)
		WHERE first <> 1 OR last <> n OR car < 0 OR car >= (SELECT count(*) FROM entries WHERE race = ?1)`,
		"the laps of the car in slot %d are not one after the other (%d such cars)"},
	{"SELECT min(car), count(*) FROM samples WHERE race = ?1 AND (car < 0 OR car >= (SELECT cars FROM races WHERE id = ?1))",
		"a sample is of the car in slot %d, which was not entered (%d in all)"},
	{"SELECT max(count), count(*) FROM samples WHERE race = ?1 AND count > (SELECT samples_count FROM races WHERE id = ?1)",
		"a sample is of batch %d, after the last one that brought any (%d in all)"},
	{"SELECT max(count), count(*) FROM requests WHERE race = ?1 AND count > (SELECT last_count FROM races WHERE id = ?1)",
		"a request is of batch %d, after the last one (%d in all)"},
	{"SELECT max(seq), count(*) FROM feeds WHERE race = ?1 AND (seq > (SELECT last_seq FROM races WHERE id = ?1) OR tick > (SELECT last_tick FROM races WHERE id = ?1))",
		"a feed has come to record %d, beyond the end of the log or its telemetry (%d feeds)"},
	{"SELECT max(count), count(*) FROM snapshots WHERE race = ?1 AND count > (SELECT last_count FROM races WHERE id = ?1)",
		"its snapshot is of batch %d, after the last one (%d in all)"},
	{`SELECT min(r.last_count), count(*) FROM races r WHERE r.id = ?1 AND r.kind = 'simulation' AND r.status < 3
		AND NOT EXISTS (SELECT 1 FROM snapshots s WHERE s.race = r.id AND s.count = r.last_count)`,
		"it is not over and cannot go on: a snapshot of batch %d is missing (%d)"},
	{`SELECT max(v.version), count(*) FROM races r JOIN results v ON v.race = r.id AND v.version = (SELECT max(version) FROM results WHERE race = r.id)
		WHERE r.id = ?1 AND r.winner <> coalesce((SELECT e.name_acronym FROM classifications c JOIN entries e ON e.race = c.race AND e.car = c.car
		WHERE c.race = r.id AND c.version = v.version AND c.place = 0 AND c.position = 1), '')`,
		"the winner in the list of races is not that of version %d of its result (%d)"},
}

// ofNoRecord returns a query for derived rows whose record does not exist, or is later than the newest record with facts; in a
// file that was just migrated, all derived rows are old. Some events have record 0: they concern the race as a whole.
func ofNoRecord(table, column string) string {
	return strings.NewReplacer("TABLE", table, "SEQ", column).Replace(`SELECT min(v.SEQ), count(*) FROM TABLE v
		LEFT JOIN records r ON r.race = v.race AND r.seq = v.SEQ WHERE v.race = ?1 AND v.SEQ > 0
		AND (r.seq IS NULL OR v.SEQ > (SELECT CASE facts_seq WHEN 0 THEN last_seq ELSE facts_seq END FROM races WHERE id = ?1))`)
}

// checkRows looks for rows that contradict the race's log or each other.
func (c *checker) checkRows(ctx context.Context, h raceInfo) error {
	if h.status > race.Failed {
		c.flaw(h.id, "its status is %d: there are 0 to %d", int(h.status), int(race.Failed))
	}
	if h.facts > h.lastSeq {
		c.flaw(h.id, "what follows from its records is kept up to record %d of %d", h.facts, h.lastSeq)
	}
	for _, check := range rowChecks {
		var at, n sql.NullInt64
		if err := c.read.QueryRowContext(ctx, check.query, string(h.id)).Scan(&at, &n); err != nil {
			return err
		}
		if n.Int64 > 0 {
			c.flaw(h.id, check.text, at.Int64, n.Int64)
		}
	}
	return nil
}
