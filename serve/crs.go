package serve

import (
	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/guard/crs"
)

// coreRules reads the Core Rule Set for an API that asks for it; others do not
// pay for it.
func (d *draft) coreRules(api *config.API) gatehouse.CoreRules {
	if api.CRS == nil {
		return nil
	}
	rules, err := crs.New(crs.Options{Paranoia: api.CRS.Paranoia, Exclude: api.CRS.Exclude})
	if err != nil {
		d.faults.problems = append(d.faults.problems, api.Place.At("crs").Problem("remove rules from exclude one by one, or remove crs", "%v", err))
		return nil
	}
	return rules
}
