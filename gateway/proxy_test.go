package gateway

import (
	"bytes"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/valyala/fasthttp"
)

// behind is a server that is called without a network, so that requests may come from any address.
type behind struct {
	t   *testing.T
	s   *Server
	log bytes.Buffer
}

func newBehind(t *testing.T, change func(*Config)) *behind {
	t.Helper()
	b := &behind{t: t}
	cfg := DefaultConfig()
	change(&cfg)
	s, err := New(cfg, Deps{
		Registry: prometheus.NewRegistry(), Log: slog.New(slog.NewTextHandler(&b.log, nil)), Site: fstest.MapFS{
			"index.html":      {Data: []byte(`<meta name="base-path" content="/" /><script src="./assets/a.js"></script>`)},
			"assets/a.js":     {Data: []byte("js")},
			"assets/a.js.txt": {Data: []byte("text")},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.s = s
	s.app.Handler() // builds the routes, as Serve does
	return b
}

// ask sends a request from an address and returns the response.
func (b *behind) ask(from, method, path string, headers ...string) *fasthttp.Response {
	b.t.Helper()
	var req fasthttp.Request
	req.Header.SetMethod(method)
	req.SetRequestURI(path)
	req.Header.SetHost("localhost:8080")
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Header.SetHost(headers[i+1])
			continue
		}
		req.Header.Add(headers[i], headers[i+1])
	}
	var ctx fasthttp.RequestCtx
	ctx.Init(&req, &net.TCPAddr{IP: net.ParseIP(from), Port: 4711}, nil)
	b.s.app.Server().Handler(&ctx)
	var res fasthttp.Response
	ctx.Response.CopyTo(&res)
	return &res
}

func TestProxy_ClientIsTheRightMostAddressThatIsNoTrustedProxy(t *testing.T) {
	for _, c := range []struct {
		name, peer, want string
		noted            []string
	}{
		{"no proxy", "203.0.113.9", "203.0.113.9", nil},
		{"an untrusted peer", "203.0.113.9", "203.0.113.9", []string{"198.51.100.1"}},
		{"one proxy", "127.0.0.1", "198.51.100.1", []string{"198.51.100.1"}},
		{"what the client made up is before it", "127.0.0.1", "198.51.100.1", []string{"1.1.1.1, 198.51.100.1"}},
		{"two proxies", "127.0.0.1", "198.51.100.1", []string{"1.1.1.1, 198.51.100.1, 10.1.2.3"}},
		{"a list over two lines", "127.0.0.1", "198.51.100.1", []string{"1.1.1.1, 198.51.100.1", "10.1.2.3"}},
		{"proxies alone", "127.0.0.1", "10.0.0.7", []string{"10.0.0.7, 10.0.0.8"}},
		{"a proxy that says nothing", "127.0.0.1", "127.0.0.1", nil},
		{"garbage", "127.0.0.1", "127.0.0.1", []string{"<script>"}},
		{"garbage before a proxy", "127.0.0.1", "10.0.0.7", []string{"198.51.100.1, unknown, 10.0.0.7"}},
		{"an empty one", "127.0.0.1", "127.0.0.1", []string{"198.51.100.1, "}},
		{"a zone", "127.0.0.1", "127.0.0.1", []string{"fe80::1%eth0"}},
		{"a port", "127.0.0.1", "198.51.100.1", []string{"198.51.100.1:5555"}},
		{"IPv6", "127.0.0.1", "2001:db8::1", []string{"2001:db8::1"}},
		{"IPv6 in brackets", "127.0.0.1", "2001:db8::1", []string{"[2001:db8::1]"}},
		{"IPv6 with a port", "127.0.0.1", "2001:db8::1", []string{"[2001:DB8:0::1]:99"}},
		{"IPv4 in IPv6", "::ffff:127.0.0.1", "198.51.100.1", []string{"::ffff:198.51.100.1"}},
		{"a proxy on IPv6", "::1", "198.51.100.1", []string{"198.51.100.1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBehind(t, func(cfg *Config) {
				cfg.Token, cfg.TrustedProxies = "right", []string{"127.0.0.1", "::1", "10.0.0.0/8"}
			})
			headers := []string{"Authorization", "Bearer wrong"}
			for _, line := range c.noted {
				headers = append(headers, "X-Forwarded-For", line)
			}
			b.ask(c.peer, "POST", "/api/v1/races", headers...)
			if want := "from=" + c.want + " "; !strings.Contains(b.log.String(), want) {
				t.Errorf("%q is missing in %s", want, b.log.String())
			}
		})
	}
}

func TestProxy_HostAndSchemeCountOnlyFromTrustedProxies(t *testing.T) {
	b := newBehind(t, func(cfg *Config) {
		cfg.Token, cfg.PublicURL, cfg.TrustedProxies = "t", "https://race.example/lights/", []string{"127.0.0.1"}
	})
	for _, c := range []struct {
		name, from string
		headers    []string
		status     int
	}{
		{"the proxy's own name for us", "127.0.0.1", nil, 200},
		{"the public host", "127.0.0.1", []string{"Host", "race.example"}, 200},
		{"the public host, with a port and in capitals", "127.0.0.1", []string{"Host", "RACE.example:443"}, 200},
		{"another host", "127.0.0.1", []string{"Host", "evil.example"}, 403},
		{"another host that the proxy was asked for", "127.0.0.1", []string{"X-Forwarded-Host", "evil.example"}, 403},
		{"a made up host before the proxy's", "127.0.0.1", []string{"X-Forwarded-Host", "evil.example, race.example"}, 200},
		{"another host with the public one made up", "127.0.0.2", []string{"Host", "evil.example", "X-Forwarded-Host", "race.example"}, 403},
		{"a forged host from an untrusted peer", "127.0.0.2", []string{"X-Forwarded-Host", "evil.example"}, 200},
		{"our page", "127.0.0.1", []string{"Origin", "https://race.example", "Upgrade", "websocket", "Connection", "Upgrade"}, 200},
		{"our page by another scheme", "127.0.0.1", []string{"Origin", "http://race.example", "Upgrade", "websocket", "Connection", "Upgrade"}, 403},
		{"a page of another host", "127.0.0.1", []string{"Origin", "https://evil.example", "Upgrade", "websocket", "Connection", "Upgrade"}, 403},
		{"a page of no host", "127.0.0.1", []string{"Origin", "null", "Upgrade", "websocket", "Connection", "Upgrade"}, 403},
		{
			"the page by the local name", "127.0.0.1",
			[]string{"Origin", "http://localhost:8080", "Upgrade", "websocket", "Connection", "Upgrade"}, 200,
		},
		{
			"another scheme by the proxy's word", "127.0.0.1",
			[]string{"Origin", "http://localhost:8080", "X-Forwarded-Proto", "https", "Upgrade", "websocket", "Connection", "Upgrade"}, 403,
		},
		{
			"another scheme from an untrusted peer", "127.0.0.2",
			[]string{"Origin", "http://localhost:8080", "X-Forwarded-Proto", "https", "Upgrade", "websocket", "Connection", "Upgrade"}, 200,
		},
	} {
		if res := b.ask(c.from, "GET", "/lights/api/v1/openapi.json", c.headers...); res.StatusCode() != c.status {
			t.Errorf("%s: %d %.300s, expected %d", c.name, res.StatusCode(), res.Body(), c.status)
		}
	}
}

// Routes match in any case of letters, and so must the check.
func TestLive_RefusesAnotherPageInAnyCaseOfLetters(t *testing.T) {
	b := newBehind(t, func(*Config) {})
	for _, path := range []string{"/live/r1", "/LIVE/r1", "/Live/r1/"} {
		res := b.ask("127.0.0.1", "GET", path, "Origin", "http://evil.example", "Connection", "Upgrade", "Upgrade", "websocket")
		if res.StatusCode() != 403 {
			t.Errorf("%s: %d %s", path, res.StatusCode(), res.Body())
		}
	}
}

func TestProxy_RefusalNamesTheSettingThatAllowsIt(t *testing.T) {
	b := newBehind(t, func(*Config) {})
	for _, headers := range [][]string{{"Host", "race.example"}, {"Origin", "https://race.example"}} {
		res := b.ask("127.0.0.1", "POST", "/api/v1/races", headers...)
		if want := "--public-url https://race.example/"; res.StatusCode() != 403 || !strings.Contains(string(res.Body()), want) {
			t.Errorf("%v: %d %s: %q is missing", headers, res.StatusCode(), res.Body(), want)
		}
	}
}

func TestProxy_BasePathIsStrippedFromRequestsAndWrittenIntoThePage(t *testing.T) {
	b := newBehind(t, func(cfg *Config) { cfg.PublicURL = "http://localhost:9000/club/lights" })
	for path, want := range map[string]string{
		"/club/lights/":                    `content="/club/lights/" /><script src="/club/lights/assets/a.js">`,
		"/club/lights/actors":              `src="/club/lights/assets/a.js"`,
		"/":                                `src="/club/lights/assets/a.js"`, // the proxy removed the path
		"/club/lights/assets/a.js":         "js",
		"/assets/a.js":                     "js",
		"/club/lights/api/v1/openapi.json": `"url": "/club/lights/api/v1"`,
	} {
		if res := b.ask("127.0.0.1", "GET", path); res.StatusCode() != 200 || !strings.Contains(string(res.Body()), want) {
			t.Errorf("%s: %d %.300s: %q is missing", path, res.StatusCode(), res.Body(), want)
		}
	}
	res := b.ask("127.0.0.1", "GET", "/club/lights?x=1")
	if to := string(res.Header.Peek("Location")); res.StatusCode() != 308 || to != "/club/lights/?x=1" {
		t.Errorf("without the last slash: %d to %q", res.StatusCode(), to)
	}
	for _, path := range []string{"/club/lightsassets/a.js", "/Club/lights/assets/a.js", "/club/lights/club/lights/assets/a.js"} {
		if res := b.ask("127.0.0.1", "GET", path); res.StatusCode() != 404 {
			t.Errorf("%s: %d", path, res.StatusCode())
		}
	}
}

func TestConfig_RefusesInvalidPublicURLsProxiesAndTokens(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"neither http nor https":      func(c *Config) { c.PublicURL = "race.example/lights/" },
		"neither http nor":            func(c *Config) { c.PublicURL = "ftp://localhost/" },
		"no host":                     func(c *Config) { c.PublicURL = "https:///lights/" },
		"would send":                  func(c *Config) { c.PublicURL = "https://münchen.example/" },
		"no port":                     func(c *Config) { c.PublicURL = "http://localhost:99999/" },
		"a user, a query":             func(c *Config) { c.PublicURL = "http://a:b@localhost/" },
		"or a fragment":               func(c *Config) { c.PublicURL = "http://localhost/#x" },
		"more than letters":           func(c *Config) { c.PublicURL = "http://localhost/a/../b/" },
		"dots, dashes":                func(c *Config) { c.PublicURL = "http://localhost/a%2fb/" },
		"own, api":                    func(c *Config) { c.PublicURL = "http://localhost/api/" },
		"own, RACE":                   func(c *Config) { c.PublicURL = "http://localhost/RACE" },
		"it needs a token":            func(c *Config) { c.PublicURL = "https://race.example/" },
		`trusted proxy "nginx"`:       func(c *Config) { c.TrustedProxies = []string{"127.0.0.1", "nginx"} },
		`trusted proxy "10.0.0.0/33"`: func(c *Config) { c.TrustedProxies = []string{"10.0.0.0/33"} },
		`trusted proxy ""`:            func(c *Config) { c.TrustedProxies = []string{""} },
		"the token is blank":          func(c *Config) { c.Token = " \t" },
		"has spaces":                  func(c *Config) { c.Token = "two words" },
		"no header may have":          func(c *Config) { c.Token = "geheimnisvoll-ü" },
		"has 2000 characters":         func(c *Config) { c.Token = strings.Repeat("x", 2000) },
	} {
		cfg := DefaultConfig()
		change(&cfg)
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, expected %q", err, want)
		}
	}
	for _, good := range []string{"", "http://localhost", "http://127.0.0.1:81/a-b/c_d/", "http://[::1]:80/x"} {
		cfg := DefaultConfig()
		cfg.PublicURL = good
		if err := cfg.Validate(); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
}
