// Package kafka is a sink's receiver that produces lines as records of a topic,
// to brokers that speak Kafka's protocol. Package serve makes it; of lines it
// knows the field that is a record's key.
package kafka

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/gatehouse-api/gatehouse/record/sink"
	"github.com/gatehouse-api/gatehouse/trust"
)

// Mechanism is how the gate says who it is.
type Mechanism uint8

// The mechanisms of SASL.
const (
	NoSASL      Mechanism = iota
	Plain                 // RFC 4616
	ScramSHA256           // RFC 7677
	ScramSHA512
)

// Key says what the key of a record is. Records of one key stay in order.
type Key uint8

// The keys.
const (
	NoKey  Key = iota
	Caller     // the hash of who called
	Trace      // the id of the trace
)

// Codec is how batches are compressed.
type Codec uint8

// The codecs.
const (
	None Codec = iota
	Gzip
	Snappy
	LZ4
	Zstd
)

// Options say where records go.
type Options struct {
	Brokers   []string // host:port of those that are asked for the others
	Topic     string
	Key       Key
	Codec     Codec       // brokers that do not know it get batches as they are
	TLS       *tls.Config // nil for none
	Mechanism Mechanism
	User      string
	Password  trust.Secret
}

// Target produces records. It keeps those of one delivery at most: what waits,
// waits in the backlog.
type Target struct {
	o      Options
	client *kgo.Client // nil until the first delivery
	doors  doors
}

var _ sink.Target = (*Target)(nil)

// Bounds of the client, each far above what a delivery has.
const (
	maxRecords = 50_000
	maxBytes   = 32 << 20
)

// New connects to nothing yet.
func New(o Options) *Target { return &Target{o: o} }

// open makes the client, which has goroutines of its own from then on.
func (t *Target) open() (err error) {
	t.doors.most = int64(len(t.o.Brokers))
	list := []kgo.Opt{
		kgo.SeedBrokers(t.o.Brokers...), kgo.ClientID("gatehouse"), kgo.WithHooks(&t.doors),
		kgo.DefaultProduceTopic(t.o.Topic), kgo.RequiredAcks(kgo.AllISRAcks()), kgo.ProducerLinger(0),
		kgo.MaxBufferedRecords(maxRecords), kgo.MaxBufferedBytes(maxBytes), kgo.ProducerBatchCompression(codecs(t.o.Codec)...),
		// A delivery ends in time. Records of one that was given up may be there
		// already: they come twice, as with every sink.
		kgo.AllowIdempotentProduceCancellation(),
		kgo.DialTimeout(10 * time.Second), kgo.MetadataMinAge(time.Second), kgo.ConnIdleTimeout(9 * time.Minute),
	}
	if t.o.TLS != nil {
		list = append(list, kgo.DialTLSConfig(t.o.TLS)) // the names of brokers are verified
	}
	if m := mechanism(&t.o); m != nil {
		list = append(list, kgo.SASL(m))
	}
	t.client, err = kgo.NewClient(list...)
	return err
}

func codecs(c Codec) []kgo.CompressionCodec {
	none := kgo.NoCompression()
	switch c {
	case Gzip:
		return []kgo.CompressionCodec{kgo.GzipCompression(), none}
	case Snappy:
		return []kgo.CompressionCodec{kgo.SnappyCompression(), none}
	case LZ4:
		return []kgo.CompressionCodec{kgo.Lz4Compression(), none}
	case Zstd:
		return []kgo.CompressionCodec{kgo.ZstdCompression(), none}
	}
	return []kgo.CompressionCodec{none}
}

func mechanism(o *Options) sasl.Mechanism {
	switch o.Mechanism {
	case Plain:
		return plain.Auth{User: o.User, Pass: o.Password.Reveal()}.AsMechanism()
	case ScramSHA256:
		return scram.Auth{User: o.User, Pass: o.Password.Reveal()}.AsSha256Mechanism()
	case ScramSHA512:
		return scram.Auth{User: o.User, Pass: o.Password.Reveal()}.AsSha512Mechanism()
	}
	return nil
}

// Deliver implements sink.Target. It returns when all replicas in step have the
// records.
func (t *Target) Deliver(ctx context.Context, lines []byte, count int) error {
	if t.client == nil {
		if err := t.open(); err != nil {
			return err
		}
	}
	records := make([]*kgo.Record, 0, count)
	for line := range bytes.Lines(bytes.Clone(lines)) {
		line = bytes.TrimSuffix(line, []byte{'\n'})
		records = append(records, &kgo.Record{Key: t.keyOf(line), Value: line})
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	t.doors.watch(cancel)
	err := t.client.ProduceSync(ctx, records...).FirstErr()
	if err == nil {
		return nil
	}
	return failure(err, context.Cause(ctx))
}

// keyOf is what a line has as its key, in the gate's own form or that of OCSF; nil
// for nothing, and then any partition does.
func (t *Target) keyOf(line []byte) []byte {
	var fields [2]string
	switch t.o.Key {
	case Caller:
		fields = [2]string{`"caller":"`, `"user":{"uid":"`}
	case Trace:
		fields = [2]string{`"trace":"`, `"trace":{"uid":"`}
	}
	for _, field := range fields {
		if field == "" {
			break
		}
		if value, ok := sink.Field(line, field); ok {
			return value
		}
	}
	return nil
}

// failure says what an error means, and why the delivery was ended if it was.
func failure(err, why error) error {
	for _, refused := range []*kerr.Error{kerr.MessageTooLarge, kerr.InvalidRecord, kerr.RecordListTooLarge} {
		if errors.Is(err, refused) {
			return &sink.Failure{Text: "the broker answered " + refused.Message, Refused: true}
		}
	}
	var said *kerr.Error
	switch {
	case errors.As(err, &said):
		return &sink.Failure{Text: "the broker answered " + said.Message}
	case errors.Is(why, context.DeadlineExceeded):
		return errors.New("no broker took the records in time")
	case why != nil:
		return why
	}
	return err
}

// Close implements sink.Target.
func (t *Target) Close() error {
	if t.client != nil {
		t.client.Close()
	}
	return nil
}

// doors count connections to brokers that failed in a row, and end a delivery at
// so many that no broker seems to be there: the client would go on trying until
// time is out, and then say no more than that.
type doors struct {
	most   int64
	closed atomic.Int64
	end    atomic.Pointer[context.CancelCauseFunc]
}

var _ kgo.HookBrokerConnect = (*doors)(nil)

// watch begins to count for a delivery.
func (d *doors) watch(end context.CancelCauseFunc) {
	d.closed.Store(0)
	d.end.Store(&end)
}

// OnBrokerConnect implements kgo.HookBrokerConnect.
func (d *doors) OnBrokerConnect(_ kgo.BrokerMetadata, _ time.Duration, _ net.Conn, err error) {
	if err == nil {
		d.closed.Store(0)
		return
	}
	if end := d.end.Load(); d.closed.Add(1) >= d.most && end != nil {
		(*end)(fmt.Errorf("no broker can be reached: %w", err))
	}
}
