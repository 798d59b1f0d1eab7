package metrics

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/gatehouse-api/gatehouse/gate"
)

var (
	namesMetric = regexp.MustCompile(`\b(?:gatehouse|go|process)_[a-z0-9_]+`)
	namesLabels = regexp.MustCompile(`by \(([^)]*)\)|([a-z_]+)(?:=~|!~|!=|=)"`)
)

// TestExamples holds what examples ask Prometheus for to what /metrics has.
func TestExamples(t *testing.T) {
	labels := map[string][]string{}
	m := New("1", func() Snapshot { return Snapshot{} })
	m.Enable(true)
	m.Sink(&sunk{}).Record(&gate.Event{Status: 200, Upstream: 1})
	for name := range strings.Lines(text(t, m)) {
		if name, _, _ = strings.Cut(name, " "); !strings.HasPrefix(name, "#") {
			name, _, _ = strings.Cut(name, "{")
			labels[name] = nil
		}
	}
	for _, d := range Definitions {
		labels[d.Name] = d.Labels
		if d.Kind == Histogram {
			delete(labels, d.Name)
			labels[d.Name+"_bucket"] = append(slices.Clone(d.Labels), "le")
		}
	}
	for where, queries := range exampleQueries(t) {
		if len(queries) < 10 {
			t.Errorf("%s asks for %q", where, queries)
		}
		for _, q := range queries {
			known := []string{"job", "instance"}
			names := namesMetric.FindAllString(q, -1)
			if len(names) == 0 {
				t.Errorf("%s: %s asks for nothing", where, q)
			}
			for _, name := range names {
				found, ok := labels[name]
				if !ok {
					t.Errorf("%s: there is no metric %s", where, name)
				}
				known = append(known, found...)
			}
			for _, match := range namesLabels.FindAllStringSubmatch(q, -1) {
				for label := range strings.SplitSeq(match[1]+match[2], ",") {
					if label = strings.TrimSpace(label); !slices.Contains(known, label) {
						t.Errorf("%s: %s asks for the label %s, which is none of theirs", where, q, label)
					}
				}
			}
		}
	}
}

// exampleQueries are those of the alert rules and of the dashboard.
func exampleQueries(t *testing.T) map[string][]string {
	t.Helper()
	const alerts, dashboard = "../../examples/prometheus/alerts.yaml", "../../examples/grafana/gatehouse.json"
	found := map[string][]string{}
	var rules struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr         string
				Labels, Annotations map[string]string
			}
		}
	}
	if err := yaml.Unmarshal(read(t, alerts), &rules); err != nil {
		t.Fatal(err)
	}
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			found[alerts] = append(found[alerts], r.Expr)
			if s := r.Labels["severity"]; r.Alert == "" || r.Annotations["summary"] == "" || s != "page" && s != "ticket" {
				t.Errorf("%s: %+v", alerts, r)
			}
		}
	}
	var board struct {
		Panels []struct {
			ID      int
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(read(t, dashboard), &board); err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, p := range board.Panels {
		if seen[p.ID] || p.Title == "" {
			t.Errorf("%s: panel %d, %s", dashboard, p.ID, p.Title)
		}
		seen[p.ID] = true
		for _, target := range p.Targets {
			found[dashboard] = append(found[dashboard], target.Expr)
		}
	}
	return found
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
