package testdata

import (
	"slices"
	"strings"
	"testing"
)

func TestCorpusLines(t *testing.T) {
	read := func(text string) (rows []Hostile, err error) {
		for line := range strings.Lines(text) {
			if rows, err = corpusLine(rows, strings.TrimSuffix(line, "\n")); err != nil {
				return nil, err
			}
		}
		return rows, nil
	}
	rows, err := read("case a\nsend \"x\\r\\n\" * 2\nsend \"y\"\nends\npassed GET \"/\" \"a\"\ntarget \"b\" * 3\nfield \"X: 1\" * 2\nvalue \"2\"\nbody \"z\"\nrefused malformed\n" +
		"case b\nhead \":path\" \"/\" * 2\nhead \"\" \"\"\ndata \"x\"\ndata \"y\"\ntrailer \"t\" \"1\"\nrefused malformed")
	if err != nil || len(rows) != 2 {
		t.Fatal(err, rows)
	}
	a, b := rows[0], rows[1]
	if o := a.Want[0]; a.Sent != "x\r\nx\r\ny" || !a.Ends || o.Target != "/bbb" || o.Body != "z" || !slices.Equal(o.Fields, []string{"X: 1", "X: 12"}) || a.Want[1].Code != "malformed" {
		t.Errorf("%+v", a)
	}
	if !slices.Equal(b.Head, [][2]string{{":path", "//"}, {"", ""}}) || !slices.Equal(b.Data, []string{"x", "y"}) || len(b.Trailer) != 1 {
		t.Errorf("%+v", b)
	}
	for _, bad := range []string{"send \"x\"", "case a\nsnd \"x\"", "case a\nsend x", "case a\nsend \"x\" * y", "case a\nbody \"x\"", "case a\nrefused x\nbody \"x\"", "case a\nrefused x\nsend \"x\"", "case a\npassed GET /", "case a\nhead \"x\""} {
		if _, err := read(bad); err == nil {
			t.Errorf("read: %q", bad)
		}
	}
}

// What servers cannot tell is no difference; all else is.
func TestSame(t *testing.T) {
	want := Outcome{Method: "GET", Target: "/", Host: "a", Fields: []string{"X-B: 1", "X-A: 2"}, Body: "b"}
	same := want
	same.Fields = []string{"x-a: 2", "Via: x", "Content-Length: 1", "x-b: 1"}
	if !want.Same(same) {
		t.Error("not the same")
	}
	for _, change := range []func(*Outcome){
		func(o *Outcome) { o.Method = "get" }, func(o *Outcome) { o.Target = "/x" }, func(o *Outcome) { o.Host = "A" }, func(o *Outcome) { o.Body = "" },
		func(o *Outcome) { o.Fields = o.Fields[:1] }, func(o *Outcome) { o.Fields = append(o.Fields, "x-c: ") }, func(o *Outcome) { o.Fields = []string{"x-a: 2", "x-b: 2"} },
	} {
		other := want
		if change(&other); want.Same(other) {
			t.Errorf("the same: %v", other)
		}
	}
}
