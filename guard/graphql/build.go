package graphql

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Options are what a Guard is made of. Zeros are the defaults.
type Options struct {
	Schema        []byte // in the schema definition language
	Persisted     []byte // SHA-256 of queries that are known, one a line; nil for all queries
	MaxDepth      int    // of fields in fields; default 10
	MaxCost       int64  // of a call; default 1,000
	MaxAliases    int    // of a query; default 15
	MaxDirectives int    // of a query; default 20
	MaxBatch      int    // queries of a call; default 1
	MaxTokens     int    // of a query; default 2,000
	ListSize      int64  // items of a list that says nothing; default 10
	Introspection bool   // the schema may be asked for
	// Weights are what fields cost, by Type.field; others cost 1.
	Weights map[string]int64
	// Roles are those of which a caller needs one for a field, by Type.field.
	Roles map[string][]string
	Words *gate.Vocabulary
}

// New returns a guard, or says what is wrong with the schema or with the names
// of fields.
func New(o Options) (*Guard, []error) {
	for at, v := range map[*int]int{&o.MaxDepth: 10, &o.MaxAliases: 15, &o.MaxDirectives: 20, &o.MaxBatch: 1, &o.MaxTokens: 2000} {
		if *at <= 0 {
			*at = v
		}
	}
	if o.MaxCost <= 0 {
		o.MaxCost = 1000
	}
	if o.ListSize <= 0 {
		o.ListSize = 10
	}
	s, err := gqlparser.LoadSchema(&ast.Source{Name: "schema", Input: string(o.Schema)})
	if err != nil {
		return nil, []error{fmt.Errorf("the schema cannot be read: %w", err)}
	}
	g := &Guard{o: o, schema: s, roles: make(map[string][]gate.Rights)}
	g.o.Schema, g.o.Persisted = nil, nil
	var wrong []error
	for _, name := range slices.Concat(slices.Sorted(maps.Keys(o.Weights)), slices.Sorted(maps.Keys(o.Roles))) {
		if g.field(name) == nil {
			wrong = append(wrong, fmt.Errorf("the schema has no field %q", name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o.Roles)) {
		g.restrict(name, o.Roles[name])
	}
	if o.Persisted != nil {
		if err := g.list(o.Persisted); err != nil {
			wrong = append(wrong, err)
		}
	}
	return g, wrong
}

// field returns a field by Type.field.
func (g *Guard) field(name string) *ast.FieldDefinition {
	on, field, ok := strings.Cut(name, ".")
	if t := g.schema.Types[on]; ok && t != nil {
		return t.Fields.ForName(field)
	}
	return nil
}

// restrict keeps a field to roles: on its type, on the interfaces by which it is
// reached, and on the types of an interface.
func (g *Guard) restrict(name string, roles []string) {
	var set gate.Rights
	for _, role := range roles {
		set = g.o.Words.Role(set, role)
	}
	on, field, _ := strings.Cut(name, ".")
	t := g.schema.Types[on]
	if t == nil {
		return
	}
	types := []string{on}
	types = append(types, t.Interfaces...)
	for _, other := range g.schema.Types {
		if slices.Contains(other.Interfaces, on) {
			types = append(types, other.Name)
		}
	}
	slices.Sort(types)
	for _, other := range slices.Compact(types) {
		if d := g.schema.Types[other]; d != nil && d.Fields.ForName(field) != nil {
			g.roles[other+"."+field] = append(g.roles[other+"."+field], set)
		}
	}
}

// list reads the SHA-256 of queries that are known; what stands behind one is
// for people.
func (g *Guard) list(text []byte) error {
	g.known = make(map[[sha256.Size]byte]bool)
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		word, _, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		if word == "" || strings.HasPrefix(word, "#") {
			continue
		}
		sum, err := hex.DecodeString(word)
		if err != nil || len(sum) != sha256.Size {
			return fmt.Errorf("line %d of the known queries is no SHA-256 in hexadecimal", n)
		}
		g.known[[sha256.Size]byte(sum)] = true
	}
	return lines.Err()
}
