package request

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/gate"
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

// dropWriter writes random JSON with white space, the spans of the members
// that are to go, and what must be left.
type dropWriter struct {
	r     *rand.Rand
	text  bytes.Buffer
	spans []schema.Span
}

func (w *dropWriter) space() {
	for w.r.IntN(3) == 0 {
		w.text.WriteByte(" \t\n\r"[w.r.IntN(4)])
	}
}

func (w *dropWriter) value(depth int) string {
	if depth == 0 || w.r.IntN(3) == 0 {
		s := []string{`1`, `"a,}"`, `true`, `{}`, `[]`, `"\","`}[w.r.IntN(6)]
		w.text.WriteString(s)
		return s
	}
	if w.r.IntN(3) == 0 {
		w.text.WriteByte('[')
		w.space()
		s := "[" + w.value(depth-1)
		w.text.WriteByte(',')
		s += "," + w.value(depth-1) + "]"
		w.text.WriteByte(']')
		return s
	}
	return w.object(depth)
}

func (w *dropWriter) object(depth int) string {
	left := "{"
	w.text.WriteByte('{')
	for i := range w.r.IntN(6) {
		w.space()
		if i > 0 {
			w.text.WriteByte(',')
			w.space()
		}
		start := w.text.Len()
		fmt.Fprintf(&w.text, `"k%d"`, i)
		w.space()
		w.text.WriteByte(':')
		w.space()
		member := fmt.Sprintf(`"k%d":%s`, i, w.value(depth-1))
		switch w.r.IntN(4) {
		case 0:
			w.spans = append(w.spans, schema.Span{Tag: schema.TagDrop, Start: uint32(start), End: uint32(w.text.Len())})
			continue
		case 1: // a tag of another guard, which must not be disturbed
			w.spans = append(w.spans, schema.Span{Tag: 7, Start: uint32(start), End: uint32(w.text.Len())})
		}
		if left != "{" {
			left += ","
		}
		left += member
	}
	w.space()
	w.text.WriteByte('}')
	return left + "}"
}

// TestCutMembers removes random members: several, nested, first, last, all.
// What is left is exactly the rest, and is JSON.
func TestCutMembers(t *testing.T) {
	dropped := 0
	for seed := range uint64(3000) {
		w := &dropWriter{r: rand.New(rand.NewPCG(seed, 1))}
		w.space()
		want := w.object(4)
		w.space()
		r := open()
		before := slices.Clone(w.spans)
		var edits []gate.Edit
		for _, cut := range r.cutMembers(w.text.Bytes(), w.spans) {
			edits = append(edits, gate.Edit{Part: gate.OnBody, Start: cut.Start, End: cut.End})
		}
		if !slices.Equal(before, w.spans) {
			t.Fatalf("seed %d: the exchange's spans were changed", seed)
		}
		got := spliced(t, w.text.Bytes(), edits)
		if !bytes.Equal(got, r.json) {
			t.Fatalf("seed %d: %s is judged, %s is left", seed, r.json, got)
		}
		r.close()
		var compact bytes.Buffer
		if err := json.Compact(&compact, got); err != nil {
			t.Fatalf("seed %d: %s became %s: %v", seed, w.text.Bytes(), got, err)
		}
		if compact.String() != want {
			t.Fatalf("seed %d: %s became %s, want %s", seed, w.text.Bytes(), got, want)
		}
		dropped += len(edits)
	}
	if dropped < 1000 {
		t.Fatalf("only %d edits were made", dropped)
	}
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
			if _, bad2 := fs.sort(r, x.Query, plus); bad != fine || bad2 != fine {
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
			if _, bad2 := fs.sort(r, body, literal); bad != fine || bad2 != fine {
				t.Fatal("refused")
			}
			x := new(gate.Exchange)
			dropParts(x, r)
			got := string(spliced(t, body, x.Edits))
			if got != row.want {
				t.Errorf("left %q, want %q", got, row.want)
			}
			if bad := r.parts([]byte(got), "x"); bad != fine {
				t.Errorf("the rest is refused: %s", issues[bad].detail)
			}
		})
	}
}

// fieldsOf declares string fields.
func fieldsOf(names ...string) *fields {
	fs := &fields{rest: noSlot, taker: -1}
	for _, n := range names {
		fs.add(field{codec: newCodec(n, 3, true, plus, of(tString))})
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
