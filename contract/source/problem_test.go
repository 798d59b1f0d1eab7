package source_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

func TestProblemText(t *testing.T) {
	f, _ := source.ParseString("a.json", `{"a": 1, "\u001b[2J": {"\u009b\n": 2}, "`+strings.Repeat("é", 1000)+`": {"b": 3}}`)
	for _, row := range []struct {
		name    string
		problem source.Problem
		want    string
	}{
		{"plain", source.At(f.Root.Get("a"), "", "one %s", "thing"), "a.json:1:7: #/a: one thing"},
		{"warning-with-hint", source.Warn(f.Root.Get("a"), "do", "it"), "a.json:1:7: warning: #/a: it\n  hint: do"},
		{"no-pointer", source.Problem{Position: source.Position{File: "b"}, Text: "text"}, "b: text"},
		{"nothing", source.At(nil, "", "text"), "text"},
		{"control-characters", source.At(f.Root.Member(1).Value.Get("\u009b\n"), "\x1b", "\r"),
			`a.json:1:36: #/\u001b[2J/\u009b\u000a: \u000d` + "\n  hint: \\u001b"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := row.problem.String(); got != row.want {
				t.Errorf("got  %q\nwant %q", got, row.want)
			}
		})
	}
	t.Run("bounded", func(t *testing.T) {
		long := source.At(f.Root.Member(2).Value.Get("b"), strings.Repeat("h", 10_000), "%s", strings.Repeat("t", 10_000))
		if n := len(long.String()); n > 1500 {
			t.Errorf("%d bytes", n)
		}
	})
}

func TestProblems(t *testing.T) {
	at := func(file string, line, column int) source.Problem {
		return source.Problem{Position: source.Position{File: file, Line: line, Column: column}, Text: "t", Severity: source.Warning}
	}
	ps := source.Problems{at("b", 1, 1), at("a", 2, 1), at("a", 1, 9), at("a", 1, 2), at("a", 2, 1)}.Sort()
	if got, want := ps.Error(), "a:1:2: warning: t\na:1:9: warning: t\na:2:1: warning: t\nb:1:1: warning: t"; got != want {
		t.Errorf("got %s", got)
	}
	if ps.Err() != nil {
		t.Error("warnings are an error")
	}
	if append(ps, source.Problem{}).Err() == nil {
		t.Error("an error is none")
	}
}
