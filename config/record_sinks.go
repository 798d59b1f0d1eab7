package config

import (
	"time"

	"github.com/gatehouse-api/gatehouse/trust"
)

// Sink is a receiver that gets events besides the place of record.events. What it does not take waits on disk, and holds up nobody. It is of one kind: file, webhook, syslog or kafka.
type Sink struct {
	Place
	// Name is what the sink is called in metrics and in the log; its folder below sinks_folder has the same name.
	Name string `key:"name,required,form=sink-name,example=siem"`
	// Only says which events the sink gets: those of which every key that stands here has one of its values. Without it, all.
	Only *SinkOnly `key:"only,example={outcome: [refused]}"`
	// Format is how the sink gets them: in the gate's own lines, or in the schema of OCSF, in which an event may be several lines. What waits on disk, and what was laid aside, are the gate's own lines.
	Format EventFormat `key:"format,default=lines"`
	// Backlog bounds what waits on disk. Beyond it the oldest events are dropped and counted.
	Backlog Bytes `key:"backlog,default=256MiB,min=1MiB,max=64GiB"`
	// Timeout bounds one delivery.
	Timeout time.Duration `key:"timeout,default=30s,min=1s,max=10m"`
	// File appends to a file that is put aside when it is large or old enough.
	File *SinkFile `key:"file,example={path: /var/log/gatehouse/events.jsonl}"`
	// Webhook posts to a server.
	Webhook *SinkWebhook `key:"webhook,example={url: \"https://siem.example.com/events\", secret: \"${env:SIEM_SECRET}\"}"`
	// Syslog sends to a syslog daemon.
	Syslog *SinkSyslog `key:"syslog,example={url: \"tls://logs.example.com:6514\"}"`
	// Kafka produces records of a topic.
	Kafka *SinkKafka `key:"kafka,example={brokers: [\"kafka-1.example.com:9093\"], topic: gatehouse-events}"`
}

// SinkOnly says which events a sink gets.
type SinkOnly struct {
	Place
	// Event are kinds of lines, as docs/events.md lists them.
	Event []string `key:"event,min=1,form=line-word,example=[exchange]"`
	// Outcome is how exchanges ended.
	Outcome []SinkOutcome `key:"outcome,min=1,example=[refused, failed]"`
	// Code are codes of refusals.
	Code []string `key:"code,min=1,form=line-word,example=[rate-limited]"`
	// API are names of APIs, as events have them.
	API []string `key:"api,min=1,form=name,example=[shop]"`
	// Operation are names of operations, as events have them.
	Operation []string `key:"operation,min=1,form=name,example=[addOrder]"`
}

// SinkOutcome is how an exchange ended.
type SinkOutcome string

// Words returns how exchanges end.
func (SinkOutcome) Words() []string {
	return []string{"refused", "passed", "replied", "failed", "aborted"}
}

// SinkFile is a file that events are appended to, one line of JSON each.
type SinkFile struct {
	Place
	// Path is the file. Its folder is there already.
	Path File `key:"path,required,example=/var/log/gatehouse/events.jsonl"`
	// MaxBytes is how large it may become before it is put aside under a name with the time.
	MaxBytes Bytes `key:"max_bytes,default=100MiB,min=64KiB,max=1TiB"`
	// MaxAge is how long it is written to, as 1d for a file each day (UTC).
	MaxAge time.Duration `key:"max_age,min=1m,max=365d,example=1d"`
	// Keep is how many files that were put aside are kept; the oldest are removed.
	Keep int `key:"keep,default=10,min=1,max=100000"`
}

// SinkWebhook is a server that events are posted to over HTTP.
type SinkWebhook struct {
	Place
	// URL is where they are posted: over https, or over http on this machine.
	URL string `key:"url,required,form=webhook,example=https://siem.example.com/events"`
	// Secret signs what is posted, by HMAC-SHA-256 as Standard Webhooks has it. Refer to it by ${env:NAME} or ${file:PATH}.
	Secret trust.Secret `key:"secret,example=${env:SIEM_SECRET}"`
	// Body is array for one JSON array, lines for one JSON value a line.
	Body SinkBody `key:"body,default=array"`
	// Fields are header fields that are sent as well. Their values are secrets: refer to them by ${env:NAME} or ${file:PATH}.
	Fields map[string]trust.Secret `key:"fields,keys=request-field,form=value,example={Authorization: \"Bearer ${env:SIEM_TOKEN}\"}"`
	// MaxEvents is how many are posted at once.
	MaxEvents int `key:"max_events,default=500,min=1,max=10000"`
	// Tries is after how many answers that call events malformed (such as 400 or 413) they are laid aside as files, so that what comes behind them is delivered.
	Tries int `key:"tries,default=5,min=1,max=100"`
	// CA is a PEM file with the authorities that may vouch for the server's certificate, instead of the system's.
	CA File `key:"ca,example=ca.pem"`
	// Certificate is a PEM file with the certificate by which the server knows the gate.
	Certificate File `key:"certificate,example=gate.crt"`
	// Key is a PEM file with the private key of that certificate.
	Key File `key:"key,example=gate.key"`
}

// SinkBody is how events stand in a body.
type SinkBody string

// The bodies.
const (
	ArrayBody SinkBody = "array"
	LinesBody SinkBody = "lines"
)

// Words returns the bodies.
func (SinkBody) Words() []string { return []string{string(ArrayBody), string(LinesBody)} }

// sinksFolder is where backlogs are when nothing is said.
const sinksFolder = "state/sinks"

const (
	sinkNamePattern = "^[a-z0-9][a-z0-9-]{0,63}$"
	lineWordPattern = "^[a-z0-9_-]{1,64}$"
)

var sinkName, lineWord = expression(sinkNamePattern), expression(lineWordPattern)

func judgeSinkName(text string) (wrong, hint string) {
	if !sinkName().MatchString(text) {
		return "the name " + quote(text) + " of a sink has other signs than small letters, digits and hyphens", "write it like siem-1; a folder is called so"
	}
	return "", ""
}

func judgeLineWord(text string) (wrong, hint string) {
	if !lineWord().MatchString(text) {
		return quote(text) + " is no word that events have", "write it as it stands in events, like body-schema"
	}
	return "", ""
}

func judgeWebhook(text string) (wrong, hint string) {
	const example = "write it like https://siem.example.com/events"
	if wrong, _ := judgeEndpoint(text); wrong != "" {
		return "the URL of a webhook is one of https, or of http on this machine, without user and fragment", example
	}
	return "", ""
}

// sinks holds sinks to one kind and a name of their own.
func (d *decoder) sinks(r *Record) {
	if r.SinksFolder == "" && !r.has("sinks_folder") {
		r.SinksFolder = File(d.path(sinksFolder))
	}
	names := make(map[string]bool)
	for i := range r.Sinks {
		s := &r.Sinks[i]
		if s.Name != "" && names[s.Name] {
			d.add("sink-twice", s.At("name").node, "give each its own", "another sink is called %s", quote(s.Name))
		}
		names[s.Name] = true
		if kinds := truths(s.has("file"), s.has("webhook"), s.has("syslog"), s.has("kafka")); kinds != 1 {
			d.add("sink-kind", s.Place.node, "write file, webhook, syslog or kafka, and for several receivers several sinks", "a sink has one receiver")
		}
		if w := s.Webhook; w != nil {
			d.sinkPair(w.Place)
			d.twice("field-twice", sortedNames(w.Fields), w.At("fields"))
		}
		if s.Syslog != nil {
			d.sinkSyslog(s.Syslog)
		}
		if s.Kafka != nil {
			d.sinkKafka(s.Kafka)
		}
	}
}

// sinkPair demands both files or none.
func (d *decoder) sinkPair(at Place) {
	switch {
	case at.has("certificate") && !at.has("key"):
		d.add("sink-pair", at.At("certificate").node, "add it, as in key: gate.key", "the certificate needs its key")
	case at.has("key") && !at.has("certificate"):
		d.add("sink-pair", at.At("key").node, "add it, as in certificate: gate.crt", "the key needs its certificate")
	}
}

// truths counts what holds.
func truths(list ...bool) (n int) {
	for _, b := range list {
		if b {
			n++
		}
	}
	return n
}
