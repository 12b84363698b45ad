package kafka

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// missing is what a topic is that does not exist.
const missing = "missing"

// Fault is something wrong with a topic.
type Fault struct {
	Topic   string `json:"topic"`
	Setting string `json:"setting"`
	Is      string `json:"is"`
	Should  string `json:"should"`
	Mend    string `json:"mend"` // a command, or what to do
}

// Check returns what is wrong with the topics; none means that all is right. An error means that it could not be found out.
func Check(ctx context.Context, client *kgo.Client, prefix string, s Settings) ([]Fault, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	found, err := inspect(ctx, client, prefix)
	if err != nil {
		return nil, err
	}
	return found.faults(s), nil
}

// cluster is what inspect found.
type cluster struct {
	prefix  string
	names   Topics
	seeds   string // HOST:PORT,…, for commands that mend
	brokers int
	topics  map[string]*topic // nil if it is missing
}

type topic struct {
	partitions  int32
	replication int16 // the least of its partitions
	config      map[string]string
}

// inspect asks for each topic by itself, so that an error names the topic.
func inspect(ctx context.Context, client *kgo.Client, prefix string) (*cluster, error) {
	admin := kadm.NewClient(client)
	seeds, _ := client.OptValue(kgo.SeedBrokers).([]string)
	c := &cluster{prefix: prefix, names: TopicsOf(prefix), seeds: strings.Join(seeds, ","), topics: map[string]*topic{}}
	for _, name := range c.names.All() {
		meta, err := admin.Metadata(ctx, name)
		if err == nil {
			c.brokers = len(meta.Brokers)
			err = meta.Topics[name].Err
		}
		var resources kadm.ResourceConfigs
		if err == nil {
			resources, err = admin.DescribeTopicConfigs(ctx, name)
		}
		if err == nil && len(resources) == 1 {
			err = resources[0].Err
		}
		if errors.Is(err, kerr.UnknownTopicOrPartition) { // also if it was deleted just now: the client remembers topics for a moment
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("look at %s: %w", name, err)
		}
		c.topics[name] = topicOf(meta.Topics[name].Partitions, resources)
	}
	return c, nil
}

func topicOf(partitions kadm.PartitionDetails, resources kadm.ResourceConfigs) *topic {
	t := &topic{partitions: int32(len(partitions)), config: map[string]string{}}
	for _, p := range partitions {
		if n := int16(len(p.Replicas)); t.replication == 0 || n < t.replication {
			t.replication = n
		}
	}
	for _, r := range resources {
		for _, v := range r.Configs {
			t.config[v.Key] = v.MaybeValue()
		}
	}
	return t
}

// partitions is the count that all topics must have: that of the log, or of another topic that exists, or what was asked for. of names the
// topic that it is taken from.
func (c *cluster) partitions(s Settings) (n int32, of string) {
	for _, name := range c.names.All() {
		if t := c.topics[name]; t != nil {
			return t.partitions, name
		}
	}
	if s.Partitions > 0 {
		return s.Partitions, ""
	}
	return PartitionsDefault, ""
}

func (c *cluster) faults(s Settings) []Fault {
	out := []Fault{}
	partitions, of := c.partitions(s)
	replication := s.replication(c.brokers)
	if s.Partitions > 0 && s.Partitions != partitions {
		out = append(out, Fault{
			of, "partitions", strconv.Itoa(int(partitions)), strconv.Itoa(int(s.Partitions)) + ", as was asked for",
			"ask for no other count; races would change their partition. If there is no race yet, delete all topics and run " + c.init(),
		})
	}
	for _, name := range c.names.All() {
		t := c.topics[name]
		if t == nil {
			out = append(out, Fault{name, "the topic", missing, "there", c.init()})
			continue
		}
		if t.partitions != partitions {
			out = append(out, Fault{
				name, "partitions", strconv.Itoa(int(t.partitions)), fmt.Sprintf("%d, as %s has", partitions, of),
				"if it is empty, delete it and run " + c.init() + "; else begin with new topics (--kafka-prefix), for a race must have one partition",
			})
		}
		if t.replication < replication {
			out = append(out, Fault{
				name, "replication", strconv.Itoa(int(t.replication)), fmt.Sprintf("at least %d with %d brokers", replication, c.brokers),
				"kafka-reassign-partitions.sh with more replicas for each partition",
			})
		}
		for _, w := range s.settings(c.names, name, t.replication) {
			if is := t.config[w.name]; w.wrong != nil && w.wrong(is) {
				out = append(out, Fault{name, w.name, orNone(is), w.value, fmt.Sprintf(
					"kafka-configs.sh --bootstrap-server %s --alter --entity-type topics --entity-name %s --add-config %s=%s", c.seeds, name, w.name, w.value)})
			}
		}
	}
	return out
}

// init is the command that creates missing topics.
func (c *cluster) init() string {
	return "lightsout kafka init --kafka " + c.seeds + " --kafka-prefix " + c.prefix
}

func orNone(s string) string {
	if s == "" {
		return "not set"
	}
	return s
}

// Reach waits until a broker answers. waiting is told each new reason why none does. It returns at once if waiting is hopeless.
func Reach(ctx context.Context, client *kgo.Client, waiting func(err error)) error {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	var last error
	for {
		err := client.Ping(ctx)
		if err == nil || Hopeless(err) {
			return err
		}
		if ctx.Err() == nil { // else it says only that time is up
			if last == nil || last.Error() != err.Error() {
				waiting(err)
			}
			last = err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			if last == nil {
				return ctx.Err()
			}
			return fmt.Errorf("%w (%w)", last, ctx.Err())
		}
	}
}

// refusals are answers of a broker that stay the same until a person changes something.
var refusals = []error{
	kerr.SaslAuthenticationFailed, kerr.UnsupportedSaslMechanism, kerr.IllegalSaslState,
	kerr.TopicAuthorizationFailed, kerr.GroupAuthorizationFailed, kerr.ClusterAuthorizationFailed, kerr.TransactionalIDAuthorizationFailed,
	kerr.UnsupportedVersion, kerr.InvalidTopicException, kerr.InvalidConfig, kerr.PolicyViolation,
}

// Hopeless says that an error does not heal by waiting: the broker refuses the login or lacks a right, or TLS does not fit. Brokers that are
// away come back, and so may a connection that is closed at once: a proxy does that while the broker behind it starts.
func Hopeless(err error) bool {
	for _, refusal := range refusals {
		if errors.Is(err, refusal) {
			return true
		}
	}
	var (
		untrusted *tls.CertificateVerificationError
		notTLS    tls.RecordHeaderError
		unknown   x509.UnknownAuthorityError
		remote    *net.OpError
	)
	switch {
	case errors.As(err, &untrusted), errors.As(err, &notTLS), errors.As(err, &unknown):
		return true
	case errors.As(err, &remote) && remote.Op == "remote error": // the broker's TLS refuses ours, such as a client without certificate
		return true
	}
	// franz-go has no type for plain text answered by TLS.
	return err != nil && strings.Contains(err.Error(), "appear to be a tls alert record")
}
