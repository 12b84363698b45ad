package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// external makes and starts a real race on a server, and gives its path.
func (p *process) external(rules, entries, start string) string {
	p.t.Helper()
	made := p.post("/api/v1/races", fmt.Sprintf(`{"kind":"external","name":"Club","rules":%s,"entries":[%s]}`, rules, entries))
	path := fmt.Sprintf("/api/v1/races/%v", made["id"])
	p.post(path+"/start", start)
	return path
}

// refused posts what the server must not take, and gives its status and answer.
func (p *process) refused(path, body string) (int, string) {
	p.t.Helper()
	res, err := http.Post(p.url+path, "application/json", strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode < 400 {
		p.t.Errorf("%s %s: answered %d %s %v", path, body, res.StatusCode, text, err)
	}
	return res.StatusCode, string(text)
}

func (p *process) winner(path string) (string, string) {
	var got struct {
		Status         string
		Classification []struct {
			DriverNumber int `json:"driver_number"`
			Laps         int
			Position     *int
		}
	}
	p.get(path+"/classification", &got)
	return got.Status, fmt.Sprint(got.Classification[0].DriverNumber)
}

func TestServer_FinalResultChangesOnlyByARuling(t *testing.T) {
	t.Parallel()
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "x.db")}
	p.start()
	defer p.end(syscall.SIGTERM)
	path := p.external(`{"name":"kart","laps":10}`, `{"driver_number":1},{"driver_number":2}`, "")
	for lap := 1; lap <= 5; lap++ {
		p.post(path+"/passings", fmt.Sprintf(`[{"driver_number":1,"time_us":%d},{"driver_number":2,"time_us":%d}]`, lap*60_000_000, lap*61_000_000))
	}
	p.post(path+"/stop", "")
	p.post(path+"/result", `{"author":"clerk"}`)
	p.post(path+"/passings", `{"driver_number":2,"time_us":1380000000}`) // 18 minutes later
	if status, winner := p.winner(path); status != "final" || winner != "1" {
		t.Errorf("after a passing from after the end the result is %s and %s wins", status, winner)
	}
	p.post(path+"/passings", `{"driver_number":2,"time_us":200000000}`) // from before the end
	if status, winner := p.winner(path); status != "final" || winner != "1" {
		t.Errorf("after a late passing the result is %s and %s wins", status, winner)
	}
	type passing struct {
		Seq     int
		Verdict string
		Reason  string
	}
	var desk struct{ Passings []passing }
	p.get(path+"/passings?verdict=suspect", &desk)
	if len(desk.Passings) != 1 || !strings.Contains(desk.Passings[0].Reason, "car 2 wins instead of car 1") {
		t.Fatalf("on the marshal's desk: %+v", desk.Passings)
	}
	var after struct{ Passings []passing }
	if p.get(path+"/passings?verdict=after_the_end", &after); len(after.Passings) != 1 {
		t.Errorf("after the end: %+v", after.Passings)
	}
	p.post(path+"/corrections", fmt.Sprintf(`{"kind":"accept","of":%d,"author":"clerk","reason":"seen on video"}`, desk.Passings[0].Seq))
	if status, winner := p.winner(path); status != "amended" || winner != "2" {
		t.Errorf("after the ruling the result is %s and %s wins", status, winner)
	}
}

func TestServer_StopTakesATime(t *testing.T) {
	t.Parallel()
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "x.db")}
	p.start()
	defer p.end(syscall.SIGTERM)
	began := time.Now().Add(-10 * time.Minute)
	path := p.external(`{"name":"kart","laps":99}`, `{"driver_number":1}`, fmt.Sprintf(`{"date":%q}`, began.Format(time.RFC3339Nano)))
	date := func(after time.Duration) string { return began.Add(after).Format(time.RFC3339Nano) }
	p.post(path+"/passings", fmt.Sprintf(`[{"driver_number":1,"date":%q},{"driver_number":1,"date":%q},{"driver_number":1,"date":%q}]`,
		date(-time.Minute), date(time.Minute), date(3*time.Minute)))
	p.post(path+"/stop", fmt.Sprintf(`{"date":%q}`, date(150*time.Second)))
	p.post(path+"/passings", fmt.Sprintf(`{"driver_number":1,"date":%q}`, date(2*time.Minute)))
	var got struct{ Passings []struct{ Verdict string } }
	p.get(path+"/passings", &got)
	var verdicts []string
	for _, one := range got.Passings {
		verdicts = append(verdicts, one.Verdict)
	}
	if want := "[rejected accepted after_the_end accepted]"; fmt.Sprint(verdicts) != want {
		t.Errorf("the verdicts are %v, expected %v", verdicts, want)
	}
	var laps struct {
		Laps []struct {
			EndMS int64 `json:"end_ms"`
		}
	}
	if p.get(path+"/laps", &laps); len(laps.Laps) != 2 {
		t.Errorf("laps %+v, expected two", laps.Laps)
	}
	// The signal was given a minute and a half before: the first passing ends lap 1.
	p.post(path+"/corrections", fmt.Sprintf(`{"kind":"start","started_at":%q,"author":"clerk","reason":"late"}`, date(-90*time.Second)))
	if p.get(path+"/laps", &laps); len(laps.Laps) != 3 || laps.Laps[0].EndMS/1000 != 30 || laps.Laps[2].EndMS/1000 != 210 {
		t.Errorf("laps %+v after the start was moved", laps.Laps)
	}
}

// TestServer_JudgesPassingsReportedByDateBeforeTheStartSignal has a marshal give the start signal late, by the date at which it was given; and a
// server that dies between the passings and the signal.
func TestServer_JudgesPassingsReportedByDateBeforeTheStartSignal(t *testing.T) {
	t.Parallel()
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "x.db")}
	p.start()
	defer func() { p.end(syscall.SIGTERM) }()
	made := p.post("/api/v1/races", `{"kind":"external","name":"Club","rules":{"name":"kart","laps":2,"min_lap_us":0},"entries":[
		{"driver_number":1},{"driver_number":2,"transponders":["22"]}]}`)
	path := fmt.Sprintf("/api/v1/races/%v", made["id"])
	began := time.Now().Add(-10 * time.Minute)
	at := func(who string, seconds float64, sequence int) string {
		date := began.Add(time.Duration(seconds * float64(time.Second))).Format("2006-01-02T15:04:05.000000Z07:00")
		return fmt.Sprintf(`{%s,"date":%q,"decoder":"d","sequence":%d}`, who, date, sequence)
	}
	const one, two = `"driver_number":1`, `"transponder":"22"`
	passings := "[" + strings.Join([]string{
		at(one, -5, 1), at(two, 62.25, 2), at(one, 60.5, 3), at(`"transponder":"lost"`, 70, 4), at(two, 121, 5),
	}, ",") + "]"
	p.post(path+"/passings", passings)
	if code, text := p.refused(path+"/passings", at(one, 800*24*3600, 9)); code != http.StatusUnprocessableEntity || !strings.Contains(text, "announced") {
		t.Errorf("a passing two years ahead: %d %s", code, text)
	}
	type passing struct {
		TimeUS  *int64 `json:"time_us"`
		Verdict string
	}
	var got struct{ Passings []passing }
	if p.get(path+"/passings", &got); len(got.Passings) != 5 || slices.ContainsFunc(got.Passings, func(g passing) bool { return g.TimeUS != nil }) {
		t.Errorf("before the signal: %+v", got.Passings)
	}
	p.end(syscall.SIGKILL)
	p.start()
	p.post(path+"/start", fmt.Sprintf(`{"date":%q}`, began.Format(time.RFC3339Nano)))
	if again := p.post(path+"/passings", passings); again["repeated"] != 5.0 || again["accepted"] != 0.0 {
		t.Errorf("reported again after the signal: %v", again)
	}
	p.post(path+"/passings", "["+at(one, 120, 6)+"]")
	want := "-5000000 rejected, 62250000 accepted, 60500000 accepted, 70000000 suspect, 121000000 accepted, 120000000 accepted"
	var list []string
	p.get(path+"/passings", &got)
	for _, g := range got.Passings {
		list = append(list, fmt.Sprint(*g.TimeUS, " ", g.Verdict))
	}
	if strings.Join(list, ", ") != want {
		t.Errorf("the passings are\n%s\nexpected\n%s", strings.Join(list, ", "), want)
	}
	if _, winner := p.winner(path); winner != "1" {
		t.Errorf("car %s wins", winner)
	}
	p.post(path+"/stop", "") // the clock is far behind: the newest passing counts
	var laps struct{ Laps []struct{ Number int } }
	if p.get(path+"/laps", &laps); len(laps.Laps) != 4 {
		t.Errorf("laps %+v", laps.Laps)
	}
}

func TestServer_RefusesAStartThatCannotBe(t *testing.T) {
	t.Parallel()
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "x.db")}
	p.start()
	defer p.end(syscall.SIGTERM)
	made := p.post("/api/v1/races", `{"kind":"external","name":"Club","rules":{"name":"kart","laps":9},"entries":[{"driver_number":1}]}`)
	path := fmt.Sprintf("/api/v1/races/%v", made["id"])
	for _, ahead := range []time.Duration{-8 * 24 * time.Hour, 5 * time.Minute} {
		code, text := p.refused(path+"/start", fmt.Sprintf(`{"date":%q}`, time.Now().Add(ahead).Format(time.RFC3339Nano)))
		if code != http.StatusUnprocessableEntity || !strings.Contains(text, "1m0s ahead") {
			t.Errorf("a start %v ahead: %d %s", ahead, code, text)
		}
	}
	p.post(path+"/start", "")
	p.post(path+"/passings", `[{"driver_number":1,"time_us":60000000}]`)
	if code, text := p.refused(path+"/flags", `{"flag":"start_aborted","time_us":70000000,"author":"rc"}`); code != http.StatusConflict {
		t.Errorf("aborted after a lap: %d %s", code, text)
	}
}

// TestServer_AnswerIsVisibleToTheNextRequest reads right after each answer, whose by transponder included.
func TestServer_AnswerIsVisibleToTheNextRequest(t *testing.T) {
	t.Parallel()
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "x.db")}
	p.start()
	defer p.end(syscall.SIGTERM)
	path := p.external(`{"name":"kart","laps":200}`, `{"driver_number":7,"transponders":["T7"]}`, "")
	for lap := 1; lap <= 100; lap++ {
		p.post(path+"/passings", fmt.Sprintf(`{"transponder":"T7","time_us":%d,"decoder":"main","sequence":%d}`, lap*60_000_000, lap))
		var laps struct{ Laps []json.RawMessage }
		var passings struct {
			Passings []struct {
				DriverNumber *int `json:"driver_number"`
				Verdict      string
			}
		}
		if p.get(path+"/laps", &laps); len(laps.Laps) != lap {
			t.Fatalf("after lap %d was answered there are %d laps", lap, len(laps.Laps))
		}
		p.get(path+"/passings", &passings)
		last := passings.Passings[len(passings.Passings)-1]
		if len(passings.Passings) != lap || last.DriverNumber == nil || *last.DriverNumber != 7 || last.Verdict != "accepted" {
			t.Fatalf("after lap %d was answered the last of %d passings is %+v", lap, len(passings.Passings), last)
		}
	}
}
