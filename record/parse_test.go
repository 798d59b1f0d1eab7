package record_test

import (
	"bytes"
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/record"
)

// alert is one with every field.
var alert = gate.Event{
	ID: full.ID, Time: full.Time, Act: gate.Alerted, API: "shop", Operation: "login", Method: "POST", Path: "/login", Denied: true, Code: gate.CredentialInvalid,
	Kind: "order", Caller: 0x1f, Finding: gate.Finding{Class: "sql"}, JA4: "t13d", Client: full.Client, Country: "DE",
	Alert: &gate.Alert{Name: "guessing", Severity: "high", Rule: "threshold", Of: "caller", Count: 20, Window: time.Minute, Since: full.Time.Add(-time.Minute), Suppressed: 2, Events: []gate.ID{full.ID, full.ID}},
}

func TestAlertLine(t *testing.T) {
	const want = `{"time":"2031-02-03T04:05:06.007Z","event":"alert","id":"01jd0000000000000000000000","alert":"guessing","severity":"high","rule":"threshold","of":"caller","count":20,"window_s":60,` +
		`"since":"2031-02-03T04:04:06.007Z","suppressed":2,"api":"shop","operation":"login","method":"POST","path":"/login","code":"credential-invalid","kind":"order","caller":"000000000000001f","class":"sql","ja4":"t13d",` +
		`"client":"203.0.113.0/24","country":"DE","events":["01jd0000000000000000000000","01jd0000000000000000000000"]}` + "\n"
	if got := string(record.AppendEvent(nil, &alert)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestParseEvent reads every field back, and every name that one may have.
func TestParseEvent(t *testing.T) {
	whole := full
	whole.Asked, whole.Trimmed = "nginx", 3
	whole.Finding = gate.Finding{Class: "sql", Score: 100, Reasons: [4]string{"union", "a \"quoted\" <word>"}}
	list := []gate.Event{whole, {ID: full.ID, Time: full.Time}}
	for o := gate.Refused; o <= gate.Aborted; o++ {
		list = append(list, gate.Event{ID: full.ID, Time: full.Time, Outcome: o, Client: netip.MustParsePrefix("2001:db8::/48")})
	}
	for c := range gate.Codes {
		list = append(list, gate.Event{ID: full.ID, Time: full.Time, Denied: true, Code: c, Would: []gate.Code{c}})
	}
	for s := gate.NoAccept; s <= gate.Fingerprint; s <<= 1 {
		list = append(list, gate.Event{ID: full.ID, Time: full.Time, Signals: s})
	}
	for a := gate.Started; ; a++ {
		list = append(list, gate.Event{ID: full.ID, Time: full.Time, Act: a, By: "k1", On: "k2", Why: "w", Number: 7}, gate.Event{ID: full.ID, Time: full.Time, Act: a, Number: 7, TakenUp: full.Time.Add(time.Hour)})
		if a == gate.Changed {
			break
		}
	}
	over := alert
	over.Alert = &gate.Alert{Name: "guessing", Severity: "high", Rule: "threshold", Since: full.Time, Ends: full.ID}
	list = append(list, gate.Event{Time: full.Time, Act: gate.Lost, Number: 12}, alert, over, gate.Event{ID: full.ID, Time: full.Time, Act: gate.Alerted, Alert: &gate.Alert{}},
		gate.Event{ID: full.ID, Time: full.Time, Client: full.Client, Country: "DE"},
		gate.Event{ID: full.ID, Time: full.Time, Act: gate.Alerted, Alert: &gate.Alert{}, Principal: gate.Pseudonym{1}, Account: gate.Pseudonym{2}, Address: gate.Pseudonym{3}})
	var got gate.Event
	for _, want := range list {
		if err := record.ParseEvent(record.AppendEvent(nil, &want), &got); err != nil {
			t.Fatalf("%v: %+v", err, want)
		}
		if len(got.Rules) == 0 && len(want.Rules) == 0 {
			got.Rules, want.Rules = nil, nil
		}
		if len(got.Would) == 0 && len(want.Would) == 0 {
			got.Would, want.Would = nil, nil
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
}

// TestParseEventKeepsNothing overwrites a line that was read.
func TestParseEventKeepsNothing(t *testing.T) {
	line := record.AppendEvent(nil, &full)
	want := string(line)
	var e gate.Event
	if err := record.ParseEvent(line, &e); err != nil {
		t.Fatal(err)
	}
	clear(line)
	if got := string(record.AppendEvent(nil, &e)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestParseEventRefuses(t *testing.T) {
	good := string(record.AppendEvent(nil, &full))
	var e gate.Event
	if err := record.ParseEvent([]byte(strings.Replace(good, `{"`, ` { "new" : {"a":[1,"}"]} , "`, 1)), &e); err != nil || e.ID != full.ID {
		t.Errorf("a field that is not known: %v", err)
	}
	if err := record.ParseEvent([]byte(strings.Replace(good, `"exchange"`, `"eclipse"`, 1)), &e); !errors.Is(err, record.ErrOther) {
		t.Errorf("a kind that is not known: %v", err)
	}
	change := string(record.AppendEvent(nil, &gate.Event{Act: gate.Reloaded, ID: full.ID, Time: full.Time}))
	for _, act := range []string{"exchange", "lost", "alert", "no-such"} {
		if err := record.ParseEvent([]byte(strings.Replace(change, "reloaded", act, 1)), &e); err == nil || errors.Is(err, record.ErrOther) {
			t.Errorf("the act %s: %v", act, err)
		}
	}
	for name, change := range map[string][2]string{
		"time":        {"2031-02-03", "2031-02-33"},
		"no-time":     {`"time"`, `"tome"`},
		"id":          {`"01jd`, `"01jl`},
		"short-id":    {`"01jd`, `"1jd`},
		"outcome":     {`"refused"`, `"lucky"`},
		"mode":        {`"observe"`, `"sleep"`},
		"code":        {`"body-schema"`, `"code-255"`},
		"would":       {`"path-unknown"`, `"no-such"`},
		"would-text":  {`["path-unknown","body-media"]`, `"path-unknown"`},
		"signal":      {`"no-accept"`, `"no-such"`},
		"client":      {`203.0.113.0/24`, `203.0.113.0`},
		"status":      {`"status":400`, `"status":1000`},
		"status-text": {`"status":400`, `"status":"400"`},
		"negative":    {`"bytes_in":10`, `"bytes_in":-10`},
		"overflow":    {`"took_us":1500`, `"took_us":9223372036854775807`},
		"caller":      {`"000000000000001f"`, `"1f"`},
		"tls":         {`"tls":true`, `"tls":1`},
		"number":      {`"api":"pets"`, `"api":1`},
		"cut":         {`"tries":2}`, `"tries":2`},
		"list":        {`{"time"`, `[{"time"`},
		"kind":        {`"event":"exchange"`, `"event":""`},
		"many":        {`["clerks",`, `["clerks"` + strings.Repeat(`,"x"`, 40) + `,`},
	} {
		t.Run(name, func(t *testing.T) {
			line := strings.Replace(good, change[0], change[1], 1)
			if line == good {
				t.Fatal("nothing was changed")
			}
			if err := record.ParseEvent([]byte(line), &e); err == nil || errors.Is(err, record.ErrOther) {
				t.Errorf("%v: %s", err, line)
			}
		})
	}
}

// FuzzParseEvent reads whatever a file may hold: what is read is written as a
// line that says the same.
func FuzzParseEvent(f *testing.F) {
	f.Add(record.AppendEvent(nil, &full))
	f.Add(record.AppendEvent(nil, &gate.Event{ID: full.ID, Time: time.Unix(0, 0)}))
	f.Add([]byte(`{"time":"2031-02-03T04:05:07.000Z","event":"lost","count":1}`))
	f.Add(record.AppendEvent(nil, &gate.Event{Act: gate.Reloaded, ID: full.ID, Time: full.Time, Why: "files changed: a"}))
	f.Add(record.AppendEvent(nil, &alert))
	f.Add([]byte(` { "event" : "exchange", "event":[ {"a":"}"} , 1 ] } `))
	f.Fuzz(func(t *testing.T, line []byte) {
		var e, again gate.Event
		if record.ParseEvent(line, &e) != nil {
			return
		}
		written := record.AppendEvent(nil, &e)
		if err := record.ParseEvent(written, &again); err != nil {
			t.Fatalf("%v: %s", err, written)
		}
		if got := record.AppendEvent(nil, &again); !bytes.Equal(got, written) {
			t.Errorf("%s\n%s", written, got)
		}
	})
}

func BenchmarkParseEvent(b *testing.B) {
	line := record.AppendEvent(nil, &full)
	var e gate.Event
	b.ReportAllocs()
	for b.Loop() {
		if err := record.ParseEvent(line, &e); err != nil {
			b.Fatal(err)
		}
	}
}
