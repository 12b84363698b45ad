package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"lightsout/race"
)

// logChecker checks a race's log, record by record.
type logChecker struct {
	*checker
	info     raceInfo
	next     int64
	findings int // records that cannot be decoded or differ from their row
	entered  []race.Entry
	started  bool // the log has the start signal that the list of races names
}

// checkLog looks for gaps, for records that cannot be decoded or differ from their row, and compares race info and entries
// with the log.
func (c *checker) checkLog(ctx context.Context, h raceInfo) error {
	l := &logChecker{checker: c, info: h, next: 1, started: h.started == 0}
	err := each(ctx, c.read, l.row, recordColumns+" WHERE race = ? ORDER BY seq", string(h.id))
	if err != nil {
		return err
	}
	switch {
	case l.next <= h.lastSeq:
		c.flaw(h.id, "records %d to %d are missing", l.next, h.lastSeq)
	case l.next > h.lastSeq+1:
		c.flaw(h.id, "there are %d records, and the list of races counts %d", l.next-1, h.lastSeq)
	}
	if l.findings > 0 { // the checks below would report the consequences of these findings
		return nil
	}
	if !l.started {
		c.flaw(h.id, "no record of a start was written when the list of races says that it started")
	}
	entries, err := c.Entries(ctx, h.id)
	if err == nil && !slices.EqualFunc(entries, l.entered, sameEntry) {
		c.flaw(h.id, "the table of entries has %d cars that are not the %d of its log", len(entries), len(l.entered))
	}
	return err
}

func sameEntry(a, b race.Entry) bool {
	same := slices.Equal(strings.Fields(strings.Join(a.Transponders, " ")), strings.Fields(strings.Join(b.Transponders, " ")))
	a.Transponders, b.Transponders = nil, nil
	return same && fmt.Sprint(a) == fmt.Sprint(b)
}

func (l *logChecker) row(r *sql.Rows) error {
	l.step()
	raw, err := scanRawRecord(r)
	if err != nil {
		return err
	}
	if raw.seq != l.next {
		l.flaw(l.info.id, "records %d to %d are missing", l.next, raw.seq-1)
	}
	l.next = raw.seq + 1
	if raw.body == nil {
		return nil
	}
	rec, err := l.codec.DecodeRecord(raw.body)
	if err == nil {
		err = raw.differs(rec)
	}
	if err != nil {
		if l.findings++; l.findings <= flawsMax {
			l.flaw(l.info.id, "record %d cannot be read: %v", raw.seq, err)
		}
		return nil
	}
	l.record(rec)
	return nil
}

// record compares a record with the copies in other tables.
func (l *logChecker) record(rec *race.Record) {
	h := &l.info
	switch b := rec.Body.(type) {
	case race.Announced:
		if rec.Seq != 1 {
			return
		}
		r := &b.Race
		laps := r.Rules.Laps
		if r.Rules.RunningLimit > 0 || r.Rules.WindowLimit > 0 {
			laps = int(h.laps) // known once the flag was shown
		}
		for _, column := range []struct {
			name       string
			list, head any
		}{
			{"id", h.id, r.ID}, {"name", h.name, r.Name}, {"kind", h.kind, r.Kind.String()}, {"circuit", h.circuit, r.Circuit},
			{"cars", h.cars, r.Cars}, {"laps", h.laps, laps},
		} {
			if column.list != column.head {
				l.flaw(h.id, "its %s is %v in the list of races, and %v in record 1", column.name, column.list, column.head)
			}
		}
	case race.Entered:
		l.entered = append(l.entered, b.Entry)
	case race.Started:
		l.started = l.started || rec.RecordedAt == h.started
	default: // no other table has a copy
	}
	if rec.Seq == 1 {
		if _, announced := rec.Body.(race.Announced); !announced {
			l.flaw(h.id, "record 1 does not announce it")
		}
	}
}

// rawRecord is a row of the log before it is decoded. body is valid until the next row.
type rawRecord struct {
	seq, time, recordedAt int64
	author                string
	body                  sql.RawBytes
}

// scanRawRecord scans a row of recordColumns.
func scanRawRecord(r *sql.Rows) (raw rawRecord, err error) {
	var car, line, speed, sequence sql.NullInt64
	var inPit sql.NullBool
	var decoder, session, transponder sql.NullString
	err = r.Scan(&raw.seq, &raw.time, &raw.recordedAt, &raw.author, &car, &line, &inPit, &speed, &decoder, &session, &sequence, &transponder,
		&raw.body)
	return raw, err
}

// differs returns how a record's row differs from its body.
func (raw *rawRecord) differs(rec *race.Record) error {
	switch {
	case raw.seq != int64(rec.Seq):
		return fmt.Errorf("its body is that of record %d", rec.Seq)
	case raw.time != int64(rec.Time):
		return fmt.Errorf("it is of %v, its body of %v", race.Micros(raw.time), rec.Time)
	case raw.recordedAt != rec.RecordedAt || raw.author != rec.Author:
		return fmt.Errorf("its body was written at another moment or by another author")
	}
	return nil
}
