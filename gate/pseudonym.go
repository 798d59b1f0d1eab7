package gate

import (
	"encoding/hex"
	"net/netip"
)

// Pseudonym stands for somebody or something in events: a keyed hash, by which
// one is told from another and nobody is known without the key. The zero
// Pseudonym stands for nobody.
type Pseudonym [16]byte

// IsZero reports whether p stands for nobody.
func (p Pseudonym) IsZero() bool { return p == Pseudonym{} }

// AppendTo appends p as 32 hexadecimal digits.
func (p Pseudonym) AppendTo(b []byte) []byte { return hex.AppendEncode(b, p[:]) }

func (p Pseudonym) String() string { return hex.EncodeToString(p[:]) }

// Named is the kind of what a pseudonym stands for. The same name has pseudonyms
// that have nothing in common in different kinds.
type Named byte

// The kinds.
const (
	NamedCaller  Named = 'c' // the ID of a Principal
	NamedAccount Named = 'a' // the name that somebody logs in with, in its one spelling
	NamedAddress Named = 'n' // of a client, as netip.Addr writes it
)

// Pseudonyms makes pseudonyms for the events of a plan. Many goroutines use it at
// once. Events of a plan that has none do not say who calls.
type Pseudonyms interface {
	// Key numbers the key that is used now; another one may come into its place.
	Key() uint32
	// Of hashes a name with a key; with one that is there no more it is zero.
	Of(key uint32, what Named, name string) Pseudonym
	// Address is that of a client, as NamedAddress, where it stands in events in
	// the place of the client's network; ok is false where it does not.
	Address(key uint32, client netip.Addr) (p Pseudonym, ok bool)
}

// alias is the pseudonym of a principal that was made last.
type alias struct {
	by  Pseudonyms
	key uint32
	sum Pseudonym
}

// pseudonym returns that of p, which is made once for a key.
func (p *Principal) pseudonym(by Pseudonyms) Pseudonym {
	key := by.Key()
	if a := p.alias.Load(); a != nil && a.key == key && a.by == by {
		return a.sum
	}
	a := &alias{by, key, by.Of(key, NamedCaller, p.ID)}
	p.alias.Store(a)
	return a.sum
}

// AccountPseudonym is that of the name that somebody logs in with, which is not
// kept; zero where events do not say who calls.
func (x *Exchange) AccountPseudonym(name []byte) Pseudonym {
	if x.Plan == nil || x.Plan.Pseudonyms == nil {
		return Pseudonym{}
	}
	return x.Plan.Pseudonyms.Of(x.Plan.Pseudonyms.Key(), NamedAccount, string(name))
}

// whoCalls fills in who calls and from where, as far as events say it. Known is
// the pseudonym of the client's address, zero where it was not made yet.
func (x *Exchange) whoCalls(e *Event, known Pseudonym) {
	if x.Plan == nil || x.Plan.Pseudonyms == nil {
		return
	}
	by := x.Plan.Pseudonyms
	if x.Principal != nil {
		e.Principal = x.Principal.pseudonym(by)
	}
	e.Account = x.Login.Pseudonym
	if !known.IsZero() {
		e.Client, e.Address = netip.Prefix{}, known
	} else if p, ok := by.Address(by.Key(), x.client()); ok {
		e.Client, e.Address = netip.Prefix{}, p
	}
}
