package request

import (
	"bytes"
	"slices"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
)

// spliced applies edits, which must be in bounds and must not overlap.
func spliced(t *testing.T, from []byte, edits []gate.Edit) []byte {
	t.Helper()
	slices.SortFunc(edits, func(a, b gate.Edit) int { return int(a.Start) - int(b.Start) })
	var out []byte
	at := uint32(0)
	for _, e := range edits {
		if e.Start < at || e.End < e.Start || int(e.End) > len(from) {
			t.Fatalf("edit [%d,%d) after %d of %d bytes", e.Start, e.End, at, len(from))
		}
		out = append(append(out, from[at:e.Start]...), e.With...)
		at = e.End
	}
	return append(out, from[at:]...)
}

func TestDropPairs(t *testing.T) {
	fs := fieldsOf("a", "b")
	for _, row := range []struct{ name, query, want string }{
		{"none", "/p?a=1&b=2", "/p?a=1&b=2"},
		{"first", "/p?x=1&a=1", "/p?a=1"},
		{"last", "/p?a=1&x=1", "/p?a=1"},
		{"middle", "/p?a=1&x=1&b=2", "/p?a=1&b=2"},
		{"run", "/p?x=1&y&a=1&x=1&y=2&b=2&z=&z", "/p?a=1&b=2"},
		{"only", "/p?x=1", "/p"},
		{"all", "/p?x=1&y=2", "/p"},
	} {
		t.Run(row.name, func(t *testing.T) {
			x := target(row.query)
			r := open()
			defer r.close()
			bad := r.split(x.Query, maxQueryPairs)
			if _, bad2 := fs.sort(r, x.Query, style.Plus); bad != style.Fine || bad2 != style.Fine {
				t.Fatal("refused")
			}
			dropPairs(x, r, x.Query, gate.OnTarget, len(x.Target)-len(x.Query))
			if got := string(spliced(t, x.Target, x.Edits)); got != row.want {
				t.Errorf("left %s, want %s", got, row.want)
			}
		})
	}
}

func TestDropParts(t *testing.T) {
	part := func(name, content string) string {
		return "--x\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + content + "\r\n"
	}
	fs := fieldsOf("a", "b")
	for _, row := range []struct{ name, body, want string }{
		{"first", part("x", "1") + part("a", "1") + "--x--\r\n", part("a", "1") + "--x--\r\n"},
		{"last", part("a", "1") + part("x", "") + "--x--", part("a", "1") + "--x--"},
		{"run", part("a", "1") + part("x", "1") + part("y", "1") + part("b", "1") + "--x--", part("a", "1") + part("b", "1") + "--x--"},
		{"all", part("x", "1") + part("y", "1") + "--x--", "--x--"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := open()
			defer r.close()
			body := []byte(row.body)
			bad := r.parts(body, "x")
			if _, bad2 := fs.sort(r, body, style.Literal); bad != style.Fine || bad2 != style.Fine {
				t.Fatal("refused")
			}
			x := new(gate.Exchange)
			dropParts(x, r)
			got := string(spliced(t, body, x.Edits))
			if got != row.want {
				t.Errorf("left %q, want %q", got, row.want)
			}
			if bad := r.parts([]byte(got), "x"); bad != style.Fine {
				t.Errorf("the rest is refused: %s", words(bad))
			}
		})
	}
}

// fieldsOf declares string fields.
func fieldsOf(names ...string) *fields {
	fs := &fields{rest: noSlot, taker: -1}
	for _, n := range names {
		fs.add(field{Codec: style.NewCodec(n, 3, true, style.Plus, of(tString))})
	}
	fs.freeze()
	return fs
}

// target returns an exchange for a GET of s.
func target(s string) *gate.Exchange {
	x := &gate.Exchange{Method: []byte("GET"), Target: []byte(s)}
	x.Path = x.Target
	if i := bytes.IndexByte(x.Target, '?'); i >= 0 {
		x.Path, x.Query = x.Target[:i], x.Target[i+1:]
	}
	return x
}
