//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
)

// report is all that one run gave.
type report struct {
	Machine  string            `json:"machine"`
	Versions map[string]string `json:"versions"`
	Rounds   int               `json:"rounds"`
	Seconds  float64           `json:"seconds"`
	Tables   []*table          `json:"scenarios"`
	Bars     []verdict         `json:"bars"`
}

// table is one scenario.
type table struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Rows  []*row `json:"subjects"`
	kind  kind
}

// row is one subject of a scenario: figure to rounds.
type row struct {
	Subject string            `json:"subject"`
	Figures map[string]series `json:"figures"` // see columns
	Note    string            `json:"note,omitempty"`
	unable  bool              // does not speak the protocol
}

// verdict is one bar and what was measured.
type verdict struct {
	What   string  `json:"what"`
	AtMost float64 `json:"at_most"`
	Got    float64 `json:"got"`
	Unit   string  `json:"unit,omitempty"`
	Range  string  `json:"range"`
}

// MarshalJSON writes rounds without a value as null.
func (s series) MarshalJSON() ([]byte, error) {
	list := make([]*float64, len(s))
	for i := range s {
		if !math.IsNaN(s[i]) {
			list[i] = &s[i]
		}
	}
	return json.Marshal(list)
}

// column is one figure in the tables.
type column struct {
	name, title, format string
	kinds               []kind
	value               func(*figures) float64
}

var columns = []column{
	{"cpu", "CPU µs/request", "%.1f", []kind{saturated, steady}, func(f *figures) float64 { return f.cpu }},
	{"user", "user share", "%.2f", []kind{saturated}, func(f *figures) float64 { return f.user }},
	{"rate", "requests/s", "%.0f", []kind{saturated}, func(f *figures) float64 { return f.rate }},
	{"p50", "p50 µs", "%.0f", []kind{steady}, func(f *figures) float64 { return f.p50 }},
	{"p99", "p99 µs", "%.0f", []kind{steady}, func(f *figures) float64 { return f.p99 }},
	{"idle", "KiB/connection", "%.1f", []kind{idle}, func(f *figures) float64 { return f.idle }},
	{"peak", "peak MiB", "%.0f", []kind{saturated, steady, idle}, func(f *figures) float64 { return f.peak }},
	{"heap", "heap B/request", "%.0f", []kind{saturated}, func(f *figures) float64 { return f.heap }},
	{"busy", "machine busy", "%.2f", []kind{steady}, func(f *figures) float64 { return f.busy }},
}

// add notes what one run gave.
func (r *row) add(f figures, err error) {
	if err != nil {
		r.Note = strings.ReplaceAll(err.Error(), "\n", "; ")
		r.unable = errors.Is(err, errNoHTTP2)
	}
	for _, c := range columns {
		r.Figures[c.name] = append(r.Figures[c.name], c.value(&f))
	}
}

// find returns the figures of a subject in a scenario, or nil.
func (r *report) find(scenario, subject, figure string) series {
	for _, t := range r.Tables {
		for _, row := range t.Rows {
			if t.Name == scenario && row.Subject == subject {
				return row.Figures[figure]
			}
		}
	}
	return nil
}

// judge holds what was measured against the bars; those of which nothing was
// measured are left out.
func (r *report) judge(bars []bar) {
	for _, b := range bars {
		s := r.find(b.scenario, b.subject, b.figure)
		if b.against != "" {
			s = s.over(r.find(b.scenario, b.against, b.figure))
		}
		if got := s.median(); !math.IsNaN(got) {
			r.Bars = append(r.Bars, verdict{b.what, b.most, got, b.unit, s.show("%.2f")})
		}
	}
}

// print writes the tables.
func (r *report) print(w io.Writer) error {
	fmt.Fprintf(w, "%s\n", r.Machine)
	for _, s := range subjects {
		if v := r.Versions[s.name]; v != "" {
			fmt.Fprintf(w, "  %s: %s\n", s.name, v)
		}
	}
	fmt.Fprintf(w, "%d rounds in turns, %.3g s each. Medians, in brackets the least and the most; ratios are those of each round.\n", r.Rounds, r.Seconds)
	for _, t := range r.Tables {
		if err := t.print(w); err != nil {
			return err
		}
	}
	if len(r.Bars) == 0 {
		return nil
	}
	fmt.Fprintln(w, "\nWhat is promised")
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, v := range r.Bars {
		word := "held"
		if v.Got > v.AtMost {
			word = "MISSED"
		}
		fmt.Fprintf(tw, "  %s\t%s\tat most %.4g %s\t%s\n", v.What, v.Range, v.AtMost, v.Unit, word)
	}
	return tw.Flush()
}

func (t *table) print(w io.Writer) error {
	fmt.Fprintf(w, "\n%s (%s)\n", t.Title, t.Name)
	first := t.Rows[0]
	main := "cpu"
	if t.kind == idle {
		main = "idle"
	}
	if rounds := first.Figures[main].outliers(); len(rounds) > 0 {
		fmt.Fprintf(w, "  noisy: %s itself is off its median by more than %.0f%% in round %v\n", first.Subject, 100*noisy, rounds)
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(tw, "  \tto %s", first.Subject)
	for _, c := range columns {
		if c.of(t.kind) {
			fmt.Fprintf(tw, "\t%s", c.title)
		}
	}
	fmt.Fprintln(tw)
	for _, r := range t.Rows {
		fmt.Fprintf(tw, "  %s\t%s", r.Subject, r.Figures[main].over(first.Figures[main]).show("%.2f"))
		for _, c := range columns {
			if c.of(t.kind) {
				fmt.Fprintf(tw, "\t%s", r.Figures[c.name].show(c.format))
			}
		}
		fmt.Fprintln(tw)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, r := range t.Rows {
		if r.Note != "" {
			fmt.Fprintf(w, "  %s: %s\n", r.Subject, r.Note)
		}
	}
	return nil
}

func (c *column) of(k kind) bool {
	return slices.Contains(c.kinds, k)
}

// line says the figures in short, as they come.
func (f *figures) line(err error) string {
	if err != nil {
		return err.Error()
	}
	var words []string
	for _, c := range columns {
		if v := c.value(f); !math.IsNaN(v) {
			words = append(words, fmt.Sprintf(c.format+" %s", v, c.title))
		}
	}
	return strings.Join(words, ", ")
}
