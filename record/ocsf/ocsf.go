// Package ocsf writes events in the Open Cybersecurity Schema Framework, version
// 1.8.0 (https://schema.ocsf.io/1.8.0): a second encoding of what package record
// writes in the gate's own form, from the same allow-list of facts. Package serve
// and deliveries of events import it; it imports gate and knows no schema: a test
// holds every kind of event against the published one.
package ocsf

import (
	"strconv"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Version is that of the schema.
const Version = "1.8.0"

// class is a kind of event in the schema.
type class struct {
	category, uid int
	name          string
	mark          string // is appended to the id of the event, which several lines tell of
	profiles      string // that its events take, as JSON
	open          int    // index of what every line of it begins with
}

// The classes that the gate writes.
var (
	apiActivity    = class{category: 6, uid: 6003, name: "API Activity", profiles: `["security_control"]`, open: 0}
	tracedActivity = class{category: 6, uid: 6003, name: "API Activity", profiles: `["security_control","trace"]`, open: 6}
	authentication = class{category: 3, uid: 3002, name: "Authentication", mark: "-authentication", profiles: `["security_control"]`, open: 1}
	finding        = class{category: 2, uid: 2004, name: "Detection Finding", mark: "-finding", profiles: `["security_control"]`, open: 2}
	lifecycle      = class{category: 6, uid: 6002, name: "Application Lifecycle", open: 3}
	entity         = class{category: 3, uid: 3004, name: "Entity Management", open: 4}
	alert          = class{category: 2, uid: 2004, name: "Detection Finding", open: 7}
	eventLog       = class{category: 1, uid: 1008, name: "Event Log Activity", open: 5}
)

// Encoder writes events. It is read-only: many goroutines may use it at once.
type Encoder struct {
	version string
	open    [8]string // what lines of a class begin with
}

// New returns an encoder of a program of a version, "" where that is not known.
func New(version string) *Encoder {
	o := &Encoder{version: version}
	for _, c := range []class{apiActivity, tracedActivity, authentication, finding, lifecycle, entity, eventLog, alert} {
		b := []byte(`{"category_uid":` + strconv.Itoa(c.category) + `,"class_uid":` + strconv.Itoa(c.uid) + `,"class_name":"` + c.name +
			`","metadata":{"version":"` + Version + `","product":{"name":"Gatehouse","vendor_name":"Gatehouse"`)
		if version != "" {
			b = gate.AppendString(append(b, `,"version":`...), version)
		}
		b = append(b, '}')
		if c.profiles != "" {
			b = append(b, `,"profiles":`+c.profiles...)
		}
		o.open[c.open] = string(append(b, `,"log_name":"events"`...))
	}
	return o
}

var plain = New("")

// Append is that of an Encoder which does not know the version of the program.
func Append(b []byte, e *gate.Event) []byte { return plain.Append(b, e) }

// Append appends e as lines of JSON, each with a line feed: one of API Activity
// for an exchange, and after it one of Authentication where a credential was
// refused or a login judged, and one of Detection Finding where something looked
// like an attack or like a program that pretends; one line for what happened to
// the gate itself. The lines of one event have the same correlation_uid.
func (o *Encoder) Append(b []byte, e *gate.Event) []byte {
	switch e.Act {
	case gate.Exchanged:
	case gate.Lost:
		return o.appendLost(b, e)
	case gate.Alerted:
		return o.appendAlert(b, e)
	case gate.Started, gate.Stopped:
		return o.appendLifecycle(b, e)
	default:
		return o.appendEntity(b, e)
	}
	b = o.appendActivity(b, e)
	if c, ok := authenticated(e); ok {
		b = o.appendAuthentication(b, e, c)
	}
	if e.Finding.Class != "" || e.Signals != 0 || saysBot(e) {
		b = o.appendFinding(b, e)
	}
	return b
}

// begin appends what every event has.
func (o *Encoder) begin(b []byte, c *class, e *gate.Event, activity, severity int) []byte {
	b = append(b, o.open[c.open]...)
	if e.ID != (gate.ID{}) {
		b = append(b, `,"uid":"`...)
		b = append(b, e.ID[:]...)
		b = append(b, c.mark...)
		b = append(b, `","correlation_uid":"`...)
		b = append(b, e.ID[:]...)
		b = append(b, '"')
	}
	if !e.TakenUp.IsZero() { // when it was logged; time is when it was done
		b = append(b, `,"logged_time":`...)
		b = strconv.AppendInt(b, e.TakenUp.UnixMilli(), 10)
	}
	b = append(b, `},"activity_id":`...)
	b = strconv.AppendInt(b, int64(activity), 10)
	b = append(b, `,"type_uid":`...)
	b = strconv.AppendInt(b, int64(c.uid*100+activity), 10)
	b = append(b, `,"time":`...)
	b = strconv.AppendInt(b, e.Time.UnixMilli(), 10)
	b = append(b, `,"severity_id":`...)
	return strconv.AppendInt(b, int64(severity), 10)
}

// Severities.
const (
	informational = 1
	low           = 2
	medium        = 3
	high          = 4
	critical      = 5
)

// status appends whether it succeeded.
func status(b []byte, ok bool) []byte {
	if ok {
		return append(b, `,"status_id":1,"status":"Success"`...)
	}
	return append(b, `,"status_id":2,"status":"Failure"`...)
}

// list is JSON that is being written. Members are given with the comma and the
// quotes of their names, as in `,"name":`; the first one loses the comma.
type list struct{ b []byte }

func (l *list) name(name string) {
	if c := l.b[len(l.b)-1]; c == '{' || c == '[' {
		name = name[1:]
	}
	l.b = append(l.b, name...)
}

func (l *list) text(name, value string) {
	if value != "" {
		l.name(name)
		l.b = gate.AppendString(l.b, value)
	}
}

func (l *list) number(name string, value int64) {
	if value != 0 {
		l.name(name)
		l.b = strconv.AppendInt(l.b, value, 10)
	}
}

// open begins an object or a list, and end ends it; one without a member is left
// out.
func (l *list) open(name string, bracket byte) (from int) {
	from = len(l.b)
	l.name(name)
	l.b = append(l.b, bracket)
	return from
}

func (l *list) end(from int, bracket byte) {
	if c := l.b[len(l.b)-1]; c == '{' || c == '[' {
		l.b = l.b[:from]
		return
	}
	l.b = append(l.b, bracket)
}
