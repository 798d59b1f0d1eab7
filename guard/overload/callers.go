package overload

import "github.com/gatehouse-api/gatehouse/gate"

// Callers say which class the calls of some callers have. It is immutable once it
// is used; nil says nothing of anybody.
type Callers struct {
	words       *gate.Vocabulary
	roles       [classes]gate.Rights
	credentials map[string]Class // by the names of credentials
	highest     Class
	some        bool
}

// NewCallers returns what is said of callers by their roles and by the
// credentials that vouch for them. The roles become ones of words, which is the
// vocabulary of the plan.
func NewCallers(words *gate.Vocabulary, roles, credentials map[string]Class) *Callers {
	if len(roles)+len(credentials) == 0 {
		return nil
	}
	c := &Callers{words: words, credentials: credentials}
	for name, class := range roles {
		c.roles[class] = words.Role(c.roles[class], name)
		c.highest, c.some = max(c.highest, class), true
	}
	for _, class := range credentials {
		c.highest = max(c.highest, class)
	}
	return c
}

// best is the highest class that a call of an operation may turn out to have.
func (c *Callers) best(of Class) Class {
	if c == nil {
		return of
	}
	return max(c.highest, of)
}

// class is that of a call: of its caller, where something is said of it, in the
// place of the operation's. Of roles the highest counts, and they win over the
// credential. A critical operation is critical whoever calls.
func (c *Callers) class(p *gate.Principal, of Class) Class {
	if c == nil || p == nil || of == Critical {
		return of
	}
	if c.some {
		rights := p.Rights(c.words)
		for class := Critical; ; class-- {
			if rights.Meets(c.roles[class]) {
				return class
			}
			if class == Low {
				break
			}
		}
	}
	if class, ok := c.credentials[p.Credential]; ok {
		return class
	}
	return of
}
