package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/serve"
)

// checkConfig says what there is to say of a gatehouse.yaml.
func (w *world) checkConfig(file string, asJSON, inspect bool) error {
	read := serve.Check
	if inspect {
		read = serve.CheckTexts
	}
	found := read(file)
	found.Problems, found.Loose = nearby(found.Problems), nearby(found.Loose)
	if asJSON {
		if err := w.encode(w.configReport(file, found)); err != nil {
			return err
		}
	} else {
		w.configText(file, found)
	}
	if found.Problems.Err() != nil {
		return errReported
	}
	return nil
}

func (w *world) configText(file string, found *serve.Inspection) {
	if len(found.Problems) > 0 {
		w.problems(found.Problems)
	}
	if found.Problems.Err() != nil {
		return
	}
	p := w.paint(w.stdout)
	fmt.Fprintf(w.stdout, "%s: %s\n", file, plural(len(found.APIs), "API"))
	for i := range found.APIs {
		a := &found.APIs[i]
		fmt.Fprintf(w.stdout, "\n%s, %s: %s\n", p.bold(a.Title), a.Language, plural(len(a.Operations), "operation"))
		rows := [][]string{{"  name", a.Name}, {"  at", a.At}}
		for i, words := range a.Upstreams {
			rows = append(rows, []string{[]string{"  API", ""}[min(i, 1)], words})
		}
		rows = append(rows, []string{"  mode", a.Mode})
		if a.At == "" {
			rows[1][1] = "every host"
		}
		fmt.Fprintln(w.stdout, table(rows))
		w.operations(a.Operations)
		w.texts(a.Texts)
	}
	if len(found.Sinks) > 0 {
		fmt.Fprintf(w.stdout, "\nEvents go to %s as well:\n", plural(len(found.Sinks), "sink"))
		var rows [][]string
		for _, s := range found.Sinks {
			rows = append(rows, []string{"  " + s.Name, s.To, fmt.Sprintf("%d bytes wait", s.Waiting)})
		}
		fmt.Fprint(w.stdout, table(rows))
	}
	if len(found.Loose) == 0 {
		fmt.Fprintf(w.stdout, "\nNothing in %s lets through more than the contracts say.\n", file)
		return
	}
	fmt.Fprintf(w.stdout, "\nWhat stands open: %d\n", len(found.Loose))
	for _, l := range found.Loose {
		fmt.Fprintf(w.stdout, "  %s: %s\n", l.Position, p.red(l.Text))
	}
}

// configReport is what check --config --json writes.
type configReport struct {
	Config   string      `json:"config"`
	Errors   int         `json:"errors"`
	Warnings int         `json:"warnings"`
	Problems []finding   `json:"problems"`
	APIs     []apiReport `json:"apis"`
	Loose    []finding   `json:"loosened"`

	Sinks []serve.InspectedSink `json:"sinks,omitempty"`
}

// apiReport is one API of it.
type apiReport struct {
	Name       string                     `json:"name"`
	Contract   string                     `json:"contract"`
	Title      string                     `json:"title"`
	Language   string                     `json:"language"`
	Hosts      []string                   `json:"hosts,omitempty"`
	Prefix     string                     `json:"prefix,omitempty"`
	Upstreams  []upstreamReport           `json:"upstreams,omitempty"`
	Mode       config.Mode                `json:"mode"`
	Operations []gatehouse.Exposure       `json:"operations"`
	Texts      []gatehouse.InspectedTexts `json:"texts,omitempty"`
}

// upstreamReport is one upstream of an API.
type upstreamReport struct {
	URL    string      `json:"url"`
	Role   config.Role `json:"role,omitempty"`
	Weight int         `json:"weight,omitempty"` // unless 1
}

func (w *world) configReport(file string, found *serve.Inspection) *configReport {
	r := &configReport{Config: file, Problems: w.findings(found.Problems), APIs: []apiReport{}, Loose: w.findings(found.Loose), Sinks: found.Sinks}
	r.Errors, r.Warnings = count(found.Problems)
	for i := range found.APIs {
		a := &found.APIs[i]
		s := a.Settings
		one := apiReport{Name: a.Name, Contract: nearFile(string(s.Contract)), Title: a.Title, Language: a.Language,
			Hosts: s.Hosts, Prefix: s.Prefix, Upstreams: upstreamsOf(s), Mode: s.Mode, Operations: a.Operations, Texts: a.Texts}
		if one.Mode == "" {
			one.Mode = config.Enforce
		}
		if one.Operations == nil {
			one.Operations = []gatehouse.Exposure{}
		}
		r.APIs = append(r.APIs, one)
	}
	return r
}

// upstreamsOf are where an API runs.
func upstreamsOf(s *config.API) (list []upstreamReport) {
	for _, u := range s.Upstreams {
		one := upstreamReport{URL: u.URL, Role: u.Role}
		if u.Weight > 1 {
			one.Weight = u.Weight
		}
		list = append(list, one)
	}
	return list
}

// placeInText is another place that the text of a problem speaks of.
var placeInText = regexp.MustCompile(`\(/[^()]+:[0-9]+:[0-9]+\)`)

// nearby names files as whoever stands in this folder would.
func nearby(list source.Problems) source.Problems {
	near := make(source.Problems, len(list))
	for i, p := range list {
		p.File = nearFile(p.File)
		p.Text = placeInText.ReplaceAllStringFunc(p.Text, func(place string) string { return "(" + nearFile(place[1:len(place)-1]) + ")" })
		near[i] = p
	}
	return near
}

// nearFile is the path of a file below this folder from here; others keep
// theirs.
func nearFile(name string) string {
	here, err := os.Getwd()
	if err != nil || !filepath.IsAbs(name) {
		return name
	}
	if rest, err := filepath.Rel(here, name); err == nil && filepath.IsLocal(rest) {
		return rest
	}
	return name
}
