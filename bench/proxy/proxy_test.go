//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

func TestSeries(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name   string
		s      series
		median float64
		shown  string
	}{
		{"odd", series{3, 1, 2}, 2, "2.0 [1.0–3.0]"},
		{"even", series{4, 1, 2, 3}, 2.5, "2.5 [1.0–4.0]"},
		{"one-is-missing", series{nan, 5}, 5, "5.0"},
		{"over", series{2, 9, nan}.over(series{1, 3, 1}), 2.5, "2.5 [2.0–3.0]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.s.median(); got != c.median {
				t.Errorf("median %v, want %v", got, c.median)
			}
			if got := c.s.show("%.1f"); got != c.shown {
				t.Errorf("shown as %q, want %q", got, c.shown)
			}
		})
	}
	if s := (series{nan}); !math.IsNaN(s.median()) || s.show("%.1f") != "–" {
		t.Error("a series without values has some")
	}
	if got := (series{10, 10, 10, 14, 6, nan}).outliers(); !slices.Equal(got, []int{4, 5}) {
		t.Errorf("noisy rounds %v", got)
	}
	if p := percentile([]int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 0.9); p != 9 {
		t.Errorf("the ninth of ten is %d", p)
	}
}

func TestGeneratorsAreRead(t *testing.T) {
	const wrk = "Running 5s test @ http://127.0.0.1:1/\n  142093 requests in 5.00s, 177.36MB read\nRequests/sec:  28410.55\n"
	const h2 = "finished in 5.00s, 25646.20 req/s, 30.11MB/s\nrequests: 128231 total, 128263 started, 128231 done, 128231 succeeded, 0 failed, 0 errored, 0 timeout\nstatus codes: 128231 2xx, 0 3xx, 0 4xx, 0 5xx\n"
	for _, c := range []struct {
		name, text string
		parse      func([]byte) (load, error)
		want       load
		wrong      string // part of the error
	}{
		{"wrk", wrk, parseWrk, load{142093, 28410.55}, ""},
		{"wrk-statuses", wrk + "  Non-2xx or 3xx responses: 7\n", parseWrk, load{}, "Non-2xx"},
		{"wrk-sockets", wrk + "  Socket errors: connect 0, read 3, write 0, timeout 0\n", parseWrk, load{}, "read 3"},
		{"wrk-silent", "", parseWrk, load{}, "something else"},
		{"h2load", h2, parseH2load, load{128231, 25646.20}, ""},
		{"h2load-statuses", strings.Replace(h2, "0 5xx", "3 5xx", 1), parseH2load, load{}, "thrown away"},
		{"h2load-failures", strings.Replace(h2, "0 errored", "2 errored", 1), parseH2load, load{}, "thrown away"},
		{"h2load-silent", "", parseH2load, load{}, "something else"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.parse([]byte(c.text))
			if got != c.want || (err == nil) != (c.wrong == "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestMetric(t *testing.T) {
	const text = "# TYPE go_goroutines gauge\ngo_goroutines 12\ngo_memstats_alloc_bytes_total 3.5e+06\n"
	if g, a := metric(text, "go_goroutines"), metric(text, "go_memstats_alloc_bytes_total"); g != 12 || a != 3.5e6 {
		t.Errorf("%v goroutines, %v bytes", g, a)
	}
	if !math.IsNaN(metric(text, "go_go")) {
		t.Error("a metric that is not there has a value")
	}
}

// A gate that grows is told, one that does not is not.
func TestGrown(t *testing.T) {
	steady := slices.Repeat([]sample{{memory: 30, descriptors: 60, goroutines: math.NaN()}}, 9)
	if err := grown(steady); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		name string
		grow func(s *sample)
	}{
		{"memory", func(s *sample) { s.memory *= 1.4 }},
		{"descriptors", func(s *sample) { s.descriptors *= 2 }},
		{"goroutines", func(s *sample) { s.goroutines = 90 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			list := slices.Clone(steady)
			for i := range list {
				if list[i].goroutines = 20; i >= 6 {
					c.grow(&list[i])
				}
			}
			if err := grown(list); err == nil || !strings.Contains(err.Error(), c.name) {
				t.Errorf("not told: %v", err)
			}
		})
	}
}

// What both runs took alike is no request's.
func TestPerRequest(t *testing.T) {
	if got := perRequest(5000+100*7, 100, 5000+300*7, 300); got != 7 {
		t.Errorf("%v bytes a request, want 7", got)
	}
	if got := perRequest(900, 100, 800, 300); got != -0.5 { // a median of rounds that are cut off at 0 is above it
		t.Errorf("%v bytes a request, want -0.5", got)
	}
	if got := perRequest(1, 100, 1, 100); !math.IsNaN(got) {
		t.Errorf("%v bytes a request of runs of one length", got)
	}
}

// Who has the lock is told from who waits for it, and from who has another.
func TestLockHolder(t *testing.T) {
	const locks = "1: FLOCK  ADVISORY  WRITE 6154 fe:00:99 0 EOF\n2: FLOCK  ADVISORY  WRITE 20490 fe:00:77 0 EOF\n2: -> FLOCK  ADVISORY  WRITE 12640 fe:00:77 0 EOF\n"
	if a, b, none := lockHolder(locks, 77), lockHolder(locks, 99), lockHolder(locks, 7); a != 20490 || b != 6154 || none != 0 {
		t.Errorf("%d, %d and %d hold the locks", a, b, none)
	}
	if got := lockHolder("2: -> FLOCK  ADVISORY  WRITE 12640 fe:00:77 0 EOF\n", 77); got != 0 {
		t.Errorf("%d only waits", got)
	}
}

// Every bar speaks of what is measured.
func TestBarsAreMeasured(t *testing.T) {
	for _, b := range bars {
		i := slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == b.scenario })
		j := slices.IndexFunc(columns, func(c column) bool { return c.name == b.figure })
		if i < 0 || j < 0 || !columns[j].of(scenarios[i].kind) || !slices.Contains(scenarios[i].subjects, b.subject) ||
			b.against != "" && !slices.Contains(scenarios[i].subjects, b.against) {
			t.Errorf("nothing measures %q", b.what)
		}
	}
	for _, s := range scenarios {
		for _, name := range s.subjects {
			if !slices.ContainsFunc(subjects, func(s subject) bool { return s.name == name }) {
				t.Errorf("%s: there is no subject %q", s.name, name)
			}
		}
	}
}

// The whole of it in short: nginx and the gate, forwarding and judging, are
// started, verified, driven and ended, and the figures add up.
func TestWhole(t *testing.T) {
	for _, name := range []string{"nginx", "wrk"} {
		if path := find(name); !filepath.IsAbs(path) {
			testdata.Lack(t, "the program %s is missing: install the Debian package %s", name, name)
		}
	}
	dir := t.TempDir()
	programs := map[string]string{"gatehouse": filepath.Join(dir, "gatehouse")}
	if err := buildGate(t.Context(), "../..", programs["gatehouse"], false); err != nil {
		t.Fatal(err)
	}
	at, err := setUp(t.Context(), programs)
	if err != nil {
		t.Fatal(err)
	}
	defer at.tearDown()
	b := &bench{at: at, lock: filepath.Join(dir, "lock"), rounds: 1, length: time.Second, warm: time.Second, say: t.Logf}
	o, err := parse([]string{"-only", "get$", "-who", "gate", "-rounds", "1"})
	if err != nil {
		t.Fatal(err)
	}
	r := b.all(t.Context(), &o)
	if slices.ContainsFunc(r.Tables[0].Rows, func(row *row) bool { return row.Note != "" }) {
		r = b.all(t.Context(), &o) // on a machine so busy that a second was too short
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Tables) != 1 || len(r.Tables[0].Rows) != 3 {
		t.Fatalf("not what was asked for: %s", text)
	}
	for _, row := range r.Tables[0].Rows {
		cpu, rate, peak := row.Figures["cpu"].median(), row.Figures["rate"].median(), row.Figures["peak"].median()
		if row.Note != "" || !(rate > 100 && peak > 1) { // false for NaN as well
			t.Fatalf("%s: %s %s", row.Subject, row.Note, text)
		}
		// what was used in a second cannot be more than the cores had, and
		// hardly less than the tenth of one
		if cores := cpu * rate / 1e6; !(cores > 0.05 && cores < 64) {
			t.Errorf("%s: %.1f µs times %.0f a second are %.2f cores", row.Subject, cpu, rate, cores)
		}
	}
	want := r.find("get", "gate", "cpu")[0] / r.find("get", "nginx", "cpu")[0]
	if i := slices.IndexFunc(r.Bars, func(v verdict) bool { return v.What == bars[0].what }); i < 0 || r.Bars[i].Got != want {
		t.Errorf("the bar is not the ratio %.2f: %+v", want, r.Bars)
	}
	var table bytes.Buffer
	if err := r.print(&table); err != nil || !strings.Contains(table.String(), "gate-enforced") {
		t.Errorf("%v\n%s", err, &table)
	}
}
