package metrics

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

var update = flag.Bool("update", false, "write the reference anew")

// sunk is where events go behind the counting.
type sunk struct{ n int }

func (s *sunk) Record(*gate.Event) { s.n++ }

// planOf has two APIs, the first with the operations that are named.
func planOf(operations ...string) *gate.Plan {
	p := &gate.Plan{APIs: []*gate.API{{Name: "Shop"}, {Name: "Stock"}}}
	for _, name := range operations {
		p.Operations = append(p.Operations, &gate.Operation{Name: name, API: p.APIs[0]})
	}
	return p
}

// text is what is scraped, without what Go and the process say of themselves.
func text(t testing.TB, m *Metrics) string {
	t.Helper()
	var b strings.Builder
	if err := m.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func has(t *testing.T, m *Metrics, wants ...string) {
	t.Helper()
	got := text(t, m)
	for _, want := range wants {
		if !strings.Contains(got, "\n"+want+"\n") {
			t.Errorf("there is no %s in\n%s", want, regexp.MustCompile(`(?m)^(?:#|go_|process_).*\n`).ReplaceAllString(got, ""))
		}
	}
}

func hasNot(t *testing.T, m *Metrics, words ...string) {
	t.Helper()
	got := text(t, m)
	for _, word := range words {
		if strings.Contains(got, word) {
			t.Errorf("there is %s", word)
		}
	}
}

func newMetrics() *Metrics {
	m := New("1.2.3", func() Snapshot { return Snapshot{} })
	m.Enable(true)
	return m
}

func TestExchangesAreCounted(t *testing.T) {
	m := newMetrics()
	p := planOf("getOrder", "postOrder")
	m.Prepare(p)
	m.Settle(p)
	behind := &sunk{}
	s := m.Sink(behind)
	for range 3 {
		s.Record(&gate.Event{Series: p.Operations[0].Series, Outcome: gate.Passed, Status: 200, Took: 20 * time.Millisecond, Upstream: 3 * time.Millisecond, BodyOut: 100, Trimmed: 2})
	}
	s.Record(&gate.Event{Series: p.Operations[1].Series, Outcome: gate.Refused, Status: 400, Denied: true, Guard: "request", Code: gate.BodySchema, BodyIn: 7})
	s.Record(&gate.Event{Series: p.Operations[1].Series, Outcome: gate.Refused, Status: 400, Denied: true, Guard: "wire", Code: gate.BodySchema})
	s.Record(&gate.Event{Series: p.Operations[1].Series, Outcome: gate.Passed, Status: 201, Would: []gate.Code{gate.BodySchema, gate.BodySchema, gate.ParameterUnknown}})
	s.Record(&gate.Event{Series: p.APIs[1].Series, Outcome: gate.Refused, Status: 404, Denied: true, Guard: "route", Code: gate.PathUnknown})
	s.Record(&gate.Event{Outcome: gate.Refused, Status: 404, Denied: true, Guard: "route", Code: gate.PathUnknown})
	s.Record(&gate.Event{Outcome: gate.Aborted})
	s.Record(&gate.Event{Outcome: gate.Passed, Status: 999})
	has(t, m,
		`gatehouse_exchanges_total{api="Shop",class="2xx",operation="getOrder",outcome="passed"} 3`,
		`gatehouse_exchanges_total{api="Shop",class="4xx",operation="postOrder",outcome="refused"} 2`,
		`gatehouse_exchanges_total{api="Stock",class="4xx",operation="",outcome="refused"} 1`,
		`gatehouse_exchanges_total{api="",class="4xx",operation="",outcome="refused"} 1`,
		`gatehouse_exchanges_total{api="",class="none",operation="",outcome="aborted"} 1`,
		`gatehouse_exchanges_total{api="",class="none",operation="",outcome="passed"} 1`,
		`gatehouse_exchange_duration_seconds_bucket{api="Shop",operation="getOrder",le="0.01"} 0`,
		`gatehouse_exchange_duration_seconds_bucket{api="Shop",operation="getOrder",le="0.025"} 3`,
		`gatehouse_upstream_wait_seconds_bucket{api="Shop",operation="getOrder",le="0.005"} 3`,
		`gatehouse_answer_body_bytes_total{api="Shop",operation="getOrder"} 300`,
		`gatehouse_request_body_bytes_total{api="Shop",operation="postOrder"} 7`,
		`gatehouse_trimmed_total{api="Shop",operation="getOrder"} 6`,
		`gatehouse_refusals_total{api="Shop",code="body-schema",guard="request"} 1`,
		`gatehouse_refusals_total{api="Shop",code="body-schema",guard="wire"} 1`,
		`gatehouse_refusals_total{api="",code="path-unknown",guard="route"} 1`,
		`gatehouse_would_refuse_total{api="Shop",code="body-schema"} 2`,
		`gatehouse_would_refuse_total{api="Shop",code="parameter-unknown"} 1`,
	)
	hasNot(t, m, `gatehouse_upstream_wait_seconds_count{api="Shop",operation="postOrder"}`, `gatehouse_trimmed_total{api="Shop",operation="postOrder"}`)
	if behind.n != 10 {
		t.Errorf("%d events went on", behind.n)
	}
}

func TestNothingIsCountedWhereNobodyAsks(t *testing.T) {
	m := newMetrics()
	m.Enable(false)
	behind := &sunk{}
	m.Sink(behind).Record(&gate.Event{Outcome: gate.Passed, Status: 200})
	hasNot(t, m, "gatehouse_exchanges_total{")
	if behind.n != 1 {
		t.Error("the event is lost")
	}
}

// TestPlansChange keeps the counts of what stays, and shows nothing of what
// is gone, also when an exchange ends late.
func TestPlansChange(t *testing.T) {
	m := newMetrics()
	s := m.Sink(&sunk{})
	first := planOf("stays", "goes")
	m.Prepare(first)
	m.Settle(first)
	for _, o := range first.Operations {
		s.Record(&gate.Event{Series: o.Series, Outcome: gate.Passed, Status: 200})
	}
	s.Record(&gate.Event{Series: first.APIs[1].Series, Outcome: gate.Refused, Status: 404, Denied: true, Guard: "route", Code: gate.PathUnknown})
	second := planOf("stays", "comes")
	second.APIs = second.APIs[:1]
	m.Prepare(second)
	m.Settle(second)
	s.Record(&gate.Event{Series: second.Operations[0].Series, Outcome: gate.Passed, Status: 200})
	for _, late := range []any{first.Operations[1].Series, first.APIs[1].Series} {
		s.Record(&gate.Event{Series: late, Outcome: gate.Refused, Status: 503, Denied: true, Code: gate.Overloaded, Guard: "gate", BodyIn: 1, BodyOut: 1, Trimmed: 1, Upstream: 1, Would: []gate.Code{gate.BodySchema}})
	}
	has(t, m, `gatehouse_exchanges_total{api="Shop",class="2xx",operation="stays",outcome="passed"} 2`)
	hasNot(t, m, `operation="goes"`, `api="Stock"`)
	if n := len(m.apis); n != 1 || len(m.apis["Shop"].operations) != 3 { // and the API's own
		t.Errorf("%d APIs are kept, %v", n, m.apis["Shop"].operations)
	}
}

func TestSnapshots(t *testing.T) {
	s := Snapshot{
		Listeners: []Listener{{"127.0.0.1:80", 10, 2, 3, 4, 5, []Certificate{{"a.pem", time.Unix(99, 0)}, {"a.pem", time.Unix(99, 0)}}}},
		Upstreams: []Upstream{
			{API: "A", Name: "http://a", Role: "live", Serving: true, Calls: 7, InFlight: 1, Idle: 2, Opened: 3, Reused: 4, Unreachable: 5, TimedOut: 6, Broken: 7, Overloaded: 8},
			{API: "A", Name: "http://a", Role: "live", Serving: true, Calls: 1}, // another API that is called the same
		},
		APIs:   []API{{"A", 1, 2, 3, 4, 5}, {"\xff", 1, 0, 0, 0, 0}},
		Events: Events{1, 2, 3, 4}, Ready: true, Taken: 5, Refused: 6, Locks: 7, Revocations: 8, Unrevoked: 9,
		Owners: &Owners{1, 2, 3, 4, 5, 6, 7, 8}, Limits: []Limit{{"per-client", 1, 2, 3, 4, 5}}, Counters: &Counters{true, 2, 3, 4, 5, 6, 7}, Ledger: &Ledger{1, 2, 3, true, 5, 6, 7, 8, []LedgerWitness{{"w.example/w", 9, true, true}}}, Archive: &Archive{8, 9},
		Loads: []Load{{"", 100, 1, 0, nil, 0}, {"A", 10, 9, 8, []Shed{{"low", 7}}, 6}},
		Host:  Host{5 * time.Millisecond, 3, 4, 1},
	}
	m := New("1.2.3", func() Snapshot { return s })
	has(t, m,
		`gatehouse_connections_total{listener="127.0.0.1:80"} 10`, `gatehouse_connections_open{listener="127.0.0.1:80"} 2`,
		`gatehouse_connections_dropped_total{listener="127.0.0.1:80"} 3`, `gatehouse_proxy_header_failures_total{listener="127.0.0.1:80"} 4`,
		`gatehouse_tls_handshake_failures_total{listener="127.0.0.1:80"} 5`, `gatehouse_certificate_expiry_timestamp_seconds{certificate="a.pem",listener="127.0.0.1:80"} 99`,
		`gatehouse_upstream_calls_total{api="A",role="live",upstream="http://a"} 8`, `gatehouse_upstream_serving{api="A",role="live",upstream="http://a"} 1`,
		`gatehouse_upstream_failures_total{api="A",reason="timeout",role="live",upstream="http://a"} 6`,
		`gatehouse_upstream_connections_idle{api="A",role="live",upstream="http://a"} 2`,
		`gatehouse_retries_total{api="A"} 1`, `gatehouse_mirror_dropped_total{api="A"} 5`, "gatehouse_retries_total{api=\"\uFFFD\"} 1",
		`gatehouse_events_written_total 1`, `gatehouse_events_lost_total 2`, `gatehouse_events_waiting 3`, `gatehouse_events_capacity 4`,
		`gatehouse_ready 1`, `gatehouse_configuration_stale 0`, `gatehouse_reloads_total{result="refused"} 6`,
		`gatehouse_credential_locks_total 7`, `gatehouse_revocations 8`, `gatehouse_revocations_missing 9`,
		`gatehouse_owned_objects 1`, `gatehouse_owned_objects_max 2`, `gatehouse_owned_objects_refused_total 3`, `gatehouse_owner_unknown_total 4`, `gatehouse_owner_conflicts_total 5`,
		`gatehouse_owner_write_failures_total{what="learn"} 6`, `gatehouse_owner_write_failures_total{what="forget"} 7`, `gatehouse_owner_forgets_waiting 8`,
		`gatehouse_overload_limit{api=""} 100`, `gatehouse_overload_in_flight{api="A"} 9`, `gatehouse_overload_waiting{api="A"} 8`, `gatehouse_overload_shed_total{api="A",priority="low"} 7`, `gatehouse_overload_unfair_total{api="A"} 6`,
		`gatehouse_overload_delay_seconds 0.005`, `gatehouse_overload_memory_bytes 3`, `gatehouse_overload_memory_bound_bytes 4`, `gatehouse_overload_memory_refused 1`,
		`gatehouse_counters_up 1`, `gatehouse_counters_gates 2`, `gatehouse_counters_questions_total 3`, `gatehouse_counters_lost_total 7`,
		`gatehouse_counters_failures_total{why="error"} 4`, `gatehouse_counters_failures_total{why="late"} 5`, `gatehouse_counters_failures_total{why="down"} 6`,
		`gatehouse_limit_calls_total{limit="per-client",result="passed"} 1`, `gatehouse_limit_calls_total{limit="per-client",result="failed"} 4`, `gatehouse_limit_keys{limit="per-client"} 5`,
	)
	if !strings.Contains(text(t, m), `version="1.2.3"`) {
		t.Error("the version is not said")
	}
}

// TestReference holds docs/reference/metrics.md to what is registered.
func TestReference(t *testing.T) {
	const name = "../../docs/reference/metrics.md"
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	for _, d := range Definitions {
		labels := ""
		for i, l := range d.Labels {
			if i > 0 {
				labels += ", "
			}
			labels += "`" + l + "`"
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s |\n", d.Name, d.Kind, labels, d.Help)
	}
	rows := regexp.MustCompile("(?:\\| `gatehouse_.*\n)+").FindIndex(b)
	if rows == nil {
		t.Fatal("there is no table")
	}
	if got := string(b[rows[0]:rows[1]]); got != table.String() {
		if !*update {
			t.Fatalf("%s has\n%s, want\n%s", name, got, table.String())
		}
		text := string(b[:rows[0]]) + table.String() + string(b[rows[1]:])
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDefinitionsAreRegistered has a value of each metric, and finds those that
// are none of the table.
func TestDefinitionsAreRegistered(t *testing.T) {
	m := New("1", func() Snapshot {
		return Snapshot{Listeners: []Listener{{Certificates: make([]Certificate, 1)}}, Upstreams: make([]Upstream, 1), APIs: make([]API, 1), Owners: &Owners{}, Limits: make([]Limit, 1), Exports: make([]Export, 1), Counters: &Counters{}, Ledger: &Ledger{Witnesses: make([]LedgerWitness, 1)}, Archive: &Archive{}, Sinks: make([]Sink, 1), Alerts: Alerts{Rules: make([]Alert, 1)}, Feeds: []Feed{{Read: true}}, Loads: []Load{{Shed: make([]Shed, 1)}}, Logins: []Logins{{Locks: map[string]uint64{"account": 1}}}}
	})
	m.Enable(true)
	m.Sink(&sunk{}).Record(&gate.Event{Denied: true, Status: 200, Upstream: 1, BodyIn: 1, BodyOut: 1, Trimmed: 1, Would: []gate.Code{gate.BodySchema}})
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, f := range families {
		found[f.GetName()] = true
	}
	for _, d := range Definitions {
		if !found[d.Name] {
			t.Errorf("%s is not registered", d.Name)
		}
		delete(found, d.Name)
	}
	for name := range found {
		if strings.HasPrefix(name, "gatehouse_") {
			t.Errorf("%s is in no table", name)
		}
	}
	if !found["go_goroutines"] || !found["process_open_fds"] {
		t.Error("Go and the process say nothing of themselves")
	}
}

// TestCountingAllocatesNothing holds what each exchange pays.
func TestCountingAllocatesNothing(t *testing.T) {
	m, e := counted()
	s := m.Sink(&sunk{})
	if n := testing.AllocsPerRun(1000, func() { s.Record(e) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func counted() (*Metrics, *gate.Event) {
	m := newMetrics()
	p := planOf("getOrder")
	m.Prepare(p)
	m.Settle(p)
	return m, &gate.Event{Series: p.Operations[0].Series, Outcome: gate.Failed, Status: 502, Denied: true, Guard: "answer", Code: gate.AnswerSchema, Took: 20 * time.Millisecond, Upstream: 3 * time.Millisecond,
		BodyIn: 10, BodyOut: 100, Trimmed: 2, Would: []gate.Code{gate.BodySchema}}
}

// TestManyCountAtOnce counts on many goroutines from the first event on, while
// others ask and plans change.
func TestManyCountAtOnce(t *testing.T) {
	m, e := counted()
	s := m.Sink(nothing{})
	var work sync.WaitGroup
	for range 8 {
		work.Go(func() {
			for range 500 {
				s.Record(e)
			}
		})
	}
	work.Go(func() {
		for range 20 {
			m.Prepare(planOf("getOrder", "other"))
			m.Settle(func() *gate.Plan { p := planOf("getOrder"); m.Prepare(p); return p }())
			text(t, m)
		}
	})
	work.Wait()
	has(t, m, `gatehouse_exchanges_total{api="Shop",class="5xx",operation="getOrder",outcome="failed"} 4000`,
		`gatehouse_refusals_total{api="Shop",code="answer-schema",guard="answer"} 4000`)
}

type nothing struct{}

func (nothing) Record(*gate.Event) {}

// failing refuses to be written to.
type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("gone") }

func TestReaderThatLeaves(t *testing.T) {
	if newMetrics().Write(failing{}) == nil {
		t.Error("no error")
	}
}

func BenchmarkCount(b *testing.B) {
	b.Run("passed", func(b *testing.B) {
		m, e := counted()
		*e = gate.Event{Series: e.Series, Outcome: gate.Passed, Status: 200, Took: e.Took, Upstream: e.Upstream, BodyOut: 1024}
		bench(b, m, e)
	})
	b.Run("refused", func(b *testing.B) {
		m, e := counted()
		*e = gate.Event{Series: e.Series, Outcome: gate.Refused, Status: 400, Took: e.Took, Denied: true, Guard: "request", Code: gate.BodySchema}
		bench(b, m, e)
	})
}

func bench(b *testing.B, m *Metrics, e *gate.Event) {
	s := m.Sink(nothing{})
	b.ReportAllocs()
	for b.Loop() {
		s.Record(e)
	}
}
