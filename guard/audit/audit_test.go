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

// TestUnsafe: what a method says that it changes nothing needs no room.
func TestUnsafe(t *testing.T) {
	for method, recorded := range map[string]bool{"GET": false, "HEAD": false, "QUERY": false, "POST": true, "get": true, "MKCOL": true, "": true} {
		x := &gate.Exchange{}
		x.Method = []byte(method)
		v := audit.Unsafe(&recorder{}).Forward(x)
		if v != gate.Allow || (x.Audit != nil) != recorded {
			t.Errorf("%q: %v, recorded %v", method, v, x.Audit != nil)
		}
	}
}
