package serve

import (
	"slices"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/record/sink"
	"github.com/gatehouse-api/gatehouse/record/sink/kafka"
)

// kafkaTries is after how many answers that call records too large or malformed
// they are laid aside.
const kafkaTries = 5

// kafka describes one that produces records.
func (one *sinkDraft) kafka(s *config.SinkKafka) *fault {
	o := kafka.Options{Brokers: s.Brokers, Topic: s.Topic, Codec: codec(s.Compression)}
	switch s.KeyBy {
	case config.KeyByCaller:
		o.Key = kafka.Caller
	case config.KeyByTrace:
		o.Key = kafka.Trace
	}
	if s.SASL != nil {
		o.User, o.Password = s.SASL.User, s.SASL.Password
		o.Mechanism = map[config.SASLMechanism]kafka.Mechanism{config.SASLPlain: kafka.Plain, config.SASLScram256: kafka.ScramSHA256, config.SASLScram512: kafka.ScramSHA512}[s.SASL.Mechanism]
	}
	one.options.Tries = kafkaTries
	var wrong *fault
	if !s.Plaintext {
		o.TLS, wrong = sinkTLS(s.Place, s.CA, s.Certificate, s.Key)
	}
	one.target = func() sink.Target { return kafka.New(o) }
	return wrong
}

// codec is the number of one that config knows.
func codec(name config.KafkaCompression) kafka.Codec {
	return kafka.Codec(max(0, slices.Index(name.Words(), string(name))))
}
