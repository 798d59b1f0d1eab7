package policy

import (
	"iter"
	"time"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"

	"github.com/gatehouse-api/gatehouse/gate"
)

// decision is what rules say of one call. The zero decision permits nothing.
type decision struct {
	permitted bool
	forbidden bool
	rules     []string // that forbid it, or else permit it
	shares    []string // kinds of objects that those which permit it open
	cause     error
}

// call is one call as the library judges it. It implements its interfaces.
type call struct {
	who       *caller
	operation *operation
	slices    [2]*slice
}

// decide asks the rules. body says whether those that read the body are asked,
// too.
func (g *Guard) decide(x *gate.Exchange, now time.Time, body bool) (d decision) {
	c := &call{who: g.set.callers.of(x.Principal), operation: g.operation, slices: [2]*slice{&g.head}}
	reads, text := &g.head.reads, []byte(nil)
	if body {
		c.slices[1], reads, text = &g.body, &g.both, x.Body
	}
	if c.who.broken {
		return decision{forbidden: true, cause: errValue}
	}
	context, err := g.operation.contextOf(x, now, reads, text)
	if err != nil {
		return decision{forbidden: true, cause: err}
	}
	return g.judge(c, context)
}

// judge lets the library decide, and is stricter: a rule that forbids and
// fails has forbidden. Cedar leaves such a rule out.
func (g *Guard) judge(c *call, context types.Record) (d decision) {
	verdict, why := cedar.Authorize(c, c, cedar.Request{
		Principal: c.who.entity.UID, Action: g.operation.uid, Resource: g.set.api, Context: context,
	})
	for i := range why.Errors {
		if r := c.find(why.Errors[i].PolicyID); r == nil || r.forbid {
			d.forbidden = true
			d.rules = append(d.rules, string(why.Errors[i].PolicyID))
		}
	}
	permitted := verdict == cedar.Allow
	if d.forbidden && permitted {
		return d
	}
	for i := range why.Reasons {
		d.rules = append(d.rules, string(why.Reasons[i].PolicyID))
		if permitted && g.head.shares {
			if r := c.find(why.Reasons[i].PolicyID); r != nil {
				d.shares = append(d.shares, r.shares...)
			}
		}
	}
	d.forbidden = d.forbidden || !permitted && len(why.Reasons) > 0
	d.permitted = !d.forbidden && (permitted || g.operation.open.free())
	return d
}

// lists yields each list of rules that can speak of the caller.
func (c *call) lists(yield func([]*rule) bool) {
	for _, s := range c.slices {
		if s == nil {
			continue
		}
		if len(s.general) > 0 && !yield(s.general) {
			return
		}
		if s.callers != nil {
			if list := s.callers[c.who.entity.UID]; list != nil && !yield(list) {
				return
			}
		}
		if len(c.who.roles) > len(s.roles) { // somebody may have thousands
			for role, list := range s.roles {
				if c.who.entity.Parents.Contains(role) && !yield(list) {
					return
				}
			}
			continue
		}
		for _, role := range c.who.roles {
			if list := s.roles[role]; list != nil && !yield(list) {
				return
			}
		}
	}
}

// All implements cedar.PolicyIterator.
func (c *call) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) {
		for list := range c.lists {
			for _, r := range list {
				if !yield(cedar.PolicyID(r.id), r.bare) {
					return
				}
			}
		}
	}
}

func (c *call) find(id cedar.PolicyID) *rule {
	for list := range c.lists {
		for _, r := range list {
			if r.id == string(id) {
				return r
			}
		}
	}
	return nil
}

// Get implements types.EntityGetter.
func (c *call) Get(uid types.EntityUID) (types.Entity, bool) {
	switch uid {
	case c.who.entity.UID:
		return c.who.entity, true
	case c.operation.uid:
		return c.operation.entity, true
	case c.operation.api:
		return types.Entity{UID: uid}, true
	}
	return types.Entity{}, false
}
