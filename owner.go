package gatehouse

import (
	"slices"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/owner"
	"github.com/gatehouse-api/gatehouse/guard/policy"
)

// ownerTypes are the kinds of objects of the API.
func (b *builder) ownerTypes(keeper *owner.Keeper) *owner.Types {
	var list []owner.Setting
	for _, name := range sorted(b.options.Owners) {
		o := b.options.Owners[name]
		s := owner.Setting{Name: name, IDs: o.IDs, Owners: o.Owner, Shared: o.Shared, Creates: o.Creates, Lists: o.Lists, Filters: o.Filters,
			Report: o.Unknown == config.ReportUnknown, Except: o.Except, Place: b.place.At("owners", name)}
		if o.By == config.ByTenant {
			s.By = owner.ByTenant
		}
		list = append(list, s)
	}
	if len(list) > 0 && b.options.Name == "" {
		b.problem(b.place.At("owners").Warning("give the API a name, and keep it: name", "what is learned of owners is kept under the title of the contract, and lost when that changes"))
	}
	return owner.NewTypes(b.contract, owner.Options{API: b.api.Name, Settings: list, Words: &b.plan.Words, Keeper: keeper, Unknown: b.undefined,
		Names: func(op *contract.Operation, name string) bool { return slices.Contains(names(op), name) }})
}

// owner keeps objects to those who own them.
func (b *builder) owner(op *contract.Operation, _ *settled, _ gate.Mode) any {
	guard := b.ownerGuard(op)
	if guard == nil {
		return nil
	}
	if b.nobodyKnown() && !b.ownersForNobody {
		b.ownersForNobody = true
		b.problem(source.Warn(op.Node, "have the gate verify the credentials of the API, so that somebody owns them", "objects are for their owners only, and nothing says who calls: nobody gets them"))
	}
	return guard
}

// ownerGuard makes the guard of an operation once: rules ask it, too.
func (b *builder) ownerGuard(op *contract.Operation) *owner.Guard {
	if guard, made := b.ownerGuards[op]; made {
		return guard
	}
	set := settle(&b.options, op)
	guard, problems := b.owners.Guard(op, b.schemas, set.mode("owner", true) == gate.Observe)
	b.problem(problems...)
	b.ownerGuards[op] = guard
	return guard
}

// objects tells rules of the objects of an operation.
func (b *builder) objects(op *contract.Operation) policy.Objects {
	if guard := b.ownerGuard(op); guard != nil {
		return guard
	}
	return nil
}

// OwnerKinds are the kinds of objects of an API whose owners are learned or told.
func OwnerKinds(a API) (map[string]owner.Kind, source.Problems) {
	a.Owners = owner.NewKeeper(owner.KeeperOptions{}) // learning is possible, wherever
	b := newBuilder(a, &Callers{}, nil, &gate.Plan{})
	for _, op := range a.Contract.Operations {
		_, problems := b.owners.Guard(op, b.schemas, false)
		b.problem(problems...)
	}
	b.problem(b.owners.Problems()...)
	return b.owners.Kinds(), b.problems
}
