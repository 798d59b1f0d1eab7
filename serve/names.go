package serve

import (
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// eventNames are those of APIs and operations, as events have them.
type eventNames struct {
	apis, operations []string
	paths            map[string]bool // templates, which rules of alerts name behind a method
}

// unmet finds names of APIs and operations in sinks and alerts that no event can
// have: such a sink gets nothing, and such an alert tells nothing, or always. A
// contract may come to have them later, so that it is a warning. While a contract
// cannot be read nothing is said.
func (d *draft) unmet() {
	all := eventNames{paths: map[string]bool{}}
	for i := range d.apis {
		c, settings := d.apis[i].contract, d.apis[i].settings
		if c == nil {
			return
		}
		all.apis = append(all.apis, gatehouse.NameOf(&settings.Policy, c))
		for _, op := range c.Operations {
			all.operations = append(all.operations, op.Name())
			for _, base := range op.BasePaths {
				all.paths[settings.Policy.Prefix+base+op.Path] = true
			}
		}
	}
	r := &d.config.Record
	for i := range r.Sinks {
		if o := r.Sinks[i].Only; o != nil {
			d.named(o.Place, o.API, o.Operation, &all, false)
		}
	}
	for i := range r.Alerts {
		if w := r.Alerts[i].When; w != nil {
			d.named(w.Place, w.API, w.Operation, &all, true)
		}
	}
}

// named holds the names at a place to those that there are. Where calls are named
// by method and path as well, a path that the contract has will do: methods such as
// HEAD are implied.
func (d *draft) named(at config.Place, apis, operations []string, all *eventNames, byCall bool) {
	warn := func(key string, i int, hint, format, name string) {
		d.faults.problems = append(d.faults.problems, at.At(key).Item(i).Warning(hint, format, name))
	}
	for i, name := range apis {
		if !slices.Contains(all.apis, name) {
			warn("api", i, source.DidYouMean("events call an API by its name, or else by the title of its contract", name, all.apis...), "no API is called %q, so that no event matches", name)
		}
	}
	for i, name := range operations {
		_, path, spaced := strings.Cut(name, " ")
		if !slices.Contains(all.operations, name) && !(byCall && spaced && all.paths[path]) {
			warn("operation", i, source.DidYouMean("write an operationId of a contract", name, all.operations...), "no contract has an operation %q, so that no event matches", name)
		}
	}
}
