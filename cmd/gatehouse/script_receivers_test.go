package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// startSyslog starts rsyslogd, which takes messages over TLS from those whom its
// authority vouches for. All that it has written stands in received/syslog when
// the script has ended.
func startSyslog(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg, args, 0)
	s := on(ts)
	daemon := testdata.StartSyslog(s.t)
	pair := daemon.Clients.Client(3, time.Now().Add(time.Hour))
	private, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	ts.Check(err)
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	for name, text := range map[string][]byte{
		"syslog.pem": daemon.Clients.PEM, "syslog-gate.pem": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}), "syslog-gate.key": key,
	} {
		ts.Check(os.WriteFile(ts.MkAbs(name), text, 0o600))
	}
	s.planted.addKey(ts.MkAbs("syslog-gate.key"), key)
	ts.Setenv("SYSLOG", "tls://"+daemon.TLS)
	name := receivedFile(ts, "syslog")
	s.arrived["syslog"] = func() error {
		return os.WriteFile(name, []byte(strings.Join(daemon.Messages(), "\n")+"\n"), 0o600)
	}
	ts.Defer(func() { s.arrived["syslog"]() })
}

// receivedFile is where what arrived at a receiver stands.
func receivedFile(ts *testscript.TestScript, name string) string {
	ts.Check(os.MkdirAll(ts.MkAbs("received"), 0o700))
	return filepath.Join(ts.MkAbs("received"), name)
}

// startBrokers starts brokers of Kafka with a topic, which want to know who
// produces: the user gate, whose password is $PLANTED_CLIENT. Another client
// reads what they have, and writes it into received/kafka: topic, key, fields,
// value.
func startBrokers(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg, args, 1)
	s := on(ts)
	password := ts.Getenv("PLANTED_CLIENT")
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, args[0]), kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-256", "gate", password))
	ts.Check(err)
	reader, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.ConsumeTopics(args[0]), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.SASL(scram.Auth{User: "gate", Pass: password}.AsSha256Mechanism()))
	ts.Check(err)
	file, err := os.Create(receivedFile(ts, "kafka"))
	ts.Check(err)
	ctx, end := context.WithCancel(context.Background())
	var reading sync.WaitGroup
	var failed error
	reading.Go(func() {
		for ctx.Err() == nil {
			reader.PollFetches(ctx).EachRecord(func(r *kgo.Record) {
				_, err := fmt.Fprintf(file, "%s %s %v %s\n", r.Topic, r.Key, r.Headers, r.Value)
				failed = errors.Join(failed, err)
			})
		}
	})
	ts.Setenv("BROKER", cluster.ListenAddrs()[0])
	s.arrived["kafka"] = func() error { return nil }
	ts.Defer(func() {
		end()
		reading.Wait()
		reader.Close()
		cluster.Close()
		ts.Check(errors.Join(failed, file.Close()))
	})
}

// waitArrived waits until what a receiver has holds a pattern so often.
func waitArrived(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg, args, 2)
	update, known := on(ts).arrived[args[0]]
	if !known {
		ts.Fatalf("arrived: there is no receiver %q", args[0])
	}
	pattern, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	for limit := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		ts.Check(update())
		text, err := os.ReadFile(receivedFile(ts, args[0]))
		ts.Check(err)
		if pattern.Match(text) {
			return
		}
		if time.Now().After(limit) {
			ts.Fatalf("%s did not get %q, but\n%s", args[0], args[1], text)
		}
	}
}
