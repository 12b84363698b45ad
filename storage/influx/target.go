package influx

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	influxhttp "github.com/influxdata/influxdb-client-go/v2/api/http"

	"lightsout/race"
)

// target asks for the IDs of the bucket and its organisation; zero if the token may not look them up.
func (c *client) target(ctx context.Context) (t race.FeedTarget, _ *influxhttp.Error) {
	q := url.Values{"org": {c.org}, "name": {c.bucket}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.http.ServerAPIURL()+"buckets?"+q.Encode(), http.NoBody)
	if err != nil {
		return t, influxhttp.NewError(err)
	}
	var answer struct {
		Buckets []struct{ ID, OrgID string } `json:"buckets"`
	}
	why := c.http.DoHTTPRequest(req, nil, func(r *http.Response) error {
		if json.NewDecoder(r.Body).Decode(&answer) != nil {
			answer.Buckets = nil // of a proxy that answers for it
		}
		return r.Body.Close()
	})
	switch {
	case why != nil && why.StatusCode != http.StatusForbidden && why.StatusCode != http.StatusNotFound:
		return t, why
	case why != nil || len(answer.Buckets) != 1:
		return t, nil
	}
	t.Bucket, err = strconv.ParseUint(answer.Buckets[0].ID, 16, 64)
	if err == nil {
		t.Org, err = strconv.ParseUint(answer.Buckets[0].OrgID, 16, 64)
	}
	if err != nil { // IDs of a server that is not InfluxDB's own
		return race.FeedTarget{}, nil
	}
	return t, nil
}

// settle makes sure that cursors are of the bucket that the feed writes to: it may be lost and made anew. It returns false while InfluxDB does not say.
func (f *Feed) settle(ctx context.Context, now time.Time) (bool, error) {
	sure := !f.stats.unsure.Load()
	if now.Before(f.askAgain) || f.send.patience(now) > 0 || sure && now.Sub(f.asked) < f.cfg.LookUpAfter {
		return sure, nil
	}
	f.stats.unsure.Store(false) // an outage from here on is another one
	t, why := f.client.target(ctx)
	if why != nil {
		f.send.complain(why)
		f.stats.unsure.Store(true)
		f.askAgain = now.Add(f.asking.NextBackOff())
		return false, nil
	}
	f.asking.Reset()
	f.asked = now
	if t == (race.FeedTarget{}) {
		if !f.toldBlind {
			f.toldBlind = true
			f.cfg.Log.Warn("the token may not look up the bucket: should it be made anew under its name, that is not noticed, and races are to be fed again by db refeed",
				slog.String("bucket", f.cfg.Bucket))
		}
		return true, nil
	}
	changed, err := f.log.Retarget(ctx, FeedName, t)
	if err != nil {
		f.stats.unsure.Store(true)
		return false, fmt.Errorf("look up where races were fed to: %w", err)
	}
	if changed {
		f.cfg.Log.Warn("the bucket is another one than the races were fed to: all are fed again from their beginning", slog.String("url", f.client.url),
			slog.String("org", f.cfg.Org), slog.String("bucket", f.cfg.Bucket))
		f.startOver()
	}
	return true, nil
}

// startOver forgets what is on its way: its acknowledgements are of another bucket, and may have moved cursors since these were moved back.
func (f *Feed) startOver() {
	for _, id := range f.flow.underway() {
		f.flow.rewind(id)
	}
	for id := range f.races {
		f.flow.rewind(id)
	}
	clear(f.races)
}

// everything is a range of time without an end, as InfluxDB allows it.
var everything = erasure{from: math.MinInt64 + 2, to: math.MaxInt64 - 1}

// erase deletes the points of deleted races, in another goroutine, and returns the races that wait for it: they are not fed meanwhile.
func (f *Feed) erase(ctx context.Context) (waiting map[race.ID]bool, err error) {
	ids, err := f.log.Erasures(ctx, FeedName)
	if err != nil {
		return nil, fmt.Errorf("look for deleted races: %w", err)
	}
	waiting = map[race.ID]bool{}
	var due []race.ID
	for _, id := range ids {
		waiting[id] = true
		delete(f.races, id)
		if f.flow.ahead(id) == 0 { // else points of it are on their way
			due = append(due, id)
		}
	}
	if len(due) > 0 && f.send.patience(time.Now()) <= 0 && f.erasing.CompareAndSwap(false, true) {
		f.ended.Go(func() {
			defer f.erasing.Store(false)
			for _, id := range due {
				if !f.eraseRace(ctx, id) {
					return
				}
			}
		})
	}
	return waiting, nil
}

// eraseRace makes one attempt.
func (f *Feed) eraseRace(ctx context.Context, id race.ID) bool {
	why := f.client.erase(f.send.session, &everything, fmt.Sprintf("race=%q", string(id)))
	switch judge(why) {
	case later:
		f.send.complain(why)
		return false
	case refused:
		f.cfg.Log.Error("InfluxDB refused to erase a deleted race", slog.String("race", string(id)), slog.String("reason", f.client.reason(why)))
	case taken:
		f.stats.heal()
		f.stats.erased.Add(1)
	}
	if err := f.log.Erased(ctx, FeedName, id); err != nil {
		f.cfg.Log.Warn("a deleted race was erased in InfluxDB, and will be again", slog.String("race", string(id)), slog.Any("err", err))
	}
	return true
}
