package kafka_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"lightsout/race"
	"lightsout/transport/kafka"
	"lightsout/transport/kafka/kafkatest"
	"lightsout/transport/login"
)

// The hashes are those of Kafka's UtilsTest.testMurmur2, as Java's signed numbers. librdkafka's murmur2_random has the same.
func TestPartition_IsThatOfJavaClients(t *testing.T) {
	for key, hash := range map[string]int32{
		"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536,
		"a-little-bit-longer-string": -1486304829, "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971, "abc": 479470107,
	} {
		for _, partitions := range []int32{1, 3, 12, 1000} {
			if got, want := kafka.Partition(race.ID(key), partitions), (hash&0x7fffffff)%partitions; got != want {
				t.Errorf("%s of %d: %d, Java says %d", key, partitions, got, want)
			}
		}
	}
}

// places are the brokers that tests of topics run on.
func places(t *testing.T, test func(t *testing.T, client *kgo.Client, prefix string)) {
	t.Helper()
	on := func(brokers func(t *testing.T) []string) func(t *testing.T) {
		return func(t *testing.T) {
			c := kafka.DefaultConfig()
			c.Brokers = brokers(t)
			test(t, mustClient(t, c), kafkatest.Prefix(t, kgo.SeedBrokers(c.Brokers...)))
		}
	}
	t.Run("fake", on(func(t *testing.T) []string {
		fake := kfake.MustCluster(kfake.NumBrokers(1))
		t.Cleanup(fake.Close)
		return fake.ListenAddrs()
	}))
	t.Run("real", on(func(t *testing.T) []string { return kafkatest.Start(t) }))
}

func mustClient(t *testing.T, c kafka.Config) *kgo.Client {
	t.Helper()
	opts, err := c.Options()
	if err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func mustInit(t *testing.T, client *kgo.Client, prefix string, s kafka.Settings) *kafka.Report {
	t.Helper()
	report, err := kafka.Init(within(t, 20*time.Second), client, prefix, s)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// mustDelete deletes a topic, and waits until the broker knows it no more, which takes a moment.
func mustDelete(t *testing.T, client *kgo.Client, prefix, ending string) {
	t.Helper()
	if _, err := kadm.NewClient(client).DeleteTopic(within(t, 10*time.Second), prefix+ending); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		faults, err := kafka.Check(within(t, 10*time.Second), client, prefix, kafka.DefaultSettings())
		if slices.ContainsFunc(faults, func(f kafka.Fault) bool { return f.Topic == prefix+ending && f.Is == "missing" }) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the topic does not go: %v, %v", faults, err)
		}
	}
}

func TestInit_CreatesTheTopicsOnceAndChecksThem(t *testing.T) {
	places(t, func(t *testing.T, client *kgo.Client, prefix string) {
		s := kafka.DefaultSettings()
		faults, err := kafka.Check(within(t, 10*time.Second), client, prefix, s)
		if err != nil || len(faults) != 6 || faults[0].Is != "missing" || !strings.HasSuffix(faults[0].Mend, " --kafka-prefix "+prefix) {
			t.Errorf("before: %v, %v", faults, err)
		}
		first := mustInit(t, client, prefix, s)
		if len(first.Created) != 6 || len(first.Faults) != 0 || first.Partitions != 12 || first.Replication != 1 || first.Brokers != 1 {
			t.Errorf("created: %+v", first)
		}
		again := mustInit(t, client, prefix, s)
		if len(again.Created) != 0 || len(again.Existing) != 6 || len(again.Faults) != 0 {
			t.Errorf("again: %+v", again)
		}
		if faults, err := kafka.Check(within(t, 10*time.Second), client, prefix, s); err != nil || len(faults) != 0 {
			t.Errorf("after: %v, %v", faults, err)
		}
		mustDelete(t, client, prefix, ".dead")
		if report := mustInit(t, client, prefix, s); !slices.Equal(report.Created, []string{prefix + ".dead"}) {
			t.Errorf("one was missing: %+v", report)
		}
	})
}

func TestInit_GivesNewTopicsThePartitionsOfTheLog(t *testing.T) {
	places(t, func(t *testing.T, client *kgo.Client, prefix string) {
		s := kafka.DefaultSettings()
		s.Partitions = 3
		mustInit(t, client, prefix, s)
		mustDelete(t, client, prefix, ".facts")
		s.Partitions = 0
		if report := mustInit(t, client, prefix, s); report.Partitions != 3 || len(report.Created) != 1 || len(report.Faults) != 0 {
			t.Errorf("without a count: %+v", report)
		}
		s.Partitions = 5
		report := mustInit(t, client, prefix, s)
		if len(report.Faults) != 1 || report.Faults[0].Is != "3" || !strings.HasPrefix(report.Faults[0].Should, "5") {
			t.Errorf("another count: %+v", report)
		}
	})
}

func TestInit_NeverMakesATopicOfAnotherCountThanTheLogHas(t *testing.T) {
	places(t, func(t *testing.T, client *kgo.Client, prefix string) {
		s := kafka.DefaultSettings()
		if _, err := kadm.NewClient(client).CreateTopic(within(t, 10*time.Second), 3, 1, nil, prefix+".log"); err != nil {
			t.Fatal(err)
		}
		s.Partitions = 5
		report := mustInit(t, client, prefix, s)
		if report.Partitions != 3 || len(report.Created) != 5 {
			t.Errorf("%+v", report)
		}
	})
}

func TestCheck_NamesEachWrongSettingAndHowToMendIt(t *testing.T) {
	places(t, func(t *testing.T, client *kgo.Client, prefix string) {
		s := kafka.DefaultSettings()
		ctx := within(t, 20*time.Second)
		admin := kadm.NewClient(client)
		text := func(v string) *string { return &v }
		for topic, partitions := range map[string]int32{".log": 2, ".facts": 4} {
			if _, err := admin.CreateTopic(ctx, partitions, 1, nil, prefix+topic); err != nil {
				t.Fatal(err)
			}
		}
		mustInit(t, client, prefix, s)
		for topic, wrong := range map[string][]kadm.AlterConfig{
			".log":       {{Name: "retention.bytes", Value: text("1000000")}},
			".state":     {{Name: "cleanup.policy", Value: text("delete")}},
			".telemetry": {{Name: "message.timestamp.type", Value: text("CreateTime")}, {Name: "retention.ms", Value: text("3600000")}},
			".commands":  {{Name: "max.message.bytes", Value: text("1000000")}},
			".dead":      {{Name: "min.insync.replicas", Value: text("2")}},
		} {
			if res, err := admin.AlterTopicConfigs(ctx, wrong, prefix+topic); err != nil || res[0].Err != nil {
				t.Fatal(err, res)
			}
		}
		want := []string{
			".log message.timestamp.type CreateTime LogAppendTime", ".log max.message.bytes 1048588 16777216",
			".log retention.ms 604800000 -1", ".log retention.bytes 1000000 -1", ".commands max.message.bytes 1000000 16777216",
			".telemetry message.timestamp.type CreateTime LogAppendTime", ".state cleanup.policy delete compact",
			".facts partitions 4 2, as " + prefix + ".log has", ".facts message.timestamp.type CreateTime LogAppendTime",
			".facts max.message.bytes 1048588 16777216", ".dead min.insync.replicas 2 1",
		}
		var got []string
		for range 50 { // a change of settings takes a moment to reach the broker
			faults, err := kafka.Check(ctx, client, prefix, s)
			if err != nil {
				t.Fatal(err)
			}
			got = got[:0]
			for _, f := range faults {
				got = append(got, strings.TrimPrefix(f.Topic, prefix)+" "+f.Setting+" "+f.Is+" "+f.Should)
				if strings.Contains(f.Setting, ".") && !strings.HasSuffix(f.Mend, "--entity-name "+f.Topic+" --add-config "+f.Setting+"="+f.Should) {
					t.Errorf("to mend %s: %s", f.Setting, f.Mend)
				}
			}
			if slices.Equal(got, want) {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Errorf("found\n%s\nexpected\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	})
}

func TestCheck_WantsThreeCopiesWhereThereAreThreeBrokers(t *testing.T) {
	fake := kfake.MustCluster(kfake.NumBrokers(3))
	defer fake.Close()
	c := kafka.DefaultConfig()
	c.Brokers = fake.ListenAddrs()
	client := mustClient(t, c)
	s := kafka.DefaultSettings()
	s.Replication = 2
	if report := mustInit(t, client, "few", s); report.Replication != 2 || len(report.Faults) != 0 {
		t.Errorf("two asked for: %+v", report)
	}
	s.Replication = 0
	faults, err := kafka.Check(t.Context(), client, "few", s)
	if err != nil || len(faults) != 6 || faults[0].Setting != "replication" || faults[0].Should != "at least 3 with 3 brokers" {
		t.Errorf("two where there should be three: %v, %v", faults, err)
	}
	report := mustInit(t, client, "many", s)
	if report.Replication != 3 || len(report.Faults) != 0 {
		t.Errorf("three: %+v", report)
	}
	resources, err := kadm.NewClient(client).DescribeTopicConfigs(t.Context(), "many.log")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range resources[0].Configs {
		if v.Key == "min.insync.replicas" && v.MaybeValue() != "2" {
			t.Errorf("%s is %s", v.Key, v.MaybeValue())
		}
	}
}

func TestSettings_NamesEachFault(t *testing.T) {
	err := kafka.Settings{Partitions: -1, Replication: 101}.Validate()
	if err == nil || strings.Count(err.Error(), "allowed") != 3 {
		t.Error(err)
	}
	client := mustClient(t, kafka.Config{Brokers: []string{"127.0.0.1:1"}, Prefix: "x"})
	if _, err := kafka.Init(t.Context(), client, "x", kafka.Settings{}); err == nil || kafka.Hopeless(err) {
		t.Error(err)
	}
	if _, err := kafka.Check(t.Context(), client, "x", kafka.Settings{}); err == nil {
		t.Error("checked")
	}
}

func TestReach_WaitsForABrokerThatIsAwayAndSaysWhyOnce(t *testing.T) {
	fake := kfake.MustCluster(kfake.NumBrokers(1))
	c := kafka.DefaultConfig()
	c.Brokers = fake.ListenAddrs()
	client := mustClient(t, c)
	said := 0
	if err := kafka.Reach(within(t, 10*time.Second), client, func(error) { said++ }); err != nil || said != 0 {
		t.Errorf("it is there: %v, %d", err, said)
	}
	fake.Close()
	c.Brokers = []string{"127.0.0.1:1"}
	err := kafka.Reach(within(t, 1200*time.Millisecond), mustClient(t, c), func(err error) {
		said++
		if !strings.Contains(err.Error(), "refused") {
			t.Errorf("it says %v", err)
		}
	})
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "refused") || kafka.Hopeless(err) || said != 1 {
		t.Errorf("it is away: %v, said %d times", err, said)
	}
}

func TestProduce_OfTheLargestMessageIsReadBackWithTheBrokersTime(t *testing.T) {
	places(t, func(t *testing.T, client *kgo.Client, prefix string) {
		s := kafka.DefaultSettings()
		s.Partitions = 2
		mustInit(t, client, prefix, s)
		large := bytes.Repeat([]byte{1, 2, 3, 4}, (kafka.MessageBytesMax-1024)/4)
		sent := &kgo.Record{Topic: prefix + ".log", Partition: 1, Value: large, Timestamp: time.Unix(1, 0)}
		if err := client.ProduceSync(within(t, 20*time.Second), sent).FirstErr(); err != nil {
			t.Fatal(err)
		}
		client.AddConsumePartitions(map[string]map[int32]kgo.Offset{prefix + ".log": {1: kgo.NewOffset().AtStart()}})
		got := client.PollFetches(within(t, 20*time.Second)).Records()
		if len(got) != 1 || !bytes.Equal(got[0].Value, large) || strings.HasSuffix(t.Name(), "real") && time.Since(got[0].Timestamp) > time.Hour {
			t.Errorf("%d records came back", len(got))
		}
	})
}

// The rights that docs/KAFKA.md lists for init must do for init and check.
func TestSecure_LoginTLSAndRights(t *testing.T) {
	secure := kafkatest.StartSecure(t)
	var log bytes.Buffer
	config := func(change func(c *kafka.Config)) kafka.Config {
		c := kafka.DefaultConfig()
		c.Brokers, c.TLS, c.CAFile = secure.Brokers, true, secure.CA
		c.SASL, c.User, c.Password = kafka.SASLScramSHA256, secure.User, login.Secret(secure.Password)
		c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		change(&c)
		return c
	}
	s := kafka.DefaultSettings()
	for _, mechanism := range []string{kafka.SASLScramSHA256, kafka.SASLPlain} {
		client := mustClient(t, config(func(c *kafka.Config) { c.SASL = mechanism }))
		if report := mustInit(t, client, mechanism, s); len(report.Created) != 6 || len(report.Faults) != 0 {
			t.Errorf("%s: %+v", mechanism, report)
		}
		if faults, err := kafka.Check(within(t, 10*time.Second), client, mechanism, s); err != nil || len(faults) != 0 {
			t.Errorf("%s: %v, %v", mechanism, faults, err)
		}
	}

	refused := func(name string, err error, want string) {
		t.Helper()
		if err == nil || !kafka.Hopeless(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, hopeless: %t, expected %q", name, err, kafka.Hopeless(err), want)
		}
		if err != nil && strings.Contains(err.Error(), secure.Password) {
			t.Errorf("%s: the password is in %v", name, err)
		}
	}
	stranger := mustClient(t, config(func(c *kafka.Config) { c.User = secure.Stranger }))
	_, err := kafka.Check(within(t, 10*time.Second), stranger, kafka.SASLPlain, s)
	refused("the stranger checks", err, "plain.log: TOPIC_AUTHORIZATION_FAILED")
	_, err = kafka.Init(within(t, 10*time.Second), stranger, "other", s)
	refused("the stranger inits", err, "other.log: TOPIC_AUTHORIZATION_FAILED")

	for name, v := range map[string]struct {
		change func(c *kafka.Config)
		want   string
	}{
		"wrong CA":             {func(c *kafka.Config) { c.CAFile = "" }, "certificate signed by unknown authority"},
		"wrong password":       {func(c *kafka.Config) { c.Password = "wrong-" + c.Password }, "SASL_AUTHENTICATION_FAILED"},
		"wrong password plain": {func(c *kafka.Config) { c.Password, c.SASL = "wrong-"+c.Password, kafka.SASLPlain }, "SASL_AUTHENTICATION_FAILED"},
		"unknown user":         {func(c *kafka.Config) { c.User = "nobody" }, "SASL_AUTHENTICATION_FAILED"},
		"other mechanism":      {func(c *kafka.Config) { c.SASL = kafka.SASLScramSHA512 }, "UNSUPPORTED_SASL_MECHANISM"},
		"no TLS":               {func(c *kafka.Config) { c.TLS, c.CAFile = false, "" }, "tls alert"},
	} {
		refused(name, kafka.Reach(within(t, 10*time.Second), mustClient(t, config(v.change)), func(err error) { t.Errorf("%s: waits: %v", name, err) }), v.want)
	}
	if strings.Contains(log.String(), secure.Password) {
		t.Errorf("the password is in the log:\n%s", log.String())
	}

	admin := kadm.NewClient(mustClient(t, config(func(*kafka.Config) {})))
	allow := kadm.NewACLs().Allow("User:"+secure.Stranger).AllowHosts("*").Topics("other.").ResourcePatternType(kmsg.ACLResourcePatternTypePrefixed).
		Operations(kadm.OpCreate, kadm.OpDescribe, kadm.OpDescribeConfigs)
	if _, err := admin.CreateACLs(within(t, 10*time.Second), allow); err != nil {
		t.Fatal(err)
	}
	for range 50 { // a new right takes a moment to reach the broker
		var report *kafka.Report
		if report, err = kafka.Init(within(t, 10*time.Second), stranger, "other", s); err == nil {
			if len(report.Created) != 6 || len(report.Faults) != 0 {
				t.Errorf("with the rights of init: %+v", report)
			}
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil {
		t.Errorf("with the rights of init: %v", err)
	}
}
