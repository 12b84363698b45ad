package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lightsout/race"
	"lightsout/storage/influx"
	"lightsout/storage/sqlite"
	"lightsout/transport"
)

// The race for which the disk is too small: what it needs is some 300 kB, and roomLeft is what it has.
const (
	roomLeft  = 150_000
	fullCars  = 20
	fullLaps  = 8
	stillFor  = time.Second // in which an undisturbed race has a thousand ticks
	fullOrder = `{"circuit":"kartwerk","cars":20,"laps":8,"seed":7,"speed":100}`
)

func TestMaxDisk_ARaceWaitsForRoomAndLosesNothing(t *testing.T) {
	long(t)
	flags, bin := influxOf(t), mustBuild(t)
	for _, one := range []struct {
		cure    string
		args    func(quota int64) []string
		oldGone bool
	}{
		{"a larger quota", func(int64) []string { return []string{"--max-disk", "1GB"} }, false},
		{"telemetry of an older race is given up", func(quota int64) []string {
			return []string{"--max-disk", strconv.FormatInt(quota, 10), "--retain-size", strconv.FormatInt(quota-100_000, 10)}
		}, true},
	} {
		t.Run(one.cure, func(t *testing.T) {
			d := &fullDisk{t: t, flags: flags, old: race.ID(fmt.Sprintf("old-%d", time.Now().UnixNano()))}
			d.process = &process{t: t, bin: bin, db: filepath.Join(t.TempDir(), "races.db")}
			quota := d.olderRace()
			d.serve("--max-disk", strconv.FormatInt(quota, 10))
			id := race.ID(fmt.Sprint(d.process.post("/api/v1/races", fullOrder)["id"]))
			records := d.waits(id)
			d.process.end(syscall.SIGKILL)
			d.serve("--max-disk", strconv.FormatInt(quota, 10)) // as full as it was
			again := d.waits(id)                                // a tick more may fit, where it is committed alone
			if diff := cmp.Diff(records, again[:min(len(records), len(again))]); diff != "" {
				t.Errorf("after the kill the log differs: %.1000s", diff)
			}
			d.process.end(syscall.SIGKILL)
			d.serve(one.args(quota)...)
			d.goesOn(id, again)
			d.compare(id, one.oldGone)
			d.process.end(syscall.SIGTERM)
		})
	}
}

// fullDisk is a server whose file may not grow as far as its races would have it.
type fullDisk struct {
	t       *testing.T
	flags   influxServer
	process *process
	store   *sqlite.Store // reads beside the server
	old     race.ID
	points  int // of telemetry that the older race has in InfluxDB
}

// serve starts the server.
func (d *fullDisk) serve(args ...string) {
	d.t.Helper()
	d.process.args = append(d.flags.args(), args...)
	d.process.start()
	if d.store != nil {
		return
	}
	var err error
	if d.store, err = sqlite.OpenForReading(d.process.db, transport.Codec{}); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() {
		if err := d.store.Close(); err != nil {
			d.t.Error(err)
		}
	})
}

// olderRace makes a file with a race that is over and fed, and gives a quota for it that is too small for another one.
func (d *fullDisk) olderRace() (quota int64) {
	d.t.Helper()
	if _, _, err := command(d.t, "simulate", "--circuit", "kartwerk", "--cars", "40", "--laps", "8", "--id", string(d.old), "--db", d.process.db); err != nil {
		d.t.Fatal(err)
	}
	info, err := os.Stat(d.process.db)
	if err != nil {
		d.t.Fatal(err)
	}
	d.serve()
	awaitFed(d.t, d.store)
	d.flags.compareWithStore(d.t, d.store, d.old)
	d.points = d.flags.counted(d.t, d.old, "telemetry", "rpm")
	d.process.end(syscall.SIGTERM)
	return info.Size() + roomLeft
}

// ready asks the server whether it is.
func (d *fullDisk) ready() (status int, answer string) {
	d.t.Helper()
	res, err := http.Get(d.process.url + "/readyz")
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return res.StatusCode, string(data)
}

// at is how far a race has come: by its log, and as the server shows it.
func (d *fullDisk) at(id race.ID) string {
	d.t.Helper()
	end, err := d.store.FeedEnd(d.t.Context(), id)
	if err != nil {
		d.t.Fatal(err)
	}
	var shown struct {
		Status    string
		LeaderLap int `json:"leader_lap"`
	}
	d.process.get("/api/v1/races/"+string(id), &shown)
	return fmt.Sprintf("%s: lap %d, record %d, tick %d", shown.Status, shown.LeaderLap, end.Seq, end.Tick)
}

// waits waits until the disk is full, sees the race wait, and gives its log.
func (d *fullDisk) waits(id race.ID) []race.Record {
	d.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		status, answer := d.ready()
		if status == http.StatusServiceUnavailable && strings.Contains(answer, "the disk is full") {
			break
		}
		if time.Now().After(end) {
			d.t.Fatalf("the disk is not full: %d %s, %s", status, answer, d.at(id))
		}
	}
	at := d.at(id)
	for end := time.Now().Add(stillFor); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if status, answer := d.ready(); status != http.StatusServiceUnavailable || d.at(id) != at {
			d.t.Fatalf("the race was at %s, is at %s; the server is %s", at, d.at(id), answer)
		}
	}
	d.t.Logf("waits at %s", at)
	records, err := d.store.Records(d.t.Context(), id, 0, 1_000_000)
	if err != nil || len(records) < fullCars+2 {
		d.t.Fatalf("%d records: %v", len(records), err)
	}
	return records
}

// goesOn waits until the race is over, and compares it with what it was when the disk was full and with an undisturbed one.
func (d *fullDisk) goesOn(id race.ID, before []race.Record) {
	d.t.Helper()
	var result struct {
		StateHash string `json:"state_hash"`
	}
	want := result
	out, _, err := command(d.t, "simulate", "--circuit", "kartwerk", "--cars", strconv.Itoa(fullCars), "--laps", strconv.Itoa(fullLaps), "--seed", "7", "--json")
	if err != nil {
		d.t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(out), &want); err != nil || want.StateHash == "" {
		d.t.Fatalf("simulated %.200s: %v", out, err)
	}
	for end := time.Now().Add(patience); !strings.HasPrefix(d.at(id), "finished"); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			_, answer := d.ready()
			d.t.Fatalf("the race is %s; the server is %s", d.at(id), answer)
		}
	}
	d.process.get("/api/v1/races/"+string(id)+"/classification", &result)
	if result != want {
		d.t.Errorf("the state hash is %s, undisturbed %s", result.StateHash, want.StateHash)
	}
	if status, answer := d.ready(); status != http.StatusOK {
		d.t.Errorf("there is room and the server says %d %s", status, answer)
	}
	after, err := d.store.Records(d.t.Context(), id, 0, len(before))
	if diff := cmp.Diff(before, after); diff != "" || err != nil {
		d.t.Errorf("what was in the log when the disk was full has changed: %v %.1000s", err, diff)
	}
}

// compare counts every point in InfluxDB.
func (d *fullDisk) compare(id race.ID, oldGone bool) {
	d.t.Helper()
	awaitFed(d.t, d.store)
	d.flags.compareWithStore(d.t, d.store, id)
	deadLetters, err := d.store.Rejected(d.t.Context(), influx.FeedName, id, 10)
	if err != nil || len(deadLetters) > 0 {
		d.t.Errorf("dead letters: %v %v", deadLetters, err)
	}
	frames := 0
	err = d.store.Frames(d.t.Context(), d.old, 0, 1<<40, func(*race.Frame) error { frames++; return nil })
	if err != nil || (frames == 0) != oldGone {
		d.t.Errorf("of the older race the store has %d frames: %v", frames, err)
	}
	if n := d.flags.counted(d.t, d.old, "telemetry", "rpm"); n != d.points || n == 0 {
		d.t.Errorf("of the older race InfluxDB has %d points of telemetry, it had %d", n, d.points)
	}
}
