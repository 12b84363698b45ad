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
)

// client speaks to one bucket through influxdb-client-go. It writes over the library's HTTP service: what is written is ready
// line protocol in bytes, and each answer is looked at.
type client struct {
	api         influxdb2.Client
	http        influxhttp.Service
	url         string // as people are told of it
	org, bucket string
	write       string // where line protocol goes
	delete      string
}

func newClient(cfg *Config) (*client, error) {
	trust, err := cfg.trust()
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
	api := influxdb2.NewClientWithOptions(cfg.URL, cfg.Token.Reveal(),
		influxdb2.DefaultOptions().SetHTTPClient(doer).SetApplicationName("lightsout"))
	c := &client{api: api, http: api.HTTPService(), url: cfg.Address(), org: cfg.Org, bucket: cfg.Bucket}
	q := url.Values{"org": {cfg.Org}, "bucket": {cfg.Bucket}, "precision": {"ns"}}
	c.write = c.http.ServerAPIURL() + "write?" + q.Encode()
	q.Del("precision")
	c.delete = c.http.ServerAPIURL() + "delete?" + q.Encode()
	return c, nil
}

func (c *client) close() { c.api.Close() }

// post writes line protocol, gzipped or not. The bytes are borrowed.
func (c *client) post(ctx context.Context, body []byte, gzipped bool) *influxhttp.Error {
	return c.http.DoPostRequest(ctx, c.write, bytes.NewReader(body), func(r *http.Request) {
		if gzipped {
			r.Header.Set("Content-Encoding", "gzip")
		}
	}, func(r *http.Response) error { return r.Body.Close() })
}

// erase takes points away.
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

// outcome is what an answer means for what was sent.
type outcome uint8

const (
	taken   outcome = iota
	later           // an outage: the same again
	refused         // by the server, for what it is
)

// judge says what an answer means. A refusal counts only where InfluxDB itself gave it: what stands between may refuse
// whatever it likes, and the points are not to blame.
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

// retryAfter is the pause that the server asks for; 0: it does not.
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

// check asks the server whether it takes what the Feed will write: an empty write names what is wrong, be it the token, the
// organisation or the bucket. The health of a server says nothing of the token.
func (c *client) check(ctx context.Context) error {
	err := c.post(ctx, nil, false)
	if err == nil {
		return nil
	}
	said := c.said(err)
	if untrusted := (*tls.CertificateVerificationError)(nil); errors.As(err.Err, &untrusted) {
		return fmt.Errorf("%w: the certificate of %s is not trusted (%s)", ErrRefused, c.url, said)
	}
	switch err.StatusCode {
	case http.StatusUnauthorized:
		return fmt.Errorf("%w the token at %s (%s)", ErrRefused, c.url, said)
	case http.StatusForbidden:
		return fmt.Errorf("%w: the token may not write to bucket %q of organisation %q at %s (%s)", ErrRefused, c.bucket, c.org, c.url, said)
	case http.StatusNotFound:
		switch {
		case strings.Contains(err.Message, "organization"):
			return fmt.Errorf("%w: there is no organisation %q at %s (%s)", ErrRefused, c.org, c.url, said)
		case strings.Contains(err.Message, "bucket"):
			return fmt.Errorf("%w: there is no bucket %q in organisation %q at %s (%s)", ErrRefused, c.bucket, c.org, c.url, said)
		}
		return fmt.Errorf("%w at %s: is it an InfluxDB 2? (%s)", ErrRefused, c.url, said)
	}
	if judge(err) == refused {
		return fmt.Errorf("%w to write at %s (%s)", ErrRefused, c.url, said)
	}
	return fmt.Errorf("%w at %s: %s", ErrAway, c.url, said)
}

// said is the server's reason in its own words.
func (c *client) said(err *influxhttp.Error) string {
	if err.StatusCode == 0 {
		return strings.ReplaceAll(err.Error(), c.write, c.url)
	}
	return fmt.Sprintf("%d %s", err.StatusCode, strings.TrimSpace(err.Error()))
}
