package ocsf

import (
	"strconv"

	"github.com/gatehouse-api/gatehouse/gate"
)

// appendLost appends Event Log Activity: events that are missing from the
// stream, which the schema has no activity for.
func (o *Encoder) appendLost(b []byte, e *gate.Event) []byte {
	l := list{o.begin(b, &eventLog, e, otherActivity, high)}
	l.b = append(l.b, `,"activity_name":"Lost"`...)
	l.b = status(l.b, false)
	l.text(`,"log_name":`, "events")
	l.text(`,"log_provider":`, "Gatehouse")
	l.text(`,"message":`, "events were lost")
	l.b = append(l.b, `,"count":`...)
	l.b = strconv.AppendInt(l.b, max(1, e.Number), 10)
	l.b = append(l.b, `,"actor":{"app_name":"Gatehouse"},"device":{"name":"unknown","type_id":0}`...)
	return append(l.b, '}', '\n')
}

// Activities of Application Lifecycle.
const (
	start = 3
	stop  = 4
)

// appendLifecycle appends Application Lifecycle.
func (o *Encoder) appendLifecycle(b []byte, e *gate.Event) []byte {
	activity := start
	if e.Act == gate.Stopped {
		activity = stop
	}
	l := list{o.begin(b, &lifecycle, e, activity, informational)}
	l.b = status(l.b, true)
	l.b = append(l.b, `,"app":{"name":"Gatehouse"`...)
	l.text(`,"version":`, o.version)
	l.b = append(l.b, '}')
	l.act(e)
	return append(l.b, '}', '\n')
}

// managed is what an act does to which kind of thing.
type managed struct {
	activity int
	severity int
	kind     string
}

// Activities of Entity Management.
const (
	create  = 1
	update  = 3
	remove  = 4 // Delete
	disable = 9
)

const configuration = "Policy" // as the schema calls it

// acts are those of Entity Management.
var acts = map[gate.Act]managed{
	gate.Reloaded:        {update, informational, configuration},
	gate.ReloadRefused:   {update, medium, configuration},
	gate.Adopted:         {update, informational, configuration},
	gate.KeyMade:         {create, informational, "Key"},
	gate.KeyReplaced:     {update, informational, "Key"},
	gate.KeyRevoked:      {disable, informational, "Key"},
	gate.Revoked:         {create, informational, "Revocation"},
	gate.Resealed:        {update, informational, "Store"},
	gate.OwnersKept:      {create, informational, "Owners"},
	gate.OwnersForgotten: {remove, informational, "Owners"},
	gate.Restored:        {update, medium, "Store"}, // keys that were revoked may be good again
	gate.TrustMade:       {create, informational, "Trust"},
	gate.TrustRotated:    {update, informational, "Trust"},
	gate.TrustDestroyed:  {remove, low, "Trust"}, // what it sealed is lost
	gate.TrustRewrapped:  {update, informational, "Trust"},
	gate.Changed:         {update, informational, "Store"},
}

// appendEntity appends Entity Management.
func (o *Encoder) appendEntity(b []byte, e *gate.Event) []byte {
	m, ok := acts[e.Act]
	if !ok {
		m = acts[gate.Changed]
	}
	l := list{o.begin(b, &entity, e, m.activity, m.severity)}
	l.b = status(l.b, e.Act != gate.ReloadRefused)
	l.b = append(l.b, `,"actor":{"user":{`...)
	if e.By == "" {
		l.b = append(l.b, `"name":"Gatehouse","type_id":3`...)
	} else {
		l.text(`,"uid":`, e.By)
		l.b = append(l.b, `,"type_id":2`...)
	}
	l.b = append(l.b, `}},"entity":{`...)
	if m.kind == configuration {
		l.b = append(l.b, `"name":"configuration","type_id":5,"type":"Policy","policy":{"name":"configuration"`...)
		l.b = append(l.b, `,"version":"`...)
		l.b = strconv.AppendInt(l.b, e.Number, 10)
		l.b = append(l.b, `"}`...)
	} else {
		l.text(`,"name":`, m.kind)
		l.text(`,"uid":`, e.On)
		l.b = append(l.b, `,"type_id":99`...)
		l.text(`,"type":`, m.kind)
	}
	l.b = append(l.b, '}')
	l.act(e)
	return append(l.b, '}', '\n')
}

// act appends what happened, in words of the gate.
func (l *list) act(e *gate.Event) {
	l.text(`,"message":`, e.Act.String())
	l.text(`,"status_detail":`, e.Why)
	l.b = append(l.b, `,"unmapped":{`...)
	l.text(`,"act":`, e.Act.String())
	l.number(`,"number":`, e.Number)
	l.b = append(l.b, '}')
}
