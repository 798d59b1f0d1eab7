package alert_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/record/alert"
)

var begin = time.Date(2031, 2, 3, 4, 0, 0, 0, time.UTC)

// bench is an engine with its own clock, that writes alerts as text.
type bench struct {
	*alert.Engine
	now  time.Time
	told []string
	ids  []gate.ID // of told
}

func newBench(rules ...alert.Rule) *bench {
	b := &bench{now: begin}
	b.Engine = alert.New(func(e *gate.Event) {
		a := e.Alert
		text := fmt.Sprintf("%s %s %s %d", e.Time.Sub(begin), a.Name, a.Rule, a.Count)
		for _, said := range []string{e.Operation, e.Country, a.Of} {
			if said != "" {
				text += " " + said
			}
		}
		if e.Client.IsValid() {
			text += " " + e.Client.String()
		}
		if e.Caller != 0 {
			text += fmt.Sprint(" caller ", e.Caller)
		}
		if a.Ends != (gate.ID{}) {
			text += fmt.Sprintf(" over since %s", a.Since.Sub(begin))
			if a.Ends == e.ID || !slices.Contains(b.ids, a.Ends) {
				text += " of nothing that was told"
			}
		}
		b.ids = append(b.ids, e.ID)
		if a.Suppressed > 0 {
			text += fmt.Sprint(" suppressed ", a.Suppressed)
		}
		b.told = append(b.told, text)
	})
	b.Use(rules, b.now, nil)
	return b
}

// after lets time pass in ticks of a second, and then shows an event.
func (b *bench) after(d time.Duration, change func(*gate.Event)) {
	for ; d >= time.Second; d -= time.Second {
		b.now = b.now.Add(time.Second)
		b.Tick(b.now)
	}
	b.now = b.now.Add(d)
	if change == nil {
		return
	}
	e := gate.Event{ID: gate.NewID(b.now), Time: b.now, API: "shop", Operation: "login", Method: "POST", Path: "/login", Status: 401,
		Denied: true, Code: gate.CredentialInvalid, Client: netip.MustParsePrefix("203.0.113.0/24"), Caller: 1}
	change(&e)
	b.See(&e, b.now)
}

func (b *bench) want(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(b.told, want) {
		t.Errorf("told\n  %s\nwant\n  %s", strings.Join(b.told, "\n  "), strings.Join(want, "\n  "))
	}
}

func same(*gate.Event) {}

func from(n int) func(*gate.Event) {
	return func(e *gate.Event) {
		e.Client = netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(n >> 8), byte(n), 0}), 24)
	}
}

func by(n uint64) func(*gate.Event) { return func(e *gate.Event) { e.Caller = n } }

func TestThreshold(t *testing.T) {
	rule := alert.Rule{Name: "a", Quiet: time.Minute, Threshold: &alert.Threshold{Count: 3, Window: 10 * time.Second}}
	t.Run("slides", func(t *testing.T) {
		b := newBench(rule)
		for _, d := range []time.Duration{0, 9, 1, 8, 1} { // at 0, 9, 10, 18, 19: three in ten seconds are there at 18
			b.after(d*time.Second, same)
		}
		b.want(t, "18s a threshold 3")
	})
	t.Run("is-quiet-then", func(t *testing.T) {
		b := newBench(rule)
		for range 9 {
			b.after(time.Second, same)
		}
		b.want(t, "3s a threshold 3")
		if s := b.Stats()[0]; s.Quiet != 2 || s.Told != 1 || s.Matched != 9 || s.Peak != 3 {
			t.Errorf("%+v", s)
		}
		b.after(time.Minute, same)
		b.after(0, same)
		b.after(0, same)
		b.want(t, "3s a threshold 3", "1m9s a threshold 3")
	})
	t.Run("apart", func(t *testing.T) {
		r := rule
		r.By = []alert.Field{alert.Address, alert.Operation}
		b := newBench(r)
		for range 2 {
			b.after(0, from(1))
			b.after(0, from(2))
			b.after(0, func(e *gate.Event) { e.Client = netip.Prefix{} }) // which says nothing
			b.after(0, func(e *gate.Event) { e.Operation = "" })
		}
		b.want(t)
		b.after(time.Second, from(2))
		b.want(t, "1s a threshold 3 login 10.0.2.0/24")
	})
	t.Run("distinct", func(t *testing.T) {
		r := rule
		r.Threshold = &alert.Threshold{Count: 3, Distinct: alert.Caller, Window: 10 * time.Second}
		b := newBench(r)
		for _, n := range []uint64{1, 2, 1, 2, 0, 1} {
			b.after(time.Second, by(n))
		}
		b.want(t)
		b.after(7*time.Second, by(3)) // at 13, when 2 was last seen at 4 and 1 at 6
		b.after(0, by(4))
		b.want(t, "13s a threshold 3 caller")
	})
	t.Run("many", func(t *testing.T) {
		b := newBench(alert.Rule{Name: "a", Threshold: &alert.Threshold{Count: 1000, Window: time.Minute}})
		for range 999 {
			b.after(50*time.Millisecond, same)
		}
		b.want(t)
		b.after(50*time.Millisecond, same)
		b.want(t, "50s a threshold 1000")
		for range 2000 { // 600 in a minute are too few
			b.after(100*time.Millisecond, same)
		}
		b.want(t, "50s a threshold 1000")
	})
}

// TestAlertsSayOfWhat: an alert has the ids of events in the window, and what they
// have in common alone.
func TestAlertsSayOfWhat(t *testing.T) {
	var got *gate.Event
	g := alert.New(func(e *gate.Event) { got = e })
	g.Use([]alert.Rule{{Name: "a", Severity: "high", By: []alert.Field{alert.Code, alert.Kind, alert.Class, alert.JA4, alert.API, alert.Country},
		Threshold: &alert.Threshold{Count: 3, Window: 10 * time.Second}}}, begin, nil)
	var ids []gate.ID
	for i := range 4 {
		at := begin.Add(time.Duration(i) * 4 * time.Second)
		e := gate.Event{ID: gate.NewID(at), Time: at, API: "shop", Operation: "login", Denied: true, Code: gate.OwnerDenied, Kind: "order", JA4: "t13d", Country: "DE", Caller: 7}
		e.Finding.Class = "sql"
		if i == 0 {
			e.Code = gate.BodySchema
		}
		ids = append(ids, e.ID)
		g.See(&e, at)
	}
	if got == nil {
		t.Fatal("nothing was told")
	}
	want := gate.Event{ID: got.ID, Act: gate.Alerted, Time: begin.Add(12 * time.Second), API: "shop", Denied: true, Code: gate.OwnerDenied, Kind: "order", JA4: "t13d", Country: "DE"}
	want.Finding.Class = "sql"
	if a := got.Alert; a.Severity != "high" || !slices.Equal(a.Events, ids[1:]) || !a.Since.Equal(begin.Add(4*time.Second)) || a.Window != 10*time.Second {
		t.Errorf("%+v", got.Alert)
	}
	got.Alert = nil
	if g, w := fmt.Sprintf("%+v", *got), fmt.Sprintf("%+v", want); g != w {
		t.Errorf("got  %s\nwant %s", g, w)
	}
}

func TestFirstSeen(t *testing.T) {
	b := newBench(alert.Rule{Name: "a", By: []alert.Field{alert.Operation}, FirstSeen: &alert.FirstSeen{Value: alert.Caller, Learn: time.Minute}})
	other := func(e *gate.Event) { e.Operation, e.Caller = "pay", 1 }
	b.after(0, by(1))
	b.after(time.Second, by(2))
	b.after(time.Minute, by(1)) // known
	b.after(0, by(3))
	b.after(0, by(3))
	b.after(0, by(0)) // nobody
	b.after(time.Second, other)
	b.want(t, "1m1s a first-seen 1 login caller caller 3", "1m2s a first-seen 1 pay caller caller 1")
}

func TestAbsence(t *testing.T) {
	rule := alert.Rule{Name: "a", Quiet: 20 * time.Second, Absence: &alert.Absence{Window: 10 * time.Second}}
	t.Run("of-all", func(t *testing.T) {
		b := newBench(rule)
		b.after(9*time.Second, same)
		b.after(9*time.Second, same)
		b.want(t)
		b.after(45*time.Second, same) // silent since 18
		b.after(10*time.Second, nil)
		b.want(t, "28s a absence 0", "48s a absence 0", "1m13s a absence 0")
	})
	t.Run("from-the-start", func(t *testing.T) {
		b := newBench(rule)
		b.after(10*time.Second, nil)
		b.want(t, "10s a absence 0")
	})
	t.Run("apart", func(t *testing.T) {
		r := rule
		r.By = []alert.Field{alert.Address}
		b := newBench(r)
		b.after(30*time.Second, from(1))
		b.after(6*time.Second, from(2))
		b.after(6*time.Second, from(2))
		b.after(30*time.Second, nil)
		b.after(time.Second, from(1))
		b.after(10*time.Second, nil)
		b.want(t, "40s a absence 0 10.0.1.0/24", "52s a absence 0 10.0.2.0/24", "1m23s a absence 0 10.0.1.0/24")
	})
	t.Run("seen-late", func(t *testing.T) { // in a replay nothing ticks between events
		b := newBench(rule)
		b.after(0, same)
		b.now = b.now.Add(time.Minute)
		b.after(0, same)
		b.want(t, "10s a absence 0", "30s a absence 0", "50s a absence 0")
	})
}

// TestFloods: a rule tells so much and no more, and says later how much it did not.
func TestFloods(t *testing.T) {
	b := newBench(alert.Rule{Name: "a", FirstSeen: &alert.FirstSeen{Value: alert.Caller}})
	for n := range uint64(100) {
		b.after(0, by(n+1))
	}
	if len(b.told) != 20 {
		t.Errorf("%d were told at once", len(b.told))
	}
	b.told = nil
	b.after(30*time.Second, by(200))
	b.after(0, by(201))
	b.want(t, "30s a first-seen 1 caller caller 200 suppressed 80")
	if s := b.Stats()[0]; s.Told != 21 || s.Flooded != 81 || s.Groups != 102 {
		t.Errorf("%+v", s)
	}
}

// TestManyClients: whoever does much is seen among any number of others, of whom
// a bounded number is remembered.
func TestManyClients(t *testing.T) {
	b := newBench(alert.Rule{Name: "a", Quiet: time.Hour, By: []alert.Field{alert.Address}, Threshold: &alert.Threshold{Count: 30, Window: time.Hour}})
	for i := range 30_000 {
		b.after(time.Millisecond, from(i+1))
		if i%1000 == 0 {
			b.after(0, same)
		}
	}
	b.want(t, "29.001s a threshold 30 203.0.113.0/24")
	if s := b.Stats()[0]; s.Groups != 4096 || s.Evicted == 0 {
		t.Errorf("%+v", s)
	}
	b.after(2*time.Hour, nil)
	if s := b.Stats()[0]; s.Groups != 0 {
		t.Errorf("%d groups are remembered for nothing", s.Groups)
	}
}

func TestManyValues(t *testing.T) {
	b := newBench(alert.Rule{Name: "a", FirstSeen: &alert.FirstSeen{Value: alert.Caller, Learn: time.Hour}})
	for n := range uint64(70_000) {
		b.after(0, by(n+1))
	}
	if s := b.Stats()[0]; s.Groups != 1<<16 || s.Evicted != 70_000-1<<16 {
		t.Errorf("%+v", s)
	}
}

func TestWhen(t *testing.T) {
	network := netip.MustParsePrefix
	for name, row := range map[string]struct {
		when alert.When
		want bool
	}{
		"all":             {alert.When{}, true},
		"act":             {alert.When{Acts: []gate.Act{gate.KeyMade}}, false},
		"outcome":         {alert.When{Outcomes: []gate.Outcome{gate.Passed, gate.Refused}}, true},
		"another-outcome": {alert.When{Outcomes: []gate.Outcome{gate.Passed}}, false},
		"code":            {alert.When{Codes: []gate.Code{gate.CredentialInvalid}}, true},
		"would":           {alert.When{Codes: []gate.Code{gate.BodySchema}}, true},
		"another-code":    {alert.When{Codes: []gate.Code{gate.BodySyntax}}, false},
		"api":             {alert.When{APIs: []string{"shop"}}, true},
		"another-api":     {alert.When{APIs: []string{"pets"}}, false},
		"operation":       {alert.When{Operation: []string{"x", "login"}}, true},
		"path":            {alert.When{Operation: []string{"POST /login"}}, true},
		"another-path":    {alert.When{Operation: []string{"POST /logins", "GET /login", "POST", ""}}, false},
		"caller":          {alert.When{Callers: []string{"0000000000000001"}}, true},
		"pseudonym":       {alert.When{Callers: []string{"00000000000000000000000000000007"}}, true},
		"account":         {alert.When{Callers: []string{"00000000000000000000000000000008"}}, true},
		"another-caller":  {alert.When{Callers: []string{"0000000000000002", "00000000000000000000000000000009", "00"}}, false},
		"address":         {alert.When{Networks: []netip.Prefix{network("203.0.113.9/32")}}, true},
		"another-address": {alert.When{Networks: []netip.Prefix{network("203.0.112.0/24"), network("::/0")}}, false},
		"country":         {alert.When{Countries: []string{"DE"}}, true},
		"another-country": {alert.When{Countries: []string{"FR"}}, false},
		"kind":            {alert.When{Kinds: []string{"order"}}, true},
		"another-kind":    {alert.When{Kinds: []string{"orders"}}, false},
		"class":           {alert.When{Classes: []string{"sql"}}, true},
		"another-class":   {alert.When{Classes: []string{"xss"}}, false},
		"status":          {alert.When{Statuses: []alert.Statuses{{500, 599}, {401, 401}}}, true},
		"another-status":  {alert.When{Statuses: []alert.Statuses{{500, 599}}}, false},
		"both":            {alert.When{APIs: []string{"shop"}, Kinds: []string{"x"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(alert.Rule{Name: "a", When: row.when, Threshold: &alert.Threshold{Count: 1, Window: time.Minute}})
			b.after(0, func(e *gate.Event) {
				e.Principal[15], e.Account[15] = 7, 8
				e.Kind, e.Country, e.Would, e.Finding.Class = "order", "DE", []gate.Code{gate.BodySchema}, "sql"
			})
			if told := len(b.told) == 1; told != row.want {
				t.Errorf("told: %t", told)
			}
		})
	}
}

// TestActs: what happens to the gate is judged where a rule names it, and alerts
// are not judged.
func TestActs(t *testing.T) {
	b := newBench(alert.Rule{Name: "a", When: alert.When{Acts: []gate.Act{gate.KeyMade, gate.Alerted}}, Threshold: &alert.Threshold{Count: 1, Window: time.Minute}},
		alert.Rule{Name: "calls", Threshold: &alert.Threshold{Count: 1, Window: time.Minute}})
	b.after(0, func(e *gate.Event) { *e = gate.Event{Act: gate.KeyMade, ID: e.ID, Time: e.Time} })
	b.after(0, func(e *gate.Event) { *e = gate.Event{Act: gate.Alerted, ID: e.ID, Time: e.Time, Alert: &gate.Alert{}} })
	b.after(0, func(e *gate.Event) { *e = gate.Event{Act: gate.KeyRevoked, ID: e.ID, Time: e.Time} })
	b.want(t, "0s a threshold 1")
}

// TestUseKeepsWhatIsRemembered: a rule of which only the severity changes goes on
// counting; one that is about something else begins anew.
func TestUseKeepsWhatIsRemembered(t *testing.T) {
	rule := alert.Rule{Name: "a", Severity: "low", Threshold: &alert.Threshold{Count: 2, Window: time.Minute}}
	b := newBench(rule)
	b.after(0, same)
	rule.Severity, rule.Quiet = "high", time.Minute
	b.Use([]alert.Rule{{Name: "b", Absence: &alert.Absence{Window: time.Hour}}, rule}, b.now, nil)
	b.after(0, same)
	b.want(t, "0s a threshold 2")
	rule.When.APIs = []string{"shop"}
	b.after(0, same)
	b.Use([]alert.Rule{rule}, b.now, nil)
	b.after(0, same)
	b.want(t, "0s a threshold 2")
	if s := b.Stats(); len(s) != 1 || s[0].Matched != 1 {
		t.Errorf("%+v", s)
	}
}

// TestClockNeverGoesBack: events that come with an earlier time count as of now.
func TestClockNeverGoesBack(t *testing.T) {
	b := newBench(alert.Rule{Name: "a", Threshold: &alert.Threshold{Count: 2, Window: time.Minute}})
	b.after(time.Hour, same)
	b.now = begin
	b.after(0, same)
	b.want(t, "1h0m0s a threshold 2")
}

func TestSeeAllocatesNothingForKnownGroups(t *testing.T) {
	g := alert.New(func(*gate.Event) {})
	g.Use([]alert.Rule{
		{Name: "a", By: []alert.Field{alert.Address}, Threshold: &alert.Threshold{Count: 1000, Window: time.Minute}},
		{Name: "b", By: []alert.Field{alert.Operation}, FirstSeen: &alert.FirstSeen{Value: alert.Caller, Learn: time.Hour}},
	}, begin, nil)
	e := gate.Event{Client: netip.MustParsePrefix("203.0.113.0/24"), API: "shop", Operation: "login", Caller: 1}
	g.See(&e, begin)
	if n := testing.AllocsPerRun(100, func() { g.See(&e, begin) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkSee(b *testing.B) {
	g := alert.New(func(*gate.Event) {})
	g.Use([]alert.Rule{
		{Name: "a", By: []alert.Field{alert.Address}, Quiet: time.Hour, Threshold: &alert.Threshold{Count: 1000, Window: time.Minute}},
		{Name: "b", By: []alert.Field{alert.Operation}, FirstSeen: &alert.FirstSeen{Value: alert.Caller, Learn: time.Hour}},
		{Name: "c", Absence: &alert.Absence{Window: time.Hour}},
	}, begin, nil)
	e, now := gate.Event{ID: gate.NewID(begin), Client: netip.MustParsePrefix("203.0.113.0/24"), API: "shop", Operation: "login", Caller: 1}, begin
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(time.Microsecond)
		g.See(&e, now)
	}
}
