package gateway

import (
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestToken_GuessesSlowDownTheirAddressOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuard("right", "")
		guesser, other := networkOf("198.51.100.1"), networkOf("198.51.100.2")
		guess := func(who netip.Prefix) time.Duration {
			start := time.Now()
			g.delay(who, nil)
			return time.Since(start)
		}
		var waits []time.Duration
		for range 8 {
			waits = append(waits, guess(guesser))
		}
		want := []time.Duration{0, 250e6, 500e6, 1e9, 2e9, 4e9, 4e9, 4e9}
		for i := range want {
			if waits[i] != want[i] {
				t.Fatalf("the waits were %v, expected %v", waits, want)
			}
		}
		if d := guess(other); d != 0 {
			t.Errorf("another address waited %v", d)
		}
		for range maxGuessesWaiting {
			go g.delay(guesser, nil)
		}
		synctest.Wait()
		if !g.busy(guesser) || g.busy(other) {
			t.Errorf("busy: %v, %v", g.busy(guesser), g.busy(other))
		}
		time.Sleep(maxGuessWait)
		synctest.Wait()
		if g.reset(guesser); g.busy(guesser) || guess(guesser) != 0 {
			t.Error("the right token does not make up for the wrong ones")
		}
		guess(guesser)
		time.Sleep(guessesForgotten + time.Second)
		if d := guess(guesser); d != 0 {
			t.Errorf("after a long time it waited %v", d)
		}
		end := make(chan struct{})
		close(end)
		start := time.Now()
		if g.delay(guesser, end); time.Since(start) != 0 {
			t.Error("a server that ends waits for those who guess")
		}
	})
}

func TestToken_CountsGuessesPerNetworkWithinABound(t *testing.T) {
	if networkOf("2001:db8::1") != networkOf("2001:db8::ffff:1") || networkOf("2001:db8::1") == networkOf("2001:db8:0:1::1") {
		t.Error("a /64 is not one guesser")
	}
	g := newGuard("right", "")
	end := make(chan struct{})
	close(end)
	for i := range maxGuessers + 500 {
		g.delay(netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 32), end)
	}
	if len(g.byNetwork) > maxGuessers+1 {
		t.Errorf("%d addresses are remembered", len(g.byNetwork))
	}
}

func TestToken_MissingOneIsChallengedAndWrongOnesAreLogged(t *testing.T) {
	b := newBehind(t, func(c *Config) { c.Token = "right" })
	for _, c := range []struct {
		sent, challenge string
		status          int
	}{
		{"", `Bearer realm="Lights Out"`, 401},
		{"Bearer wrong", `error="invalid_token"`, 401},
		{"Bearer ", `error="invalid_token"`, 401},
		{"Basic cmlnaHQ=", `error="invalid_token"`, 401},
		{"right", `error="invalid_token"`, 401},
		{"bearer  right", "", 415},
		{"Bearer right", "", 415},
	} {
		var headers []string
		if c.sent != "" {
			headers = []string{"Authorization", c.sent}
		}
		b.log.Reset()
		b.s.guard.reset(networkOf("127.0.0.1"))
		res := b.ask("127.0.0.1", "POST", "/api/v1/races", headers...)
		if got := string(res.Header.Peek("WWW-Authenticate")); res.StatusCode() != c.status || !strings.Contains(got, c.challenge) {
			t.Errorf("%q: %d %q %s", c.sent, res.StatusCode(), got, res.Body())
		}
		wrong := strings.Contains(c.challenge, "invalid")
		if logged := strings.Contains(b.log.String(), `msg="a wrong token was sent" from=127.0.0.1 method=POST path=/api/v1/races`); logged != wrong {
			t.Errorf("%q: logged is %q", c.sent, b.log.String())
		}
		if strings.Contains(b.log.String(), "wrong\"") || c.sent == "Bearer wrong" && strings.Contains(b.log.String(), "Bearer") {
			t.Errorf("the log holds what was sent: %s", b.log.String())
		}
	}
}

func TestToken_ThatForDrillsAllowsDrillsAndNothingElse(t *testing.T) {
	for name, test := range map[string]struct {
		config func(*Config)
		sent   string
		path   string
		status int
	}{
		"drills with their token":                {func(c *Config) { c.Token, c.DrillToken = "right", "chaos" }, "chaos", "/api/v1/races/r/drills", 415},
		"in other letters":                       {func(c *Config) { c.Token, c.DrillToken = "right", "chaos" }, "chaos", "/API/v1/races/r/Drills/", 415},
		"orders with their token":                {func(c *Config) { c.Token, c.DrillToken = "right", "chaos" }, "chaos", "/api/v1/drills", 415},
		"drills with the server's token":         {func(c *Config) { c.Token, c.DrillToken = "right", "chaos" }, "right", "/api/v1/races/r/drills", 415},
		"drills without a token":                 {func(c *Config) { c.Token, c.DrillToken = "right", "chaos" }, "", "/api/v1/races/r/drills", 401},
		"drills with a wrong token":              {func(c *Config) { c.Token, c.DrillToken = "right", "chaos" }, "wrong", "/api/v1/races/r/drills", 401},
		"a race with the token for drills":       {func(c *Config) { c.Token, c.DrillToken = "right", "chaos" }, "chaos", "/api/v1/races", 403},
		"a penalty with the token for drills":    {func(c *Config) { c.Token, c.DrillToken = "right", "chaos" }, "chaos", "/api/v1/races/drills/penalties", 403},
		"nothing else of a race by that name":    {func(c *Config) { c.Token, c.DrillToken = "right", "chaos" }, "chaos", "/api/v1/races/r/drills/x/y", 403},
		"a token for drills alone: drills":       {func(c *Config) { c.DrillToken = "chaos" }, "", "/api/v1/races/r/drills", 401},
		"in other letters, without a token":      {func(c *Config) { c.DrillToken = "chaos" }, "", "/API/v1/races/r/DRILLS", 401},
		"a token for drills alone: other things": {func(c *Config) { c.DrillToken = "chaos" }, "", "/api/v1/races", 415},
		"no token for drills":                    {func(c *Config) { c.Token = "right" }, "chaos", "/api/v1/races/r/drills", 401},
	} {
		t.Run(name, func(t *testing.T) {
			var headers []string
			if test.sent != "" {
				headers = []string{"Authorization", "Bearer " + test.sent}
			}
			b := newBehind(t, test.config)
			if res := b.ask("127.0.0.1", "POST", test.path, headers...); res.StatusCode() != test.status {
				t.Errorf("%d %s, expected %d", res.StatusCode(), res.Body(), test.status)
			}
		})
	}
}

func TestConfig_TheTokenForDrillsIsAnotherOne(t *testing.T) {
	c := DefaultConfig()
	c.Token, c.DrillToken = "same", "same"
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "the token for drills is the server's token") {
		t.Error(err)
	}
	c.DrillToken = "two words"
	if err := c.Validate(); err == nil {
		t.Error("two words were taken")
	}
	c = DefaultConfig()
	c.Addr, c.DrillToken = "0.0.0.0:80", "chaos"
	if err := c.Validate(); err == nil {
		t.Error("an address that others reach was taken with a token for drills alone")
	}
}
