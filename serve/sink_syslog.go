package serve

import (
	"slices"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/record/sink"
	"github.com/gatehouse-api/gatehouse/record/sink/syslog"
)

// syslog describes one that sends to a daemon.
func (one *sinkDraft) syslog(s *config.SinkSyslog) *fault {
	o := syslog.Options{Facility: facility(s.Facility), MaxMessage: int(s.MaxMessage)}
	o.Refused = o.Facility
	if s.RefusedFacility != "" {
		o.Refused = facility(s.RefusedFacility)
	}
	if s.Body == config.CEEBody {
		o.Cookie = "@cee: "
	}
	var secure bool
	var wrong *fault
	if o.Network, o.Address, secure = s.Address(); secure {
		o.TLS, wrong = sinkTLS(s.Place, s.CA, s.Certificate, s.Key)
	}
	one.target = func() sink.Target { return syslog.New(o) }
	return wrong
}

// facility is the number of one that config knows.
func facility(name config.SyslogFacility) syslog.Facility {
	return syslog.Facility(max(0, slices.Index(syslog.Facilities, string(name))))
}
