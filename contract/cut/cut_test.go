package cut_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/cut"
	"github.com/gatehouse-api/gatehouse/contract/schema"
)

// spliced applies cuts, which must be in order and in bounds.
func spliced(t *testing.T, from []byte, cuts []schema.Span) []byte {
	t.Helper()
	var out []byte
	at := uint32(0)
	for _, c := range cuts {
		if c.Start < at || c.End < c.Start || int(c.End) > len(from) {
			t.Fatalf("cut [%d,%d) after %d of %d bytes", c.Start, c.End, at, len(from))
		}
		out = append(out, from[at:c.Start]...)
		at = c.End
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

// TestMembers removes random members: several, nested, first, last, all.
// What is left is exactly the rest, and is JSON.
func TestMembers(t *testing.T) {
	dropped := 0
	for seed := range uint64(3000) {
		w := &dropWriter{r: rand.New(rand.NewPCG(seed, 1))}
		w.space()
		want := w.object(4)
		w.space()
		marks := 0
		for _, s := range w.spans {
			if s.Tag == schema.TagDrop {
				marks++
			}
		}
		if cut.Any(w.spans) != (marks > 0) {
			t.Fatalf("seed %d: any of %d", seed, marks)
		}
		cuts := cut.Members(w.text.Bytes(), w.spans)
		left := cut.Left(nil, w.text.Bytes(), cuts)
		got := spliced(t, w.text.Bytes(), cuts)
		if !bytes.Equal(got, left) {
			t.Fatalf("seed %d: %s is judged, %s is left", seed, left, got)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, got); err != nil {
			t.Fatalf("seed %d: %s became %s: %v", seed, w.text.Bytes(), got, err)
		}
		if compact.String() != want {
			t.Fatalf("seed %d: %s became %s, want %s", seed, w.text.Bytes(), got, want)
		}
		dropped += len(cuts)
	}
	if dropped < 1000 {
		t.Fatalf("only %d edits were made", dropped)
	}
}

func TestWhole(t *testing.T) {
	const text = ` { "a" : 1,"b\"c\\":2 , "d":[ 3,4 , {"":5}],"\\":6,"e,:[":7}`
	for value, want := range map[string]string{"1": `"a" : 1`, "2": `"b\"c\\":2`, "3": "3", "4": "4", `{"":5}`: `{"":5}`, "5": `"":5`, "6": `"\\":6`, "7": `"e,:[":7`} {
		at := bytes.Index([]byte(text), []byte(value))
		start, ok := cut.Whole([]byte(text), at)
		if got := text[start : at+len(value)]; got != want || !ok {
			t.Errorf("%s: %s %v, want %s", value, got, ok, want)
		}
	}
	for _, root := range []string{"1", " \t{}"} {
		if _, ok := cut.Whole([]byte(root), len(root)-1); ok {
			t.Errorf("%q stands in something", root)
		}
	}
}
