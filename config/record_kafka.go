package config

import (
	"net"

	"github.com/gatehouse-api/gatehouse/trust"
)

// SinkKafka is a topic of brokers that speak Kafka's protocol; each event is a record of it.
type SinkKafka struct {
	Place
	// Brokers are some of the brokers, which are asked for the others.
	Brokers []string `key:"brokers,required,min=1,max=64,form=broker,example=[\"kafka-1.example.com:9093\"]"`
	// Topic is where events are produced. It is there already.
	Topic string `key:"topic,required,form=topic,example=gatehouse-events"`
	// KeyBy is what the key of a record is: the hash of who called, the id of the trace, or nothing. Records of one key stay in order.
	KeyBy KafkaKey `key:"key_by,default=none"`
	// Compression is that of batches. Brokers that do not know it get them as they are.
	Compression KafkaCompression `key:"compression,default=zstd"`
	// SASL says who the gate is.
	SASL *SinkSASL `key:"sasl,example={mechanism: scram-sha-512, user: gatehouse, password: \"${env:KAFKA_PASSWORD}\"}"`
	// Plaintext has the gate speak without TLS.
	Plaintext bool `key:"plaintext"`
	// CA is a PEM file with the authorities that may vouch for the brokers' certificates, instead of the system's.
	CA File `key:"ca,example=ca.pem"`
	// Certificate is a PEM file with the certificate by which the brokers know the gate.
	Certificate File `key:"certificate,example=gate.crt"`
	// Key is a PEM file with the private key of that certificate.
	Key File `key:"key,example=gate.key"`
}

// SinkSASL says who the gate is by a password.
type SinkSASL struct {
	Place
	// Mechanism is how the password is shown: scram-sha-256 and scram-sha-512 prove that it is known, plain sends it.
	Mechanism SASLMechanism `key:"mechanism,default=scram-sha-512"`
	// User is the name of the gate at the brokers.
	User string `key:"user,required,form=value,example=gatehouse"`
	// Password is a secret: refer to it by ${env:NAME} or ${file:PATH}.
	Password trust.Secret `key:"password,required,example=${env:KAFKA_PASSWORD}"`
}

// KafkaKey is what the key of a record is.
type KafkaKey string

// The keys.
const (
	NoKey       KafkaKey = "none"
	KeyByCaller KafkaKey = "caller"
	KeyByTrace  KafkaKey = "trace"
)

// Words returns the keys.
func (KafkaKey) Words() []string {
	return []string{string(NoKey), string(KeyByCaller), string(KeyByTrace)}
}

// KafkaCompression is how batches are compressed.
type KafkaCompression string

// Words returns the compressions, as package kafka numbers them.
func (KafkaCompression) Words() []string { return []string{"none", "gzip", "snappy", "lz4", "zstd"} }

// SASLMechanism is how a password is shown.
type SASLMechanism string

// The mechanisms.
const (
	SASLPlain    SASLMechanism = "plain"
	SASLScram256 SASLMechanism = "scram-sha-256"
	SASLScram512 SASLMechanism = "scram-sha-512"
)

// Words returns the mechanisms.
func (SASLMechanism) Words() []string {
	return []string{string(SASLPlain), string(SASLScram256), string(SASLScram512)}
}

const topicPattern = "^[A-Za-z0-9._-]{1,249}$"

var topic = expression(topicPattern)

func judgeTopic(text string) (wrong, hint string) {
	if !topic().MatchString(text) || text == "." || text == ".." {
		return quote(text) + " is no name of a topic", "write 249 letters, digits and . _ - at most, like gatehouse-events"
	}
	return "", ""
}

func judgeBroker(text string) (wrong, hint string) {
	host, port, _ := cutPort(text)
	if bad, _ := judgeAddress(text); bad != "" || host == "" || port == "0" {
		return quote(text) + " is no host:port of a broker", "write it like kafka-1.example.com:9093"
	}
	return "", ""
}

// sinkKafka holds how brokers are reached to the rules.
func (d *decoder) sinkKafka(s *SinkKafka) {
	d.sinkPair(s.Place)
	if !s.Plaintext {
		return
	}
	for _, name := range []string{"ca", "certificate", "key"} {
		if s.has(name) {
			d.add("kafka-tls", s.At(name).node, "remove plaintext, or remove it", "the brokers are spoken to without TLS, so %s has no meaning", name)
		}
	}
	for i, broker := range s.Brokers {
		switch host, _, _ := net.SplitHostPort(broker); {
		case loopback(host) || len(host) == 0:
		case s.SASL != nil && s.SASL.Mechanism == SASLPlain:
			d.add("kafka-password", s.At("brokers").Item(i).node, "remove plaintext, or prove it by scram-sha-512", "the password is sent to this broker in plain text")
		default:
			d.warn("kafka-plain", s.At("brokers").Item(i).node, "remove plaintext, or see to it that nobody else is on that network", "events leave this machine unencrypted")
		}
	}
}
