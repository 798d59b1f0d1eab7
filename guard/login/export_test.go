package login

import (
	"net/netip"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Known reports whether an account has logged in from there.
func (t *Table) Known(account string, from netip.Addr, now time.Time) bool {
	k := t.keys(&gate.Login{Account: t.account([]byte(account))}, from)
	return t.knows(k.pair, now)
}
