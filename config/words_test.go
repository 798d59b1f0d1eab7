package config

import (
	"reflect"
	"slices"
	"testing"
)

// TestChoicesHaveWords sees that each type of a few words refuses all others:
// without Words a misspelt one would be taken.
func TestChoicesHaveWords(t *testing.T) {
	said := readComments()
	seen := 0
	var walk func(g *group)
	walk = func(g *group) {
		for i := range g.keys {
			k := &g.keys[i]
			if k.group != nil {
				walk(k.group)
				continue
			}
			of := inner(k.typ)
			if of.Kind() != reflect.String || of.PkgPath() == "" || scalars[of] != nil {
				continue
			}
			seen++
			words := wordsOf(of)
			if len(words) == 0 {
				t.Errorf("%s.%s: any text is taken for a %s", g.name, k.name, of.Name())
			}
			for _, w := range said.words[of.Name()] {
				if !slices.Contains(words, w.text) {
					t.Errorf("%s.%s: %q is a %s, and is refused", g.name, k.name, w.text, of.Name())
				}
			}
		}
	}
	walk(said.group(reflect.TypeFor[Config]()))
	if seen < 20 {
		t.Errorf("only %d keys were looked at", seen)
	}
}
