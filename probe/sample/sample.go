// Package sample makes values and calls that a contract describes: what a tool
// sends that wants to be let through. It prefers what the contract gives as an
// example, and hands nothing out that the contract's own schema does not take.
// Tools that speak to an API from its contract import it. It knows nothing of
// gates, and sends nothing.
package sample

import (
	"net/url"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// Maker makes samples of one contract. It is for one goroutine.
type Maker struct {
	files    *source.Set
	compiler *schema.Compiler
	compiled map[*source.Node]*schema.Schema
	left     int // nodes that may still be made of one value
}

// New returns a maker for c. Patterns that RE2 cannot express are replaced by
// those of patterns, as in gatehouse.yaml; nil for none.
func New(c *contract.Contract, patterns map[string]string) *Maker {
	o := schema.Options{Dialect: c.Dialect, Patterns: patterns}
	if c.Files != nil {
		o.Load = c.Files.Load
	}
	return &Maker{files: c.Files, compiler: schema.NewCompiler(o), compiled: make(map[*source.Node]*schema.Schema)}
}

const (
	maxNodes = 2_000 // of one value
	maxDepth = 24
)

// Value returns a JSON text that the schema at n takes in a request. It reports
// false when none was found: schemas can ask for what only their author knows.
func (m *Maker) Value(n *source.Node) (text []byte, ok bool) {
	if n == nil {
		return []byte(`"sample"`), true
	}
	for _, all := range [...]bool{false, true} { // the least that will do; then what is optional, too
		m.left = maxNodes
		v := m.value(n, all, 0)
		if v == nil {
			continue
		}
		if text = appendValue(nil, v); m.takes(n, text) {
			return text, true
		}
	}
	return nil, false
}

// refer follows a reference of a schema to its end; nil when it leads nowhere.
func (m *Maker) refer(n *source.Node) *source.Node {
	for range maxDepth {
		ref := n.Get("$ref")
		if !ref.Is(source.String) {
			return n
		}
		name, fragment, _ := strings.Cut(ref.Str(), "#")
		file := ref.File()
		if name != "" {
			var err error
			if m.files == nil {
				return nil
			}
			if file, err = m.files.Refer(file, name); err != nil {
				return nil
			}
		}
		pointer, err := url.PathUnescape(fragment)
		if err != nil || file == nil || file.Root == nil {
			return nil
		}
		if n = file.Root.Lookup(pointer); n == nil {
			return nil
		}
	}
	return nil
}
