package console

import (
	"net/http"
	"slices"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/store"
)

// reserved refuses an operator a key that is for admins to give out: with it the
// operator could do at the APIs what nobody allowed him to. It is no matter whether
// the key is new, or a successor of one that somebody else has made: who makes it
// sees it.
func (c *console) reserved(r *http.Request) func(*store.Key) error {
	environment := r.PathValue("environment")
	return func(k *store.Key) error {
		if p := gatehouse.CallerOf(r.Context()); p != nil && slices.Contains(p.Roles, "admin") || c.Keys[environment].Reserved == nil {
			return nil
		}
		if why := c.Keys[environment].Reserved(k); why != "" {
			return &problem{Title: "Only an admin gives this key out.", Status: http.StatusForbidden, Code: CodeReserved, Detail: why}
		}
		return nil
	}
}
