// Package gatehouse makes a gate of an API's contract: it compiles the
// contract's operations into a plan, each with just the guards that it needs,
// in the one order that this package writes down. Go programs and package
// serve import it; it imports the contract, the gate and the guards, and knows
// no engine, no listener and no configuration file.
package gatehouse

import (
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
)

// Authentication says who verifies the credentials that a contract asks for.
// The zero value verifies nothing and therefore serves no contract that asks
// for any.
type Authentication uint8

const (
	Undecided Authentication = iota // a contract with security requirements is a problem
	Upstream                        // the API does; the gate demands that they are present
	Public                          // nobody does: every operation is open to everybody
)

// Options say how a contract is served. The zero value is the strict one.
type Options struct {
	// Name is the API's name on events and in challenges; by default the
	// contract's title.
	Name     string
	Upstream gate.Upstream // sends what was let through; may be nil in a plan that is only checked
	Mode     gate.Mode     // Observe never covers framing, the form of paths or credentials

	Authentication Authentication
	// Decide is the hint of the problem that Undecided is: how to decide, in the
	// words of whoever sets these options. By default it names their values.
	Decide string
	// Undeclared is what happens to query fields and properties that the
	// contract does not name.
	Undeclared   schema.Policy
	MaxBodyBytes int64 // of one request body; 1 MiB when 0
}

// Compile makes a plan of c that retains nothing of its document. It returns
// every problem of every operation and schema at once, those of answers
// included, in the order of the document; when one of them is an error the plan
// is nil. What was wrong when c was read is not among them: a contract that was
// read with errors is not to be served. Compile is not to be called twice at
// once for the same contract.
func Compile(c *contract.Contract, o Options) (*gate.Plan, source.Problems) {
	b := newBuilder(c, o)
	b.security()
	for _, op := range c.Operations {
		b.operation(op)
	}
	return b.plan()
}
