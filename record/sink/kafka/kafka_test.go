package kafka

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/record/sink"
	"github.com/gatehouse-api/gatehouse/trust"
)

const lines = `{"event":"exchange","id":"1","trace":"4bf9","caller":"00aa"}` + "\n" + `{"event":"lost","count":3}` + "\n"

// brokers are some that know the topic events.
func brokers(t *testing.T, more ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(2), kfake.SeedTopics(3, "events")}, more...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func target(t *testing.T, o Options) *Target {
	t.Helper()
	if o.Topic == "" {
		o.Topic = "events"
	}
	to := New(o)
	t.Cleanup(func() { to.Close() })
	return to
}

func give(to *Target, text string, within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	return to.Deliver(ctx, []byte(text), strings.Count(text, "\n"))
}

// consume reads records until n of them are there, and writes each as its key
// and its value.
func consume(t *testing.T, n int, options ...kgo.Opt) map[string]int {
	t.Helper()
	c, err := kgo.NewClient(append(options, kgo.ConsumeTopics("events"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))...)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	found := map[string]int{}
	for n > 0 {
		f := c.PollFetches(ctx)
		if ctx.Err() != nil {
			t.Fatal(found, " and no more")
		}
		f.EachRecord(func(r *kgo.Record) { found[string(r.Key)+" "+string(r.Value)]++; n-- })
	}
	return found
}

// guarded are brokers that want TLS and to know who calls, and how the gate does
// that.
func guarded(t *testing.T, m Mechanism, name string) (*kfake.Cluster, Options) {
	t.Helper()
	ca := testdata.NewAuthority(t, "brokers")
	server := ca.Issue(2, &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	pool := x509.NewCertPool()
	pool.AddCert(ca.Cert)
	c := brokers(t, kfake.EnableSASL(), kfake.Superuser(name, "gate", "planted"), kfake.TLS(&tls.Config{Certificates: []tls.Certificate{server}}))
	return c, Options{Brokers: c.ListenAddrs(), TLS: &tls.Config{RootCAs: pool}, Mechanism: m, User: "gate", Password: trust.NewSecret("planted")}
}

// TestDeliver has another client read what was produced, by each way to say who
// the gate is.
func TestDeliver(t *testing.T) {
	for m, name := range map[Mechanism]string{Plain: "PLAIN", ScramSHA256: "SCRAM-SHA-256", ScramSHA512: "SCRAM-SHA-512"} {
		t.Run(name, func(t *testing.T) {
			c, o := guarded(t, m, name)
			o.Codec, o.Key = Zstd, []Key{NoKey, Caller, Trace, NoKey}[m]
			if err := give(target(t, o), lines, 20*time.Second); err != nil {
				t.Fatal(err)
			}
			found := consume(t, 2, kgo.SeedBrokers(c.ListenAddrs()...), kgo.DialTLSConfig(o.TLS), kgo.SASL(mechanism(&o)))
			key := map[Key]string{Caller: "00aa", Trace: "4bf9"}[o.Key]
			for i, line := range strings.Split(strings.TrimSpace(lines), "\n") {
				if found[[]string{key, ""}[i]+" "+line] != 1 {
					t.Error(found)
				}
			}
		})
	}
}

// TestStranger is a gate that the brokers do not know, and brokers that the gate
// does not know.
func TestStranger(t *testing.T) {
	c, o := guarded(t, Plain, "PLAIN")
	wrong := o
	wrong.Password = trust.NewSecret("planted-otherwise")
	if err := give(target(t, wrong), lines, 20*time.Second); err == nil || strings.Contains(err.Error(), "planted") {
		t.Error(err)
	}
	wrong = o
	wrong.TLS = &tls.Config{RootCAs: x509.NewCertPool()}
	if err := give(target(t, wrong), lines, 20*time.Second); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Error(err)
	}
	if err := give(target(t, o), lines, 20*time.Second); err != nil {
		t.Error(err)
	}
	if found := consume(t, 2, kgo.SeedBrokers(c.ListenAddrs()...), kgo.DialTLSConfig(o.TLS), kgo.SASL(mechanism(&o))); len(found) != 2 {
		t.Error(found)
	}
}

// TestCodecs compresses by each.
func TestCodecs(t *testing.T) {
	c := brokers(t)
	for codec := None; codec <= Zstd; codec++ {
		if err := give(target(t, Options{Brokers: c.ListenAddrs(), Codec: codec}), fmt.Sprintf("{\"id\":\"%d\"}\n", codec), 20*time.Second); err != nil {
			t.Error(codec, err)
		}
	}
	if found := consume(t, 5, kgo.SeedBrokers(c.ListenAddrs()...)); len(found) != 5 {
		t.Error(found)
	}
}

// TestKeys reads the key of lines and of events in OCSF.
func TestKeys(t *testing.T) {
	const schema = `{"actor":{"user":{"uid":"00aa","type_id":0}},"trace":{"uid":"4bf9","span":{"uid":"00f0"}}}`
	for _, row := range []struct {
		key        Key
		line, want string
	}{
		{NoKey, lines, ""}, {Caller, lines, "00aa"}, {Trace, lines, "4bf9"}, {Caller, schema, "00aa"}, {Trace, schema, "4bf9"}, {Caller, `{"event":"lost"}`, ""},
	} {
		if got := New(Options{Key: row.key}).keyOf([]byte(row.line)); string(got) != row.want {
			t.Errorf("%d of %s: %q", row.key, row.line, got)
		}
	}
}

// TestGone are brokers that are not there, and one that answers nothing: a
// delivery ends in time and says why.
func TestGone(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for address, why := range map[string]string{"127.0.0.1:1": "refused", silent.Addr().String(): "in time"} {
		to := target(t, Options{Brokers: []string{address}})
		begun := time.Now()
		err := give(to, lines, map[string]time.Duration{"refused": 30 * time.Second, "in time": time.Second}[why])
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Error(err)
		}
		if took := time.Since(begun); took > 20*time.Second {
			t.Error("it took ", took)
		}
	}
}

// TestMute is a broker that goes silent once it knows the gate, and then
// answers again: what was not acknowledged is delivered by the next delivery.
func TestMute(t *testing.T) {
	c := brokers(t)
	to := target(t, Options{Brokers: c.ListenAddrs()})
	if err := give(to, lines, 20*time.Second); err != nil {
		t.Fatal(err)
	}
	speak := make(chan struct{})
	c.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		c.SleepControl(func() { <-speak })
		return nil, errors.New("the connection ends"), true
	})
	begun := time.Now()
	if err := give(to, `{"id":"mute"}`+"\n", time.Second); err == nil {
		t.Error("it was delivered")
	}
	if took := time.Since(begun); took > 20*time.Second {
		t.Error(took)
	}
	close(speak)
	if err := give(to, `{"id":"mute"}`+"\n", 20*time.Second); err != nil {
		t.Error(err)
	}
	if found := consume(t, 3, kgo.SeedBrokers(c.ListenAddrs()...)); found[` {"id":"mute"}`] == 0 {
		t.Error(found)
	}
}

// TestRefused lays aside what a broker never takes, and waits for what it may
// take later.
func TestRefused(t *testing.T) {
	for _, row := range []struct {
		err     *kerr.Error
		refused bool
	}{{kerr.MessageTooLarge, true}, {kerr.InvalidRecord, true}, {kerr.TopicAuthorizationFailed, false}} {
		t.Run(row.err.Message, func(t *testing.T) {
			c := brokers(t)
			c.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
				c.KeepControl()
				return refusal(r.(*kmsg.ProduceRequest), row.err.Code), nil, true
			})
			err := give(target(t, Options{Brokers: c.ListenAddrs()}), lines, 20*time.Second)
			var f *sink.Failure
			if !errors.As(err, &f) || f.Refused != row.refused || !strings.Contains(f.Text, row.err.Message) {
				t.Error(err)
			}
		})
	}
	c := brokers(t)
	err := give(target(t, Options{Brokers: c.ListenAddrs(), Topic: "nowhere"}), lines, 20*time.Second)
	var f *sink.Failure
	if !errors.As(err, &f) || f.Refused || !strings.Contains(f.Text, "UNKNOWN_TOPIC") {
		t.Error(err)
	}
}

// refusal answers each partition of a request with a code.
func refusal(r *kmsg.ProduceRequest, code int16) kmsg.Response {
	a := r.ResponseKind().(*kmsg.ProduceResponse)
	for _, topic := range r.Topics {
		one := kmsg.NewProduceResponseTopic()
		one.Topic, one.TopicID = topic.Topic, topic.TopicID
		for _, p := range topic.Partitions {
			part := kmsg.NewProduceResponseTopicPartition()
			part.Partition, part.ErrorCode = p.Partition, code
			one.Partitions = append(one.Partitions, part)
		}
		a.Topics = append(a.Topics, one)
	}
	return a
}
