package syslog

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

func line(id string) string {
	return `{"time":"2031-02-03T04:05:06.123Z","event":"exchange","id":"` + id + `","outcome":"refused","operation":"é"}` + "\n"
}

func give(to *Target, text string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return to.Deliver(ctx, []byte(text), strings.Count(text, "\n"))
}

// secure are options for TLS with a daemon, with the certificate of a client
// that it knows.
func secure(t *testing.T, s *testdata.Syslog) Options {
	pool := x509.NewCertPool()
	pool.AddCert(s.Clients.Cert)
	return Options{Network: "tcp", Address: s.TLS, Facility: 16, Refused: 10, TLS: &tls.Config{
		RootCAs: pool, Certificates: []tls.Certificate{s.Clients.Client(3, time.Now().Add(time.Hour))}}}
}

// TestRsyslog has rsyslogd read what is sent, by each way to it, to the last
// field of the JSON.
func TestRsyslog(t *testing.T) {
	s := testdata.StartSyslog(t)
	for name, o := range map[string]Options{
		"tls": secure(t, s), "tcp": {Network: "tcp", Address: s.TCP, Facility: 16, Refused: 10}, "unix": {Network: "unixgram", Address: s.Socket, Facility: 16, Refused: 10},
	} {
		t.Run(name, func(t *testing.T) {
			to := target(o)
			if err := give(to, line(name+"-1")+line(name+"-2")); err != nil {
				t.Fatal(err)
			}
			if err := to.Close(); err != nil {
				t.Error(err)
			}
			// The daemon writes the id as it read it from the JSON.
			s.Wait(` gate1 gatehouse 42 exchange [meta sequenceId="2"] `+name+`-2 {"time":`, "authpriv.warning 2031-02-03T04:05:06.123", `"operation":"\u00e9"}`)
			s.Wait(`sequenceId="1"] ` + name + `-1 {`)
		})
	}
}

// TestStranger is a receiver that does not know the gate, one that the gate does
// not know, and one that is not there: nothing counts as delivered.
func TestStranger(t *testing.T) {
	s := testdata.StartSyslog(t)
	without, other, gone := secure(t, s), secure(t, s), secure(t, s)
	without.TLS.Certificates = nil
	other.TLS.RootCAs = x509.NewCertPool()
	gone.Address = "localhost:1"
	for name, o := range map[string]Options{"no-certificate": without, "unknown-authority": other, "not-there": gone} {
		t.Run(name, func(t *testing.T) {
			to := target(o)
			defer to.Close()
			to.least = 20 * time.Second // which ends with the connection
			for range 2 {
				if err := give(to, line("stranger")); err == nil {
					t.Error("it was delivered")
				}
			}
		})
	}
	if text := strings.Join(s.Messages(), "\n"); strings.Contains(text, "stranger") {
		t.Error(text)
	}
}

// TestKilled kills rsyslogd again and again while lines are sent: each that
// counted as delivered is there in the end, though some come twice.
func TestKilled(t *testing.T) {
	s := testdata.StartSyslog(t)
	to := target(secure(t, s))
	var all []string
	for n := range 60 {
		if n%20 == 10 {
			s.Kill()
			if err := give(to, line("down")); err == nil {
				t.Error("it was delivered to nobody")
			}
			s.Start()
		}
		id := fmt.Sprintf("%03d", n)
		all = append(all, `"id":"`+id+`"`)
		for try := 0; ; try++ {
			err := give(to, line(id))
			if err == nil {
				break
			}
			if try == 5 {
				t.Fatal(err)
			}
		}
	}
	to.Close()
	s.Wait(all...)
}
