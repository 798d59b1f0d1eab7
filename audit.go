package gatehouse

import (
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/audit"
)

// Audit says how calls are recorded of which nothing may be lost.
type Audit = config.Audit

// audit has calls of op recorded. Where nothing is said those are that change
// something: a method that is not safe may (RFC 9110 section 9.2.1).
func (b *builder) audit(op *contract.Operation, set *settled, _ gate.Mode) any {
	how := set.Audit
	if how == "" && b.recorder != nil && !gate.Safe(op.Method) {
		how = config.AuditRecord
	}
	switch {
	case how == "" || how == config.AuditNone:
		return nil
	case b.recorder == nil: // the configuration says so, or somebody who embeds the gate forgot it
		b.problem(b.place.At("audit").Problem("give the API a Recorder", "%s is to be recorded, and there is no ledger", op.Name()))
		return nil
	}
	return audit.New(b.recorder, how == config.AuditDurable)
}

// auditUnrouted has calls recorded that no operation describes, as the API says.
// What such a call changes nobody knows.
func (b *builder) auditUnrouted() any {
	switch how := b.options.Audit; {
	case b.recorder == nil || how == config.AuditNone: // that there is no ledger operations say
		return nil
	case how == "":
		return audit.Unsafe(b.recorder)
	default:
		return audit.New(b.recorder, how == config.AuditDurable)
	}
}
