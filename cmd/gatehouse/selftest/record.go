package selftest

import (
	"errors"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/ledger"
)

// record has a copy keep what it writes to itself, and tell nobody of its calls
// but the stand-in of f.
func (c *copied) record(s *config.Record, f *fault) {
	given := s.Sinks
	s.Events, s.Sinks, s.Alerts, s.OTLP = "none", nil, nil, nil
	s.SinksFolder, s.AlertsFolder = c.place("sinks", well), c.place("alerts", well)
	way := func(part string) way {
		if f != nil && f.part == part {
			return f.way
		}
		return well
	}
	if s.Ledger != nil { // that of the gate has one writer
		own := *s.Ledger
		own.Witnesses, own.Quorum = nil, 0
		s.Ledger = &own
		c.ledger(&own, way(partLedger))
	}
	if s.Archive != nil {
		own := *s.Archive
		own.Path = c.place("archive", way(partArchive))
		s.Archive = &own
	}
	if s.Pseudonyms != nil { // by a key of the copy
		s.Pseudonyms = &config.Pseudonyms{Place: s.Pseudonyms.Place, Addresses: s.Pseudonyms.Addresses}
	}
	switch w := way(partEvents); {
	case w != well:
		s.Events = string(c.place(eventsName, w))
	case f == nil:
	case f.part == partBacklog:
		s.SinksFolder = c.place("waiting", f.way)
		s.Sinks = []config.Sink{c.sink(&config.Sink{Webhook: new(config.SinkWebhook)}, well)}
	case f.part == partSink:
		s.Sinks = []config.Sink{c.sink(&given[f.at], f.way)}
	case f.part == partOTLP:
		s.Tracing = &config.Tracing{Place: s.Place, From: config.TracesOfProxies, Begin: true, SampleOneIn: 1}
		s.OTLP = &config.OTLP{Place: s.Place, URL: c.lever(f.way, taking("application/x-protobuf")).url(""), Send: []string{"traces"}, Service: "selftest", Interval: time.Minute}
	}
}

// place is where a copy writes what w makes fail: a file may stand where a folder
// has to be, and from some time on nothing may become larger.
func (c *copied) place(name string, w way) config.File {
	switch w {
	case blocked:
		return config.File(filepath.Join(string(c.file(well, name+".blocked", nil)), name))
	case jammed:
		c.breaks = c.jam
	}
	return config.File(filepath.Join(c.folder, name))
}

// jam has no file become larger until the copy ends.
func (c *copied) jam() {
	mend, err := jam()
	c.err, c.mend = errors.Join(c.err, err), mend
}

// ledger has a copy keep calls in a ledger of its own.
func (c *copied) ledger(s *config.Ledger, w way) {
	s.Path = c.place("ledger", w)
	switch w {
	case full:
		s.KeepFree = 1 << 62
	case locked:
		folder, err := ledger.WriteFolder(string(s.Path))
		if c.err = errors.Join(c.err, err); err == nil {
			c.ends = append(c.ends, func() { folder.Close() })
		}
	default:
		s.KeepFree = 1 // the disk of the copy is another one
	}
}

// eventsName is what the file of events of a copy is called.
const eventsName = "events.jsonl"

// sinkName is what the one sink of a copy is called.
const sinkName = "selftest"

// sink is a receiver of events like given, which fails by w and is told nothing
// of value.
func (c *copied) sink(given *config.Sink, w way) config.Sink {
	s := config.Sink{Place: given.Place, Name: sinkName, Format: given.Format, Backlog: 1 << 20, Timeout: waits}
	switch {
	case given.File != nil:
		s.File = &config.SinkFile{Place: given.File.Place, Path: c.place("sink.jsonl", w), MaxBytes: given.File.MaxBytes, Keep: given.File.Keep}
	case given.Syslog != nil:
		s.Syslog = &config.SinkSyslog{Place: given.Syslog.Place, Facility: "local0", Body: config.JSONBody, MaxMessage: 8 << 10, URL: "tcp://" + c.listener(w)}
	case given.Kafka != nil:
		s.Kafka = &config.SinkKafka{Place: given.Kafka.Place, Brokers: []string{c.listener(w)}, Topic: sinkName, KeyBy: "none", Plaintext: true}
	default:
		s.Webhook = &config.SinkWebhook{Place: given.Webhook.Place, URL: c.lever(w, taking("")).url("/"), Body: config.ArrayBody, MaxEvents: 500, Tries: 5}
	}
	return s
}

// listener takes whatever it is told, unless it fails by w, and says where.
func (c *copied) listener(w way) string {
	if w != well && w != gone {
		return c.lever(w, nil).address()
	}
	l, err := newTalker(func(client net.Conn) { io.Copy(io.Discard, client) })
	if err != nil {
		c.err = errors.Join(c.err, err)
		return "127.0.0.1:1"
	}
	if c.levers = append(c.levers, l); w == gone {
		c.breaks = l.close
	}
	return l.address()
}

// taking takes everything, and says nothing to it.
func taking(kind string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		if kind != "" {
			w.Header().Set("Content-Type", kind)
		}
	})
}

// records lists what is written of calls, and who is told of them.
func (l *lister) records() {
	const nobody = "no call that was made up comes to an API"
	r, call := &l.t.config.Record, l.t.anyCall()
	if r.Ledger != nil {
		const of = "the ledger, for calls that "
		l.add(dependency{name: of + "must be recorded", part: partLedger, kind: ledgers, call: l.t.calls.by[partLedger]}, "no call that was made up is recorded and comes to an API")
		l.add(dependency{name: of + "need not be", part: partLedger, kind: besideLedgers, call: l.t.calls.by[needUnrecorded]}, "all calls that were made up are recorded, or none comes to an API")
	}
	if r.Ledger != nil && len(r.Ledger.Witnesses) > 0 {
		l.untold("the witnesses of the ledger", untold["witnesses"])
	}
	if r.Events != "" && r.Events != "-" && r.Events != "none" {
		l.add(dependency{name: "the file of events, " + filepath.Base(r.Events), part: partEvents, kind: written(eventsName, eventsLost), call: call}, nobody)
	}
	if r.Archive != nil {
		l.add(dependency{name: "the archive of events", part: partArchive, kind: written("the archive of events cannot be kept", eventsLost), call: call}, nobody)
	}
	for i := range r.Sinks {
		s, kind := &r.Sinks[i], webhooks
		switch {
		case s.File != nil:
			kind = sinkFiles
		case s.Syslog != nil:
			kind = syslogs
		case s.Kafka != nil:
			kind = brokers
			l.untold("the sink "+s.Name+", once it took events", untold["brokers"])
		}
		l.add(dependency{name: "the sink " + s.Name, part: partSink, at: i, kind: kind, call: call}, nobody)
	}
	if len(r.Sinks) > 0 {
		l.add(dependency{name: "what waits on disk for sinks", part: partBacklog, kind: written("the backlog of the sink", sinkDrops), call: call}, nobody)
	}
	if len(r.Alerts) > 0 {
		l.untold("alerts", untold["alerts"])
	}
	if r.OTLP != nil {
		l.add(dependency{name: "the receiver of OpenTelemetry", part: partOTLP, kind: receivers, call: call}, nobody)
	}
	if !jams && (r.Ledger != nil || r.Archive != nil || len(r.Sinks) > 0 || r.Events != "" && r.Events != "-" && r.Events != "none") {
		l.untold("disks that become full", "this system does not bound how large files may become")
	}
}
