package serve

import (
	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/owner"
)

// Rehearsal is a configuration that was compiled to try calls on it. It serves
// nobody. Close gives it back.
type Rehearsal struct {
	Problems source.Problems // everything that is wrong, with warnings
	Plan     *gate.Plan      // nil when a problem is an error
	APIs     []Rehearsed     // in the order of the plan
	Callers  *config.Callers // nil when the file could not be read
	close    func()
}

// Rehearsed is one API of it.
type Rehearsed struct {
	Name      string
	Settings  *config.API
	Contract  *contract.Contract
	Countries bool // it is known from which countries calls come
}

// Rehearse compiles the configuration in a file as Start would, but for the
// verifiers of its credentials: stand returns what stands in for each, by its
// name, and objects says whose objects of a kind are. It opens no address, writes nothing and connects to nobody.
func Rehearse(file string, stand func(credential string) gate.Verifier, objects func(kind string) owner.Supposition) *Rehearsal {
	r := reader{flags: &Config{File: file}, ways: newWays(), credentials: newCredentials(), looks: true, stand: stand, suppose: objects}
	d := r.read()
	found := &Rehearsal{Problems: d.faults.problems, close: func() {
		r.release(d)
		d.forget()
	}}
	if d.config != nil {
		found.Callers = &d.config.Callers
	}
	if d.faults.err() != nil {
		return found
	}
	found.Plan = d.plan
	for i := range d.apis {
		g := &d.apis[i]
		found.APIs = append(found.APIs, Rehearsed{Name: gatehouse.NameOf(&g.settings.Policy, g.contract), Settings: g.settings, Contract: g.contract, Countries: d.config.Geo != nil})
	}
	return found
}

// Close gives back what the rehearsal holds.
func (r *Rehearsal) Close() { r.close() }
