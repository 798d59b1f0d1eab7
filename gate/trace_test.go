package gate_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

// traced is an upstream that notes the fields of traces that it gets.
type traced struct {
	quiet
	parents, states []string
}

func (u *traced) Send(ctx context.Context, x *gate.Exchange) error {
	u.parents, u.states = nil, nil
	for _, list := range [][]gate.Field{x.Fields, x.OutFields} {
		for _, f := range list {
			switch {
			case f.Gone:
			case gate.EqualFold(f.Name, "traceparent"):
				u.parents = append(u.parents, string(f.Value))
			case gate.EqualFold(f.Name, "tracestate"):
				u.states = append(u.states, string(f.Value))
			}
		}
	}
	return u.quiet.Send(ctx, x)
}

// trail sends one call with fields, "name: value", and returns its event and
// what the API got.
func trail(t testing.TB, tracing *gate.Tracing, trusted bool, fields ...string) (e gate.Event, up *traced) {
	t.Helper()
	up = &traced{}
	seen := &sink{}
	g := gate.New(gate.Options{Sink: seen, Poison: true})
	p := plan(t, up, gate.Enforce, gate.Step{Name: "a", Head: head(func(x *gate.Exchange) gate.Verdict {
		for _, line := range fields { // guards judge what came
			name, value, _ := strings.Cut(line, ": ")
			if found, n := x.Field(name); fields[0] != ends && (n == 0 || n == 1 && string(found) != value) {
				t.Errorf("a guard sees %d %s: %s", n, name, found)
			}
		}
		return gate.Allow
	})})
	p.Tracing = tracing
	g.Swap(p)
	x := g.Acquire()
	x.Method, x.Target, x.Trusted = []byte("POST"), []byte("/pets/1"), trusted
	for _, line := range fields {
		name, value, _ := strings.Cut(line, ": ")
		x.Fields = append(x.Fields, gate.Field{Name: []byte(name), Value: []byte(value)})
	}
	g.Serve(x, &quiet{})
	g.Release(x)
	if len(seen.events) != 1 || seen.events[0].Outcome != gate.Passed {
		t.Fatalf("%+v", seen.events)
	}
	return seen.events[0], up
}

const (
	traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
	callers = "00f067aa0ba902b7"
	ends    = "Connection: traceparent"
	one     = "00-" + traceID + "-" + callers
)

// TestTraces tries what a call brings: the trace goes on, another begins, or
// there is none.
func TestTraces(t *testing.T) {
	const goes, begins = "goes on", "begins"
	rows := []struct {
		name    string
		tracing gate.Tracing
		trusted bool
		fields  []string
		want    string // or "" for no trace
		flags   string
		state   string
	}{
		{"goes-on-sampled", gate.Tracing{}, true, []string{"traceparent: " + one + "-01"}, goes, "01", ""},
		{"goes-on-unsampled", gate.Tracing{SampleOneIn: 1}, true, []string{"traceparent: " + one + "-00"}, goes, "00", ""},
		{"any-case", gate.Tracing{}, true, []string{"TraceParent: " + one + "-01"}, goes, "01", ""},
		{"drawn-id-stays-so", gate.Tracing{}, true, []string{"traceparent: " + one + "-03"}, goes, "03", ""},
		{"other-flags-go", gate.Tracing{}, true, []string{"traceparent: " + one + "-ff"}, goes, "03", ""},
		{"later-version", gate.Tracing{}, true, []string{"traceparent: cc" + one[2:] + "-01"}, goes, "01", ""},
		{"later-version-with-more", gate.Tracing{}, true, []string{"traceparent: cc" + one[2:] + "-01-more"}, goes, "01", ""},
		{"later-version-wrong", gate.Tracing{Begin: true}, true, []string{"traceparent: cc" + one[2:] + "-01.more"}, begins, "02", ""},
		{"version-00-with-more", gate.Tracing{Begin: true}, true, []string{"traceparent: " + one + "-01-more"}, begins, "02", ""},
		{"version-ff", gate.Tracing{Begin: true}, true, []string{"traceparent: ff" + one[2:] + "-01"}, begins, "02", ""},
		{"version-wrong", gate.Tracing{Begin: true}, true, []string{"traceparent: 0." + one[2:] + "-01"}, begins, "02", ""},
		{"capitals", gate.Tracing{Begin: true}, true, []string{"traceparent: 00-" + strings.ToUpper(one[3:]) + "-01"}, begins, "02", ""},
		{"no-trace-id", gate.Tracing{Begin: true}, true, []string{"traceparent: 00-" + strings.Repeat("0", 32) + "-" + callers + "-01"}, begins, "02", ""},
		{"no-parent-id", gate.Tracing{Begin: true}, true, []string{"traceparent: 00-" + traceID + "-" + strings.Repeat("0", 16) + "-01"}, begins, "02", ""},
		{"wrong-flags", gate.Tracing{Begin: true}, true, []string{"traceparent: " + one + "-0x"}, begins, "02", ""},
		{"short", gate.Tracing{Begin: true}, true, []string{"traceparent: " + one + "-1"}, begins, "02", ""},
		{"empty", gate.Tracing{Begin: true}, true, []string{"traceparent: "}, begins, "02", ""},
		{"dashes-elsewhere", gate.Tracing{Begin: true}, true, []string{"traceparent: 00_" + one[3:] + "-01"}, begins, "02", ""},
		{"two", gate.Tracing{Begin: true}, true, []string{"traceparent: " + one + "-01", "Traceparent: " + one + "-01", "tracestate: a=1"}, begins, "02", ""},
		{"ends-at-the-gate", gate.Tracing{Begin: true}, true, []string{ends, "traceparent: " + one + "-01"}, begins, "02", ""},
		{"none", gate.Tracing{Begin: true}, true, nil, begins, "02", ""},
		{"none-sampled", gate.Tracing{Begin: true, SampleOneIn: 1}, false, nil, begins, "03", ""},
		{"none-not-begun", gate.Tracing{}, true, nil, "", "", ""},
		{"wrong-not-begun", gate.Tracing{}, true, []string{"traceparent: x", "tracestate: a=1"}, "", "", ""},
		{"state", gate.Tracing{}, true, []string{"traceparent: " + one + "-01", "tracestate: a=1,b@c=2", "tracestate: , d=x y "}, goes, "01", "a=1,b@c=2|, d=x y "},
		{"state-without-parent", gate.Tracing{Begin: true}, true, []string{"tracestate: a=1"}, begins, "02", ""},
		{"state-wrong", gate.Tracing{}, true, []string{"traceparent: " + one + "-01", "tracestate: a=1", "tracestate: a=2"}, goes, "01", ""},

		{"stranger", gate.Tracing{Begin: true}, false, []string{"traceparent: " + one + "-01", "tracestate: a=1"}, begins, "02", ""},
		{"stranger-not-begun", gate.Tracing{}, false, []string{"traceparent: " + one + "-01", "tracestate: a=1"}, "", "", ""},
		{"stranger-of-everybody", gate.Tracing{Everybody: true}, false, []string{"traceparent: " + one + "-01", "tracestate: a=1"}, goes, "00", "a=1"},
		{"stranger-drawn", gate.Tracing{Everybody: true, SampleOneIn: 1}, false, []string{"traceparent: " + one + "-00"}, goes, "01", ""},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			e, up := trail(t, &r.tracing, r.trusted, r.fields...)
			id, span := hex.EncodeToString(e.Trace[:]), hex.EncodeToString(e.Span[:])
			if state := strings.Join(up.states, "|"); state != r.state {
				t.Errorf("the API gets the tracestate %q", state)
			}
			if r.want == "" {
				if e.Trace != [16]byte{} || e.Span != [8]byte{} || e.Sampled || up.parents != nil {
					t.Errorf("%+v, %q", e, up.parents)
				}
				return
			}
			if (id == traceID) != (r.want == goes) || (hex.EncodeToString(e.Parent[:]) == callers) != (r.want == goes) || span == callers || e.Span == [8]byte{} || e.Trace == [16]byte{} {
				t.Errorf("trace %s, span %s of %x", id, span, e.Parent)
			}
			if want := "00-" + id + "-" + span + "-" + r.flags; len(up.parents) != 1 || up.parents[0] != want {
				t.Errorf("the API gets %q, want %s", up.parents, want)
			}
			if e.Sampled != strings.HasSuffix(r.flags, "1") && e.Sampled != strings.HasSuffix(r.flags, "3") {
				t.Errorf("sampled: %v", e.Sampled)
			}
		})
	}
}

// TestTracesPassUntouched: a gate that takes no part is a line to traces.
func TestTracesPassUntouched(t *testing.T) {
	e, up := trail(t, nil, true, "traceparent: "+one+"-01", "tracestate: a=1")
	if e.Trace != [16]byte{} || len(up.parents) != 1 || up.parents[0] != one+"-01" || len(up.states) != 1 {
		t.Errorf("%+v, %q, %q", e, up.parents, up.states)
	}
}

// TestTraceIsAskedAbout: a proxy that forwards the call itself keeps its fields.
func TestTraceIsAskedAbout(t *testing.T) {
	seen := &sink{}
	g := gate.New(gate.Options{Sink: seen})
	p := plan(t, &quiet{}, gate.Enforce, gate.Step{Name: "a", Head: verdict(gate.Allow)})
	p.Tracing = &gate.Tracing{Begin: true}
	g.Swap(p)
	for _, r := range []struct {
		trusted bool
		want    string
	}{{true, traceID}, {false, strings.Repeat("0", 32)}} {
		x := g.Acquire()
		x.Method, x.Target, x.Trusted = []byte("POST"), []byte("/pets/1"), r.trusted
		x.Question = &gate.Question{Protocol: "nginx", APIs: []string{"pets"}}
		x.Fields = append(x.Fields, gate.Field{Name: []byte("traceparent"), Value: []byte(one + "-01")})
		g.Serve(x, &quiet{})
		if !x.Granted || x.Fields[0].Gone || len(x.OutFields) != 0 {
			t.Errorf("granted %v, fields %+v, added %+v", x.Granted, x.Fields, x.OutFields)
		}
		g.Release(x)
		if e := seen.events[len(seen.events)-1]; hex.EncodeToString(e.Trace[:]) != r.want {
			t.Errorf("trace %x, want %s", e.Trace, r.want)
		}
	}
}

func TestTraceShare(t *testing.T) {
	const calls, in = 4000, 8
	sampled := 0
	for range calls {
		if e, _ := trail(t, &gate.Tracing{Everybody: true, SampleOneIn: in}, false, "traceparent: "+one+"-01"); e.Sampled {
			sampled++
		}
	}
	if sampled < calls/in/2 || sampled > calls/in*2 { // 12 deviations away
		t.Errorf("%d of %d are sampled, want one in %d", sampled, calls, in)
	}
}

func TestTraceStates(t *testing.T) {
	long := strings.Repeat("k", 256) + "=" + strings.Repeat("v", 256)
	many := make([]string, 33)
	for i := range many {
		many[i] = fmt.Sprintf("k%d=v", i)
	}
	rows := []struct {
		name  string
		state string
		want  bool
	}{
		{"empty", "", true},
		{"empty-members", ", ,\t,a=1,", true},
		{"one", "congo=t61rcWkgMzE", true},
		{"signs", "0tenant@sys/a*b-c_d=!~ x", true},
		{"longest", long, true},
		{"32", strings.Join(many[:32], ","), true},
		{"33", strings.Join(many, ","), false},
		{"key-too-long", "k" + long, false},
		{"value-too-long", long + "v", false},
		{"twice", "a=1,b=2,a=3", false},
		{"no-value", "a=", false},
		{"no-key", "=a", false},
		{"no-equals", "a", false},
		{"two-equals", "a=b=c", false},
		{"capital", "A=1", false},
		{"begins-with-sign", "@a=1", false},
		{"space-before-equals", "a =1", false},
		{"control", "a=b\x7f", false},
		{"beyond-ascii", "a=\u00e9", false},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			_, up := trail(t, &gate.Tracing{}, true, "traceparent: "+one+"-01", "tracestate: "+r.state)
			if passed := len(up.states) == 1; passed != r.want {
				t.Errorf("%q passes: %v", r.state, passed)
			}
		})
	}
}

func FuzzTrace(f *testing.F) {
	f.Add(one+"-01", "a=1,b=2")
	f.Add("cc"+one[2:]+"-01-more", "a@b=1, ,c= d")
	form := regexp.MustCompile(`^(?:00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}|(?:[0-9a-e][0-9a-f]|f[0-9a-e])-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?)$`)
	member := regexp.MustCompile(`^[ \t]*(?:[a-z0-9][a-z0-9_*/@-]{0,255}=[ -<>-~]{0,255}[!-<>-~])?[ \t]*$`)
	f.Fuzz(func(t *testing.T, parent, state string) {
		for _, s := range []string{parent, state} {
			if strings.ContainsAny(s, "\r\n\x00") || s != strings.Trim(s, " \t") {
				return // no value of a field
			}
		}
		e, up := trail(t, &gate.Tracing{}, true, "traceparent: "+parent, "tracestate: "+state)
		wants := form.MatchString(parent) && !(parent[:2] == "00" && len(parent) > 55) && parent[3:35] != strings.Repeat("0", 32) && parent[36:52] != strings.Repeat("0", 16)
		if got := e.Trace != [16]byte{}; got != wants || wants && hex.EncodeToString(e.Trace[:]) != parent[3:35] {
			t.Fatalf("%q is taken: %v, as %x", parent, got, e.Trace)
		}
		sound, seen := wants, map[string]bool{}
		for _, m := range strings.Split(state, ",") {
			key, _, _ := strings.Cut(strings.Trim(m, " \t"), "=")
			sound = sound && member.MatchString(m) && (key == "" || !seen[key])
			seen[key] = true
		}
		delete(seen, "")
		if sound = sound && len(seen) <= 32; sound != (len(up.states) == 1) {
			t.Fatalf("%q passes: %q", state, up.states)
		}
	})
}

// tracingLoop returns a function that sends one call that brings the fields.
func tracingLoop(t testing.TB, tracing *gate.Tracing, trusted bool, fields ...gate.Field) func() {
	q := &quiet{}
	g := gate.New(gate.Options{Sink: q})
	p := plan(t, q, gate.Enforce, gate.Step{Name: "a", Head: verdict(gate.Allow)})
	p.Tracing = tracing
	g.Swap(p)
	method, target := []byte("POST"), []byte("/pets/1")
	for _, name := range []string{"Host", "Accept", "User-Agent", "Content-Type", "Accept-Encoding", "Authorization"} {
		fields = append(fields, gate.Field{Name: []byte(name), Value: []byte("something")})
	}
	return func() {
		x := g.Acquire()
		x.Method, x.Target, x.Trusted = method, target, trusted
		x.Fields = append(x.Fields, fields...)
		g.Serve(x, q)
		g.Release(x)
	}
}

var (
	parentField = gate.Field{Name: []byte("traceparent"), Value: []byte(one + "-00")}
	stateField  = gate.Field{Name: []byte("tracestate"), Value: []byte("congo=t61rcWkgMzE,rojo=00f067aa0ba902b7")}
)

// traceRows are calls with the fields of traces that they bring, with and without
// tracing.
var traceRows = []struct {
	name    string
	tracing *gate.Tracing
	fields  []gate.Field
}{
	{"nothing/off", nil, nil},
	{"nothing/none", &gate.Tracing{}, nil},
	{"nothing/begun", &gate.Tracing{Begin: true, SampleOneIn: 1 << 40}, nil},
	{"parent/off", nil, []gate.Field{parentField}},
	{"parent/went-on", &gate.Tracing{}, []gate.Field{parentField}},
	{"state/off", nil, []gate.Field{parentField, stateField}},
	{"state/went-on", &gate.Tracing{}, []gate.Field{parentField, stateField}},
}

func TestTracesAllocateNothing(t *testing.T) {
	for _, r := range traceRows {
		run := tracingLoop(t, r.tracing, true, r.fields...)
		run()
		if n := testing.AllocsPerRun(200, run); n != 0 {
			t.Errorf("%s: %v allocations", r.name, n)
		}
	}
}

// BenchmarkTrace shows what a trace that is not sampled costs: the difference to
// off, where the same fields pass as any other.
func BenchmarkTrace(b *testing.B) {
	for _, r := range traceRows {
		b.Run(r.name, func(b *testing.B) {
			run := tracingLoop(b, r.tracing, true, r.fields...)
			b.ReportAllocs()
			for b.Loop() {
				run()
			}
		})
	}
}
