package limit

import (
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// leases are the units of one limit that this node has of those that nodes share.
type leases struct{ table *table }

func newLeases(*State) *leases { return nil }

// lease spends units of the slice that this node has, and asks for another when
// there are too few. asked is false when the shared counter could not be asked.
func (r *Rule) lease(*gate.Exchange, [2]uint64, int64, int64, moment) (out result, asked bool) {
	return result{}, false
}

func (r *Rule) unspend(*gate.Charge, int64, time.Time)   {}
func (r *Rule) overspend(*gate.Charge, int64, time.Time) {}
