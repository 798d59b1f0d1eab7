package fields

import (
	"slices"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/guard/internal/reach"
)

// setting finds the schemas that a setting names and gives them its rule.
func (r *Rules) setting(c *contract.Contract, s *Setting) {
	if s.Read == nil && s.Write == nil {
		r.problems = append(r.problems, s.Place.Problem("name the roles that may read or write it; [] lets nobody", "%s has no rule", s.Name))
		return
	}
	for _, role := range append(slices.Clone(s.Read), s.Write...) {
		if hint, bad := r.unknown(role); bad {
			r.problems = append(r.problems, s.Place.Problem(hint, "the roles at the top of gatehouse.yaml have no %q", role))
		}
	}
	place, wrong, hint := reach.Find(c, s.Name)
	if wrong != "" {
		r.problems = append(r.problems, s.Place.Problem(hint, "%s", wrong))
		return
	}
	tag := r.tag(s.Read, s.Write, s.Drop)
	for _, n := range place.Schemas {
		r.at[n] = append(r.at[n], tag)
	}
}
