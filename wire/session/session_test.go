package session_test

import (
	"crypto/tls"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

func TestCheck(t *testing.T) {
	refuse := func(_ *tls.ConnectionState, host []byte) gate.Code {
		if string(host) == "a.test" {
			return gate.Undecided
		}
		return gate.HostInvalid
	}
	for _, row := range []struct {
		name   string
		verify func(*tls.ConnectionState, []byte) gate.Code
		tls    bool
		host   string
		want   gate.Code
	}{
		{"nobody-to-ask", nil, true, "b.test", gate.Undecided},
		{"no-tls", refuse, false, "b.test", gate.Undecided},
		{"may", refuse, true, "a.test", gate.Undecided},
		{"may-not", refuse, true, "b.test", gate.HostInvalid},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, c := &session.Shared{Verify: row.verify}, &session.Conn{}
			if row.tls {
				c.TLS = &tls.ConnectionState{}
			}
			if got := s.Check(c, []byte(row.host)); got != row.want {
				t.Errorf("%v, want %v", got, row.want)
			}
		})
	}
}

func TestLimitsHaveDefaults(t *testing.T) {
	l := session.Limits{HeadTimeout: time.Second}.WithDefaults()
	if l.HeadTimeout != time.Second || l.IdleTimeout <= 0 || l.HeadBytes <= 0 || l.BodyRate <= 0 {
		t.Errorf("%+v", l)
	}
}
