package schema

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// TestTagsOfCircles holds what is found for all schemas at once against a walk
// from each, in documents whose schemas refer to each other at random.
func TestTagsOfCircles(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	few, many, empty := 0, 0, 0
	for round := range 200 {
		n := 1 + random.IntN(200)
		var text strings.Builder
		text.WriteString(`{"$defs":{`)
		for i := range n {
			if i > 0 {
				text.WriteByte(',')
			}
			fmt.Fprintf(&text, `"s%d":{"type":"object"`, i)
			if random.IntN(3) > 0 {
				fmt.Fprintf(&text, `,"x-tag":%d`, 1+i)
			}
			text.WriteString(`,"properties":{`)
			for k := range random.IntN(2 + round%3) {
				fmt.Fprintf(&text, `"p%d":{"type":"array","items":{"$ref":"#/$defs/s%d"}},`, k, random.IntN(n))
			}
			text.WriteString(`"last":{"type":"string"}}}`)
		}
		text.WriteString(`}}`)
		file, problems := source.ParseString("s.json", text.String())
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		c := NewCompiler(Options{Dialect: Draft202012, Tags: func(n *source.Node) []Tag {
			if tag, ok := n.Get("x-tag").Int(); ok {
				return []Tag{Tag(tag)}
			}
			return nil
		}})
		for _, def := range file.Root.Get("$defs").Members() {
			s := c.Compile(def)
			w := &tagWalk{seen: make(map[*node]bool), found: make(map[Tag]bool)}
			w.node(s.root)
			want := slices.Sorted(maps.Keys(w.found))
			if got := s.Tags(); !s.untold && !slices.Equal(got, want) {
				t.Fatalf("%v, want %v of\n%s", got, want, text.String())
			}
			switch {
			case len(want) == 0:
				empty++
			case len(want) > maxReached:
				many++
			default:
				few++
			}
		}
	}
	if few < 100 || many < 100 || empty < 100 {
		t.Errorf("%d schemas with few tags, %d with many, %d with none", few, many, empty)
	}
}

// TestTagsOfLongWays looks at each node once, in the longest way and the largest
// circle.
func TestTagsOfLongWays(t *testing.T) {
	const n = 3000
	var text strings.Builder
	text.WriteString(`{"$defs":{`)
	for i := range n {
		fmt.Fprintf(&text, `"s%d":{"type":"object","properties":{"p":{"$ref":"#/$defs/s%d"}}},`, i, (i+1)%n)
	}
	text.WriteString(`"end":{"type":"object","x-tag":1}}}`)
	file, problems := source.ParseString("s.json", text.String())
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	c := NewCompiler(Options{Dialect: Draft202012, Tags: func(n *source.Node) []Tag {
		if n.Get("x-tag") != nil {
			return []Tag{1}
		}
		return nil
	}})
	defs := file.Root.Get("$defs")
	c.Compile(defs.Get("end"))
	for _, def := range defs.Members() {
		c.Compile(def)
	}
	if met := len(c.reach.order); met < n || met > n+10 {
		t.Errorf("%d nodes were met, of %d", met, n)
	}
}
