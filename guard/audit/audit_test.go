package audit_test

import (
	"context"
	"errors"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/audit"
)

type recorder struct {
	durable bool
	told    bool
	err     error
}

func (r *recorder) Begin(_ context.Context, e *gate.Event, durable bool) (gate.Audit, error) {
	r.durable, r.told = durable, e != nil
	return place{}, r.err
}

type place struct{ gate.Audit }

func TestForward(t *testing.T) {
	for _, durable := range []bool{false, true} {
		for _, err := range []error{nil, errors.New("the disk is full")} {
			r, x := &recorder{err: err}, new(gate.Exchange)
			v := audit.New(r, durable).Forward(x)
			if r.durable != durable || r.told != durable {
				t.Errorf("durable %v was told as %v, what is known: %v", durable, r.durable, r.told)
			}
			if err == nil && (v != gate.Allow || x.Audit != gate.Audit(place{})) {
				t.Errorf("with room: %v %v", v, x.Audit)
			}
			if err != nil && (v != gate.Deny || x.Refusal.Code != gate.AuditUnavailable || x.Refusal.Retry == 0 || x.Audit != nil) {
				t.Errorf("without: %v %+v %v", v, x.Refusal, x.Audit)
			}
		}
	}
}
