package kafka

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"lightsout/transport/login"
)

// Limits of every client.
const (
	// MessageBytesMax bounds a batch of messages, here and in each topic: a field of 100,000 cars is 7.3 MB, its frame 1.1 MB.
	MessageBytesMax = 16 << 20
	// bodyBytesMax bounds a body or an order, which needs room for its envelope.
	bodyBytesMax = MessageBytesMax - 1<<16
	// BufferedBytesMax bounds what waits to be sent: Produce waits above it.
	BufferedBytesMax = 64 << 20
	bufferedMax      = 1 << 20
	// FetchBytesMax bounds an answer with messages; of one partition it has one batch of the largest size, and room for small ones.
	FetchBytesMax          = 64 << 20
	FetchPartitionBytesMax = 2 * MessageBytesMax
	// prefixMax leaves room for the longest ending of a topic in the 249 characters that Kafka allows.
	prefixMax = 200
)

// Mechanisms of SASL.
const (
	SASLPlain       = "plain"
	SASLScramSHA256 = "scram-sha-256"
	SASLScramSHA512 = "scram-sha-512"
)

// metadataMinAge is how soon a client asks again where partitions are: with franz-go's 5 s a consumer stalls 6.5 s after a broker's restart.
const metadataMinAge = 250 * time.Millisecond

// Config of a client.
type Config struct {
	// Brokers are some brokers of the cluster, as HOST:PORT; they name the others.
	Brokers []string
	// Prefix begins the names of topics and groups.
	Prefix string
	// TLS encrypts connections. CAFile is a file of PEM certificates that are trusted in addition to the system's. CertFile and KeyFile are
	// the client's own certificate, for brokers that ask for one.
	TLS                       bool
	CAFile, CertFile, KeyFile string
	// SASL is the mechanism to log in with; empty means no login.
	SASL     string
	User     string
	Password login.Secret
	// Via says under which address a broker is reached from here, where that is not the one that it names itself: through a tunnel.
	Via map[string]string
	// ClientID names this client in the brokers' logs and quotas.
	ClientID string
	// Log takes warnings and errors of franz-go; nil means none.
	Log *slog.Logger
}

// DefaultConfig returns a Config that lacks only brokers.
func DefaultConfig() Config { return Config{Prefix: "lightsout", ClientID: "lightsout"} }

// prefixes are what Kafka takes in the name of a topic.
var prefixes = regexp.MustCompile(`^[a-zA-Z0-9_-][a-zA-Z0-9._-]*$`)

// Validate returns all faults of the Config. Files are read by Options.
func (c *Config) Validate() error {
	var faults []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	check(len(c.Brokers) > 0, "no broker of Kafka is named: expected HOST:PORT, such as kafka1:9092")
	for _, broker := range c.Brokers {
		check(address(broker), "the broker of Kafka is %q: expected HOST:PORT, such as kafka1:9092", broker)
	}
	for broker, via := range c.Via {
		check(address(broker) && address(via), "a broker of Kafka is reached as %s=%s: expected HOST:PORT=HOST:PORT", broker, via)
	}
	check(prefixes.MatchString(c.Prefix) && len(c.Prefix) <= prefixMax,
		"the prefix of topics is %q: allowed are 1 to %d letters, digits, '.', '_' and '-', and no '.' at the beginning", c.Prefix, prefixMax)
	check(c.TLS || c.CAFile == "" && c.CertFile == "" && c.KeyFile == "", "certificates for Kafka are given, but TLS is off: turn it on")
	check((c.CertFile == "") == (c.KeyFile == ""), "of the client's certificate and its key for Kafka only one is given: expected both")
	switch c.SASL {
	case "":
		check(c.User == "" && c.Password == "", "a user or a password for Kafka is given, but no SASL mechanism: allowed are %s", mechanisms)
	case SASLPlain, SASLScramSHA256, SASLScramSHA512:
		check(c.User != "", "the user for Kafka is missing: SASL needs one")
		check(c.Password != "", "the password for Kafka is missing: SASL needs one")
	default:
		check(false, "the SASL mechanism for Kafka is %q: allowed are %s", c.SASL, mechanisms)
	}
	return errors.Join(faults...)
}

const mechanisms = SASLPlain + ", " + SASLScramSHA256 + " and " + SASLScramSHA512

func address(broker string) bool {
	host, port, err := net.SplitHostPort(broker)
	n, notNumber := strconv.ParseUint(port, 10, 16)
	return err == nil && notNumber == nil && host != "" && n > 0
}

// Group is the name of a consumer group of ours, such as lightsout-simulators. It has the prefix, so that installations can share a cluster.
func (c *Config) Group(role string) string { return c.Prefix + "-" + role }

// Options returns what every client needs; more may be added for each.
func (c *Config) Options() ([]kgo.Opt, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	log := c.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	opts := []kgo.Opt{
		kgo.SeedBrokers(c.Brokers...), kgo.ClientID(c.ClientID), kgo.WithLogger(newLogger(log)), kgo.MetadataMinAge(metadataMinAge),
		// A message is durable when all replicas in sync have it. franz-go numbers messages, so that none is stored twice.
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), // see Partition
		kgo.ProducerLinger(0),                          // a message that waits for company makes a spectator wait
		kgo.ProducerBatchCompression(kgo.Lz4Compression()), kgo.ProducerBatchMaxBytes(MessageBytesMax), kgo.MaxBufferedBytes(BufferedBytesMax),
		kgo.MaxBufferedRecords(bufferedMax), // the bytes are the bound
		kgo.UnknownTopicRetries(-1),         // after a restart a broker may not know a topic yet: waiting loses nothing
		kgo.FetchMaxBytes(FetchBytesMax), kgo.FetchMaxPartitionBytes(FetchPartitionBytesMax),
	}
	dial := dialer{via: c.Via}
	if c.TLS {
		t, err := c.tls()
		if err != nil {
			return nil, err
		}
		dial.tls = t
	}
	opts = append(opts, kgo.Dialer(dial.dial))
	switch c.SASL {
	case SASLPlain:
		if !c.TLS {
			log.Warn("without TLS the password for Kafka can be read on its way: use TLS or SCRAM")
		}
		opts = append(opts, kgo.SASL(plain.Auth{User: c.User, Pass: c.Password.Reveal()}.AsMechanism()))
	case SASLScramSHA256:
		opts = append(opts, kgo.SASL(scram.Auth{User: c.User, Pass: c.Password.Reveal()}.AsSha256Mechanism()))
	case SASLScramSHA512:
		opts = append(opts, kgo.SASL(scram.Auth{User: c.User, Pass: c.Password.Reveal()}.AsSha512Mechanism()))
	}
	return opts, nil
}

// tls returns the configuration that verifies the brokers' certificates and shows our own.
func (c *Config) tls() (*tls.Config, error) {
	t, err := login.Trust(c.CAFile)
	if err != nil {
		return nil, err
	}
	if c.CertFile != "" {
		own, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("read the client's certificate for Kafka from %s and %s: %w", c.CertFile, c.KeyFile, err)
		}
		t.Certificates = []tls.Certificate{own}
	}
	return t, nil
}

// dialTimeout bounds how long a connection to a broker may take.
const dialTimeout = 10 * time.Second

// dialer connects to brokers.
type dialer struct {
	via map[string]string
	tls *tls.Config // nil without TLS
}

func (d dialer) dial(ctx context.Context, network, broker string) (net.Conn, error) {
	to := &net.Dialer{Timeout: dialTimeout}
	at := cmp.Or(d.via[broker], broker)
	if d.tls == nil {
		return to.DialContext(ctx, network, at)
	}
	secure := d.tls.Clone()
	if secure.ServerName == "" { // its certificate is for the name that it has, wherever it is reached
		host, _, err := net.SplitHostPort(broker)
		if err != nil {
			return nil, fmt.Errorf("connect to %s: %w", broker, err)
		}
		secure.ServerName = host
	}
	return (&tls.Dialer{NetDialer: to, Config: secure}).DialContext(ctx, network, at)
}

// logAgainAfter is how soon the same warning of franz-go is logged again: with a broker away there are some in each second.
const logAgainAfter = 30 * time.Second

// logger passes warnings and errors of franz-go on.
type logger struct {
	log *slog.Logger
	mu  sync.Mutex
	at  map[string]time.Time // of each message, when it was logged last
}

func newLogger(to *slog.Logger) *logger { return &logger{log: to, at: map[string]time.Time{}} }

// Level is the least level that is logged.
func (*logger) Level() kgo.LogLevel { return kgo.LogLevelWarn }

// Log logs a message, unless it was logged a moment ago.
func (l *logger) Log(level kgo.LogLevel, msg string, keyvals ...any) {
	now := time.Now() //nolint:forbidigo // an edge
	l.mu.Lock()
	repeated := now.Sub(l.at[msg]) < logAgainAfter
	if !repeated {
		l.at[msg] = now
	}
	l.mu.Unlock()
	if repeated {
		return
	}
	to := slog.LevelWarn
	if level == kgo.LogLevelError {
		to = slog.LevelError
	}
	l.log.Log(context.Background(), to, "Kafka: "+msg, keyvals...) //nolint:sloglint // the message is franz-go's
}
