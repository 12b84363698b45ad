package influx

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	influxdb2 "github.com/influxdata/influxdb-client-go/v2"
	influxhttp "github.com/influxdata/influxdb-client-go/v2/api/http"

	"lightsout/transport/login"
)

// client talks to one bucket through influxdb-client-go. It writes with the library's HTTP service, because its input is
// already line protocol and each response must be examined.
type client struct {
	token       *bearer
	api         influxdb2.Client
	http        influxhttp.Service
	url         string // without a password, for messages
	org, bucket string
	write       string // the write endpoint
	delete      string
}

func newClient(cfg *Config) (*client, error) {
	trust, err := login.Trust(cfg.CA)
	if err != nil {
		return nil, err
	}
	doer := &http.Client{Timeout: cfg.Timeout, Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: trust, TLSHandshakeTimeout: 10 * time.Second,
		DialContext:  (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		MaxIdleConns: cfg.Lanes + 4, MaxIdleConnsPerHost: cfg.Lanes + 4, IdleConnTimeout: 90 * time.Second,
	}}
	if cfg.Wrap != nil {
		doer.Transport = cfg.Wrap(doer.Transport)
	}
	token := &bearer{next: doer.Transport, read: cfg.ReadToken, log: cfg.Log, token: cfg.Token}
	doer.Transport = token
	api := influxdb2.NewClientWithOptions(cfg.URL, "", // bearer adds the token
		influxdb2.DefaultOptions().SetHTTPClient(doer).SetApplicationName("lightsout"))
	c := &client{token: token, api: api, http: api.HTTPService(), url: cfg.Address(), org: cfg.Org, bucket: cfg.Bucket}
	q := url.Values{"org": {cfg.Org}, "bucket": {cfg.Bucket}, "precision": {"ns"}}
	c.write = c.http.ServerAPIURL() + "write?" + q.Encode()
	q.Del("precision")
	c.delete = c.http.ServerAPIURL() + "delete?" + q.Encode()
	return c, nil
}

func (c *client) close() { c.api.Close() }

// post writes line protocol, gzipped or not. It does not keep the bytes.
func (c *client) post(ctx context.Context, body []byte, gzipped bool) *influxhttp.Error {
	return c.http.DoPostRequest(ctx, c.write, bytes.NewReader(body), func(r *http.Request) {
		if gzipped {
			r.Header.Set("Content-Encoding", "gzip")
		}
	}, func(r *http.Response) error { return r.Body.Close() })
}

// erase deletes points.
func (c *client) erase(ctx context.Context, e *erasure, predicate string) *influxhttp.Error {
	body, err := json.Marshal(map[string]any{
		"start": time.Unix(0, e.from).UTC(), "stop": time.Unix(0, e.to).UTC(), "predicate": predicate,
	})
	if err != nil {
		return influxhttp.NewError(err)
	}
	return c.http.DoPostRequest(ctx, c.delete, bytes.NewReader(body), func(r *http.Request) {
		r.Header.Set("Content-Type", "application/json")
	}, func(r *http.Response) error { return r.Body.Close() })
}

// outcome is the meaning of a response for the points sent.
type outcome uint8

const (
	taken   outcome = iota
	later           // an outage: send the same again
	refused         // the server refuses these points
)

// judge classifies a response. A refusal counts only if it comes from InfluxDB itself: a proxy in between may refuse for its
// own reasons, and the points are not to blame.
func judge(err *influxhttp.Error) outcome {
	switch {
	case err == nil:
		return taken
	case err.StatusCode == http.StatusRequestEntityTooLarge:
		return refused
	case err.StatusCode != http.StatusBadRequest && err.StatusCode != http.StatusUnprocessableEntity:
		return later
	case err.Header.Get("X-Platform-Error-Code") == "" && err.Header.Get("X-Influxdb-Version") == "":
		return later
	}
	return refused
}

// retryAfter returns the pause that the server asks for; 0 means none.
func retryAfter(err *influxhttp.Error, now time.Time) time.Duration {
	v := err.Header.Get("Retry-After")
	if seconds, bad := strconv.ParseUint(v, 10, 31); bad == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, bad := http.ParseTime(v); bad == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// version is the server's, as it says; empty if it does not, like InfluxDB Cloud and some proxies.
func (c *client) version(ctx context.Context) (is string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(c.http.ServerURL(), "/")+"/ping", http.NoBody)
	if err != nil {
		return ""
	}
	_ = c.http.DoHTTPRequest(req, nil, func(r *http.Response) error { // the write that follows tells why nobody answers
		is = strings.TrimPrefix(r.Header.Get("X-Influxdb-Version"), "v")
		return r.Body.Close()
	})
	return is
}

// check tests with an empty write whether the server accepts what the Feed will write: the answer says whether the token, the
// organisation or the bucket is wrong. The health endpoint does not check the token. Versions 1 and 3 have the same address for writes, and
// neither deletes points nor answers all of Flux.
func (c *client) check(ctx context.Context) error {
	if err := c.checkWrite(ctx); err != nil {
		return err
	}
	err := c.flux(ctx, "import \"array\"\narray.from(rows: [{answers: true}])")
	if err != nil && (err.StatusCode == http.StatusNotFound || err.StatusCode == http.StatusMethodNotAllowed || err.StatusCode == http.StatusNotImplemented) {
		return fmt.Errorf("%w: %s answers no Flux, in which boards and --history influx ask (%s): is it an InfluxDB 2?", ErrRefused, c.url, c.reason(err))
	}
	return nil
}

// checkRead tests whether the token may read the bucket.
func (c *client) checkRead(ctx context.Context) error {
	err := c.flux(ctx, "from(bucket: "+literal(c.bucket)+") |> range(start: -1s) |> limit(n: 1)")
	switch {
	case err == nil:
		return nil
	case err.StatusCode == 0 || err.StatusCode >= http.StatusInternalServerError || err.StatusCode == http.StatusTooManyRequests:
		return fmt.Errorf("%w at %s: %s", ErrAway, c.url, c.reason(err))
	}
	return fmt.Errorf("%w: the token may not read bucket %q of organisation %q at %s (%s): it needs the right to read it", ErrRefused, c.bucket, c.org, c.url, c.reason(err))
}

// flux asks a query, and does not look at its answer.
func (c *client) flux(ctx context.Context, text string) *influxhttp.Error {
	return c.http.DoPostRequest(ctx, c.http.ServerAPIURL()+"query?"+url.Values{"org": {c.org}}.Encode(), strings.NewReader(text), func(r *http.Request) {
		r.Header.Set("Content-Type", "application/vnd.flux")
	}, func(r *http.Response) error { return r.Body.Close() })
}

func (c *client) checkWrite(ctx context.Context) error {
	if version := c.version(ctx); version != "" && version[0] != '2' && version[0] >= '0' && version[0] <= '9' {
		return fmt.Errorf("%w: %s is an InfluxDB %s: allowed is version 2, which deletes points and answers Flux", ErrRefused, c.url, version)
	}
	err := c.post(ctx, nil, false)
	if err == nil {
		return nil
	}
	reason := c.reason(err)
	if untrusted := (*tls.CertificateVerificationError)(nil); errors.As(err.Err, &untrusted) {
		return fmt.Errorf("%w: the certificate of %s is not trusted (%s)", ErrRefused, c.url, reason)
	}
	switch err.StatusCode {
	case http.StatusUnauthorized:
		return fmt.Errorf("%w the token at %s (%s): it needs the right to write to bucket %q, and to read it where boards or --history influx ask", ErrRefused, c.url, reason, c.bucket)
	case http.StatusForbidden:
		return fmt.Errorf("%w: the token may not write to bucket %q of organisation %q at %s (%s)", ErrRefused, c.bucket, c.org, c.url, reason)
	case http.StatusNotFound:
		switch {
		case strings.Contains(err.Message, "organization"):
			return fmt.Errorf("%w: there is no organisation %q at %s (%s)", ErrRefused, c.org, c.url, reason)
		case strings.Contains(err.Message, "bucket"):
			return fmt.Errorf("%w: there is no bucket %q in organisation %q at %s (%s)", ErrRefused, c.bucket, c.org, c.url, reason)
		}
		return fmt.Errorf("%w at %s: is it an InfluxDB 2? (%s)", ErrRefused, c.url, reason)
	}
	if judge(err) == refused {
		return fmt.Errorf("%w to write at %s (%s)", ErrRefused, c.url, reason)
	}
	return fmt.Errorf("%w at %s: %s", ErrAway, c.url, reason)
}

// reason returns the server's own reason.
func (c *client) reason(err *influxhttp.Error) string {
	if err.StatusCode == 0 {
		return strings.ReplaceAll(err.Error(), c.write, c.url)
	}
	return fmt.Sprintf("%d %s", err.StatusCode, strings.TrimSpace(err.Error()))
}
