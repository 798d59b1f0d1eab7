package syslog

import (
	"crypto/tls"
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/record"
	"github.com/gatehouse-api/gatehouse/record/ocsf"
)

// overTLS are options for syslog-ng, with the certificate of a client that it
// knows.
func overTLS(s *testdata.SyslogNG) Options {
	pool := x509.NewCertPool()
	pool.AddCert(s.Clients.Cert)
	return Options{Network: "tcp", Address: s.TLS, Facility: 16, Refused: 10, TLS: &tls.Config{
		RootCAs: pool, Certificates: []tls.Certificate{s.Clients.Client(3, time.Now().Add(time.Hour))}}}
}

// TestSyslogNG has syslog-ng read what is sent over TLS, to the fields of the
// JSON, and sort it by the MSGID: the gate's own lines, and those of OCSF behind
// the marker of CEE.
func TestSyslogNG(t *testing.T) {
	at := time.Date(2031, 2, 3, 4, 5, 6, 7e6, time.UTC)
	call := gate.Event{ID: gate.ID([]byte("01jd0000000000000000000001")), Time: at, Outcome: gate.Refused, Denied: true, Code: gate.CredentialInvalid, Status: 401, Method: "GET", Operation: "é"}
	over := gate.Event{ID: gate.ID([]byte("01jd0000000000000000000002")), Time: at, Act: gate.Alerted,
		Alert: &gate.Alert{Name: "silence", Severity: "critical", Rule: "absence", Ends: call.ID, Since: at}}
	t.Run("own", func(t *testing.T) {
		s := testdata.StartSyslogNG(t, "")
		sendAll(t, overTLS(s), record.AppendEvent(record.AppendEvent(nil, &call), &over))
		s.Wait(false, "authpriv.warning 2031-02-03T04:05:06+00:00 gate1 gatehouse 42 exchange 1 01jd0000000000000000000001 é")
		s.Wait(true, "local0.crit 2031-02-03T04:05:06+00:00 gate1 gatehouse 42 alert 2 01jd0000000000000000000002 ")
		if n := strings.Count(s.Messages(true)+s.Messages(false), "\n"); n != 2 {
			t.Error(n, " messages")
		}
	})
	t.Run("ocsf", func(t *testing.T) {
		s := testdata.StartSyslogNG(t, "@cee:")
		o := overTLS(s)
		o.Cookie = "@cee: "
		sendAll(t, o, ocsf.Append(ocsf.Append(nil, &call), &over))
		s.Wait(false, "authpriv.notice 2031-02-03T04:05:06+00:00 gate1 gatehouse 42 exchange 1 01jd0000000000000000000001 6003",
			"authpriv.notice 2031-02-03T04:05:06+00:00 gate1 gatehouse 42 authentication 2 01jd0000000000000000000001-authentication 3002")
		s.Wait(true, "local0.crit 2031-02-03T04:05:06+00:00 gate1 gatehouse 42 alert 3 01jd0000000000000000000002 2004")
	})
}

func sendAll(t *testing.T, o Options, lines []byte) {
	t.Helper()
	to := target(o)
	if err := give(to, string(lines)); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Error(err)
	}
}

// TestSyslogNGStranger shows syslog-ng no certificate, or one of somebody else:
// nothing counts as delivered.
func TestSyslogNGStranger(t *testing.T) {
	s := testdata.StartSyslogNG(t, "")
	without, other := overTLS(s), overTLS(s)
	without.TLS.Certificates = nil
	other.TLS.Certificates = []tls.Certificate{testdata.NewAuthority(t, "other").Client(3, time.Now().Add(time.Hour))}
	for name, o := range map[string]Options{"no-certificate": without, "unknown-authority": other} {
		t.Run(name, func(t *testing.T) {
			to := target(o)
			defer to.Close()
			to.least = 20 * time.Second // which ends with the connection
			if err := give(to, line("stranger")); err == nil {
				t.Error("it was delivered")
			}
		})
	}
	if got := s.Messages(false); got != "" {
		t.Error(got)
	}
}
