package gate_test

import (
	"net/netip"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

// masks makes pseudonyms of the key, the kind and the first letters of a name.
type masks struct {
	key       uint32
	addresses bool
	made      int
}

func (m *masks) Key() uint32 { return m.key }

func (m *masks) Of(key uint32, what gate.Named, name string) (p gate.Pseudonym) {
	m.made++
	copy(p[:], string(rune('0'+key))+string(rune(what))+name)
	return p
}

func (m *masks) Address(key uint32, client netip.Addr) (gate.Pseudonym, bool) {
	return m.Of(key, gate.NamedAddress, client.String()), m.addresses
}

// mask is a pseudonym as masks makes it.
func mask(text string) (p gate.Pseudonym) {
	copy(p[:], text)
	return p
}

// TestPseudonyms: events say who calls where the plan has pseudonyms, by the key of
// the time, and nowhere else.
func TestPseudonyms(t *testing.T) {
	alice := &gate.Principal{ID: "idp|alice", Subject: "alice"}
	h := build(t, 0)
	call := func(m gate.Pseudonyms) gate.Event {
		t.Helper()
		p := plan(t, h.api, 0, gate.Step{Name: "who", Head: head(func(x *gate.Exchange) gate.Verdict {
			x.Principal, x.Login = alice, gate.Login{Pseudonym: x.AccountPseudonym([]byte("bob")), End: gate.LoginWrong}
			return gate.Allow
		})})
		p.Pseudonyms = m
		h.gate.Swap(p)
		x := h.gate.Acquire()
		defer h.gate.Release(x)
		x.Method, x.Target, x.Peer = []byte("POST"), []byte("/pets/1"), netip.MustParseAddrPort("203.0.113.77:5000")
		h.gate.Serve(x, &wire{})
		return h.last()
	}
	network := netip.MustParsePrefix("203.0.113.0/24")
	if e := call(nil); !e.Principal.IsZero() || !e.Account.IsZero() || !e.Address.IsZero() || e.Client != network || e.Login != gate.LoginWrong {
		t.Errorf("without pseudonyms: %+v", e)
	}
	m := &masks{key: 1}
	if e := call(m); e.Principal != mask("1cidp|alice") || e.Account != mask("1abob") || !e.Address.IsZero() || e.Client != network {
		t.Errorf("with pseudonyms: %+v", e)
	}
	made := m.made
	if e := call(m); e.Principal != mask("1cidp|alice") || m.made != made+2 {
		t.Errorf("a caller who is known is hashed again: %+v", e)
	}
	m.key = 2
	if e := call(m); e.Principal != mask("2cidp|alice") || e.Account != mask("2abob") {
		t.Errorf("after the rotation of the key: %+v", e)
	}
	if e := call(&masks{key: 3, addresses: true}); e.Principal != mask("3cidp|alice") || e.Address != mask("3n203.0.113.77") || e.Client.IsValid() {
		t.Errorf("with addresses: %+v", e)
	}
}

func TestLoginEnds(t *testing.T) {
	for _, end := range []gate.LoginEnd{gate.LoginWrong, gate.LoginRight} {
		if got, ok := gate.LoginEndNamed(end.String()); !ok || got != end {
			t.Errorf("%s is read as %d", end, got)
		}
	}
	if _, ok := gate.LoginEndNamed(""); ok {
		t.Error("no name names an end")
	}
}
