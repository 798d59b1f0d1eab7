package gate

// memory is what somebody made of a principal, to find it at the next exchange.
type memory struct{ owner, value any }

// maxOwners bounds who may keep something with one principal: those of the live
// plan, and of the one before it.
const maxOwners = 4

// Kept returns what owner keeps with p; nil when it keeps nothing, or others
// came between.
func (p *Principal) Kept(owner any) any {
	if list := p.kept.Load(); list != nil {
		for i := range *list {
			if k := &(*list)[i]; k.owner == owner {
				return k.value
			}
		}
	}
	return nil
}

// Keep keeps value with p for owner, in the place of what was kept longest when
// there is no room. What two exchanges keep at once may be kept of one only.
// The owner is compared: it is a pointer to what lives as long as its plan.
func (p *Principal) Keep(owner, value any) {
	list := []memory{{owner, value}}
	if before := p.kept.Load(); before != nil {
		for _, k := range *before {
			if k.owner != owner && len(list) < maxOwners {
				list = append(list, k)
			}
		}
	}
	p.kept.Store(&list)
}
