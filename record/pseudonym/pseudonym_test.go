package pseudonym

import (
	"crypto/hmac"
	"crypto/sha256"
	"net/netip"
	"slices"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/trust"
)

var old, now = trust.NewSecret("an earlier key, of 32 characters"), trust.NewSecret("the present key of 32 characters")

// TestHash holds pseudonyms to HMAC-SHA-256 as the standard library has it.
func TestHash(t *testing.T) {
	m := New(FromSecrets([]trust.Secret{now}), false)
	for what, name := range map[gate.Named]string{gate.NamedCaller: "https://id.example.com|alice", gate.NamedAccount: "alice", gate.NamedAddress: ""} {
		h := hmac.New(sha256.New, []byte(now.Reveal()))
		h.Write([]byte("gatehouse pseudonym 1\x00" + string(rune(what)) + "\x00" + name))
		if got := m.Of(m.Key(), what, name); [16]byte(got) != [16]byte(h.Sum(nil)) {
			t.Errorf("%c %q: %s", what, name, got)
		}
	}
	if m.Of(m.Key(), gate.NamedCaller, "alice") == m.Of(m.Key(), gate.NamedAccount, "alice") {
		t.Error("a caller and an account of one name have one pseudonym")
	}
}

// TestRotation: what was written with an earlier key is found by name as long as
// that is named, and new events have another hash.
func TestRotation(t *testing.T) {
	before := New(FromSecrets([]trust.Secret{old}), false)
	after := New(FromSecrets([]trust.Secret{now, old}), false)
	first := before.Of(before.Key(), gate.NamedCaller, "alice")
	if after.Of(after.Key(), gate.NamedCaller, "alice") == first || after.Of(before.Key(), gate.NamedCaller, "alice") != first {
		t.Error("the key that is used now is not the new one, or the old one is not known")
	}
	if list := after.All(gate.NamedCaller, "alice"); len(list) != 2 || !slices.Contains(list, first) {
		t.Errorf("%v", list)
	}
	for _, key := range []uint32{0, 3} {
		if p := after.Of(key, gate.NamedCaller, "alice"); !p.IsZero() {
			t.Errorf("a key that is not there makes %s", p)
		}
	}
}

// TestAddresses: an address has one pseudonym however it came, and none where
// that was not asked for.
func TestAddresses(t *testing.T) {
	a := netip.MustParseAddr("203.0.113.7")
	if _, ok := New(FromSecrets([]trust.Secret{now}), false).Address(1, a); ok {
		t.Error("addresses are hashed without being asked for")
	}
	m := New(FromSecrets([]trust.Secret{now}), true)
	p, ok := m.Address(1, a)
	if mapped, _ := m.Address(1, netip.MustParseAddr("::ffff:203.0.113.7")); !ok || p.IsZero() || p != mapped {
		t.Errorf("%s, %s", p, mapped)
	}
	if list := m.All(gate.NamedAddress, "::ffff:203.0.113.7"); len(list) != 1 || list[0] != p {
		t.Errorf("%v", list)
	}
	if p, ok := m.Address(1, netip.Addr{}); !ok || !p.IsZero() {
		t.Errorf("no address has %s", p)
	}
}

func BenchmarkAddress(b *testing.B) {
	m := New(FromSecrets([]trust.Secret{now}), true)
	a := netip.MustParseAddr("203.0.113.7")
	b.ReportAllocs()
	for b.Loop() {
		m.Address(1, a)
	}
}
