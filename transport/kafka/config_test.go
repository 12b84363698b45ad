package kafka_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"lightsout/transport/kafka"
)

func TestConfig_NamesEachFault(t *testing.T) {
	good := func() kafka.Config {
		c := kafka.DefaultConfig()
		c.Brokers = []string{"kafka1:9092", "[::1]:9093"}
		return c
	}
	for name, v := range map[string]struct {
		change func(c *kafka.Config)
		want   []string
	}{
		"good":      {func(*kafka.Config) {}, nil},
		"secure":    {func(c *kafka.Config) { c.TLS, c.SASL, c.User, c.Password = true, "scram-sha-512", "u", "p" }, nil},
		"none":      {func(c *kafka.Config) { c.Brokers = nil }, []string{"no broker of Kafka is named"}},
		"no port":   {func(c *kafka.Config) { c.Brokers = []string{"kafka1"} }, []string{`"kafka1": expected HOST:PORT`}},
		"port 0":    {func(c *kafka.Config) { c.Brokers = []string{"kafka1:0"} }, []string{`"kafka1:0"`}},
		"a URL":     {func(c *kafka.Config) { c.Brokers = []string{"kafka://kafka1:9092"} }, []string{`"kafka://kafka1:9092"`}},
		"prefix":    {func(c *kafka.Config) { c.Prefix = "a b" }, []string{`"a b"`, "letters, digits"}},
		"long":      {func(c *kafka.Config) { c.Prefix = strings.Repeat("a", 201) }, []string{"1 to 200"}},
		"no prefix": {func(c *kafka.Config) { c.Prefix = "" }, []string{`the prefix of topics is ""`}},
		"no TLS":    {func(c *kafka.Config) { c.CAFile = "ca.pem" }, []string{"TLS is off"}},
		"no key":    {func(c *kafka.Config) { c.TLS, c.CertFile = true, "c.pem" }, []string{"expected both"}},
		"mechanism": {func(c *kafka.Config) { c.SASL = "gssapi" }, []string{`"gssapi": allowed are plain, scram-sha-256 and scram-sha-512`}},
		"no user":   {func(c *kafka.Config) { c.SASL = "plain" }, []string{"the user for Kafka is missing", "the password for Kafka is missing"}},
		"no SASL":   {func(c *kafka.Config) { c.Password = "geheim" }, []string{"no SASL mechanism"}},
		"all": {
			func(c *kafka.Config) { *c = kafka.Config{SASL: "x", KeyFile: "k"} },
			[]string{"no broker", "the prefix", "TLS is off", "expected both", `"x"`},
		},
	} {
		c := good()
		v.change(&c)
		err := c.Validate()
		if (err == nil) != (v.want == nil) {
			t.Errorf("%s: %v", name, err)
		}
		for _, text := range v.want {
			if err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("%s: %q is not in %v", name, text, err)
			}
		}
		if err != nil && strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: the password is in %v", name, err)
		}
	}
}

func TestConfig_NamesTheFileThatCannotBeRead(t *testing.T) {
	nothing := filepath.Join(t.TempDir(), "nothing.pem")
	if err := os.WriteFile(nothing, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []kafka.Config{
		{CAFile: "missing.pem"}, {CAFile: nothing}, {CertFile: "missing.pem", KeyFile: nothing}, {CertFile: nothing, KeyFile: nothing},
	} {
		c.Brokers, c.Prefix, c.TLS = []string{"kafka1:9092"}, "lightsout", true
		_, err := c.Options()
		if err == nil || !strings.Contains(err.Error(), c.CAFile+c.CertFile) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestSecret_IsNeverPrinted(t *testing.T) {
	c := kafka.DefaultConfig()
	c.Password = "geheim"
	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(&out, nil)).Info("start", "config", c, "password", c.Password)
	slog.New(slog.NewTextHandler(&out, nil)).Info("start", "config", c, "password", c.Password)
	fmt.Fprintf(&out, "%v %+v %#v %s %x %q %d", c, c, c, c.Password, c.Password, c.Password, c.Password)
	data, err := json.Marshal(c.Password)
	if err != nil {
		t.Fatal(err)
	}
	text := out.String() + string(data)
	if strings.Contains(text, "geheim") || strings.Contains(text, "67656865696d") || c.Password.Reveal() != "geheim" {
		t.Error(text)
	}
}

func TestConfig_OptionsMakeAClient(t *testing.T) {
	c := kafka.DefaultConfig()
	c.Brokers, c.TLS, c.User, c.Password = []string{"127.0.0.1:1"}, true, "u", "p"
	for _, c.SASL = range []string{kafka.SASLPlain, kafka.SASLScramSHA256, kafka.SASLScramSHA512} {
		client := mustClient(t, c)
		if client.OptValue(kgo.AllowAutoTopicCreation) != false || client.OptValue(kgo.DisableIdempotentWrite) != false {
			t.Error("the client creates topics, or writes twice")
		}
	}
	var said bytes.Buffer
	c.TLS, c.SASL, c.Log = false, kafka.SASLPlain, slog.New(slog.NewTextHandler(&said, nil))
	if _, err := c.Options(); err != nil || !strings.Contains(said.String(), "can be read on its way") {
		t.Errorf("a password in plain text: %v, %q", err, said.String())
	}
	if c.Group("simulators") != "lightsout-simulators" {
		t.Error(c.Group("simulators"))
	}
}
