package serve

import (
	"strings"

	"github.com/gatehouse-api/gatehouse/gate"
)

// segments are those of the paths of a plan that are no parameters: words that
// the shapes of other paths may show.
func segments(p *gate.Plan) map[string]bool {
	all := map[string]bool{}
	for _, o := range p.Operations {
		for s := range strings.SplitSeq(o.Template, "/") {
			if s != "" && !strings.ContainsAny(s, "{}") {
				all[s] = true
			}
		}
	}
	return all
}
