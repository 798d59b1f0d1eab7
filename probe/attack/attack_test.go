package attack

import (
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/probe/sample"
)

func notes(t *testing.T) *contract.Contract {
	t.Helper()
	file, _ := source.ParseString("notes.yaml", `
openapi: 3.1.0
info: { title: Notes, version: 1.0.0 }
security: []
paths:
  /notes:
    get:
      operationId: find
      parameters:
        - { name: q, in: query, schema: { type: string, maxLength: 6 } }
        - { name: X-Why, in: header, schema: { type: string } }
      responses: { "200": { description: OK } }
`)
	c, problems := openapi.Read(source.NewSet(file), file)
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	return c
}

// problem answers as a gate does, or as an API that looks like one.
func problem(w http.ResponseWriter, status int, base, code string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"type":%q}`, base+code)
}

func TestRun(t *testing.T) {
	var calls atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		value := r.URL.Query().Get("q") + r.Header.Get("X-Why")
		switch {
		case r.Header.Get("X-Key") != "1" || r.URL.Path != "/at/notes":
			problem(w, 401, refusals, "credential-missing")
		case strings.Contains(value, "bad"):
			problem(w, 400, refusals, "injection")
		case value == "api":
			problem(w, 400, "https://api.example/", "injection")
		case value == "many":
			problem(w, 429, refusals, "limit-exceeded")
		case value == "answer":
			problem(w, 502, refusals, "answer-schema")
		}
	}))
	defer server.Close()
	corpus := &Corpus{Values: []Value{
		{"c:1", "bad", "sql"}, {"c:2", "a bad one", "sql"}, {"c:3", "api", "xss"}, {"c:4", "answer", "xss"},
		{"c:5", "many", "sql"}, {"c:6", "fine", Benign}, {"c:7", "no bad", Benign}, {"c:8", "a\nb", Benign},
	}}
	o := Options{Contract: notes(t), Corpus: corpus, URL: server.URL + "/at/", Header: [][2]string{{"X-Key", "1"}}, Rate: 10_000, Count: 1000, Time: time.Minute, Show: 1}
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	// q does not take the long one, X-Why no line feed; "many" twice is undecided.
	if r.Possible != 16 || r.Chosen != 16 || r.Reached != 16 || r.Excluded != 1 || r.Unsendable != 1 || r.Sent != 12 || r.Undecided["limit-exceeded"] != 2 || r.Complete() {
		t.Errorf("%+v", r)
	}
	if a := r.Total; a.Attacks != 7 || a.Detected != 3 || a.Benign != 5 || a.FalseAlarms != 2 || a.Codes["injection"] != 5 || a.P99 <= 0 {
		t.Errorf("%+v", a)
	}
	whole := 0
	for _, m := range r.Missed {
		whole += len(m.Value)
	}
	if len(r.Missed) != 4 || whole != len("api") && whole != len("answer") {
		t.Errorf("%+v", r.Missed)
	}
	if n := calls.Load(); n != 2+14 {
		t.Errorf("%d calls", n)
	}
	text, err := json.Marshal(r)
	if err != nil || strings.Contains(string(text), "no bad") {
		t.Errorf("%s, %v", text, err)
	}
	o.Count = 4
	if r, err = Run(t.Context(), o); err != nil || r.Chosen != 4 || r.Reached != 4 || len(r.Places) != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	o.Header = nil
	if r, err = Run(t.Context(), o); err == nil || len(r.Untried) != 2 || r.Complete() {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestForm counts apart what a path does not take for its form.
func TestForm(t *testing.T) {
	tallies := newTallies()
	for _, in := range []string{"path", "query"} {
		p := &place{&sample.Place{In: in}, in}
		tallies.add(errand{value: &Value{Class: "sql"}, place: p}, answer{code: "path-form"})
		tallies.add(errand{value: &Value{Class: Benign}, place: p}, answer{code: "path-form"})
		tallies.add(errand{value: &Value{Class: "sql"}, place: p}, answer{code: "injection"})
	}
	r := &Report{}
	tallies.into(r)
	if path := r.Places[0]; path.Form != 2 || path.Attacks != 1 || path.Detected != 1 || path.Benign != 0 || path.Codes["path-form"] != 0 {
		t.Errorf("%+v", path)
	}
	if query := r.Places[1]; query.Form != 0 || query.Attacks != 2 || query.FalseAlarms != 1 {
		t.Errorf("%+v", query)
	}
	if lines := strings.Join(r.Summary(), "\n"); !strings.Contains(lines, "refused for their form: 2,") || !strings.Contains(lines, "path-form 2") {
		t.Error(lines)
	}
}

// TestAuthorities speaks to a gate whose authority is named, and to no other.
func TestAuthorities(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	o := Options{Contract: notes(t), Corpus: &Corpus{Values: []Value{{"c:1", "a", Benign}}}, URL: server.URL, Rate: 1000, Count: 10, Time: time.Minute}
	if r, err := Run(t.Context(), o); err == nil || len(r.Untried) == 0 || !strings.Contains(r.Untried[0].Why, "--ca") {
		t.Errorf("%+v, %v", r, err)
	}
	o.Roots = x509.NewCertPool()
	o.Roots.AddCert(server.Certificate())
	if r, err := Run(t.Context(), o); err != nil || r.Sent != 2 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestTimeIsBounded(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	corpus := &Corpus{Values: make([]Value, 1000)}
	for i := range corpus.Values {
		corpus.Values[i] = Value{"c:1", "bad", "sql"}
	}
	r, err := Run(t.Context(), Options{Contract: notes(t), Corpus: corpus, URL: server.URL, Rate: 100, Count: 2000, Time: 200 * time.Millisecond})
	if err != nil || r.Reached >= r.Chosen || r.Complete() || r.Sent > 30 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestStride(t *testing.T) {
	for _, n := range []int{1, 2, 3, 10, 16, 97, 1000} {
		seen, s := make(map[int]bool), strideOf(n)
		for i := range n {
			seen[i*s%n] = true
		}
		if len(seen) != n {
			t.Errorf("of %d are met %d", n, len(seen))
		}
	}
}

func TestTarget(t *testing.T) {
	for text, ok := range map[string]bool{
		"http://127.0.0.1:8080": true, "https://localhost/shop/": true, "http://[::1]:1": true,
		"http://192.0.2.1": false, "http://example.com": false, "http://127.0.0.1.example.com": false,
		"ftp://127.0.0.1": false, "127.0.0.1:80": false, "http://127.0.0.1?x": false, "http://u:p@127.0.0.1": false, "": false,
	} {
		if _, err := Target(text, false); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := Target("http://192.0.2.1", true); err != nil {
		t.Error(err)
	}
}

// TestNamesOfOtherMachines holds the dialer to this machine, whatever a name
// resolves to.
func TestNamesOfOtherMachines(t *testing.T) {
	r := &run{}
	if err := r.dialer().Control("tcp", "192.0.2.1:80", nil); err == nil {
		t.Error("another machine is spoken to")
	}
	if err := r.dialer().Control("tcp", "[::1]:80", nil); err != nil {
		t.Error(err)
	}
}

func TestHTML(t *testing.T) {
	r := &Report{
		Total: Row{Name: "all"}, Classes: []Row{{Name: "<i>"}}, Untried: []Untried{{"<u>", "<w>"}},
		Missed: []Missed{{From: "<f>", Class: "x", Place: "<p>", Value: "<script>\x1b"}},
	}
	var b strings.Builder
	if err := r.HTML(&b); err != nil {
		t.Fatal(err)
	}
	for _, not := range []string{"<i>", "<u>", "<w>", "<f>", "<script", "\x1b", "style="} {
		if strings.Contains(b.String(), not) {
			t.Errorf("the page holds %q", not)
		}
	}
	if !strings.Contains(b.String(), "&lt;script&gt;") || !strings.Contains(b.String(), "default-src 'none'; style-src 'sha256-") {
		t.Error(b.String())
	}
}
