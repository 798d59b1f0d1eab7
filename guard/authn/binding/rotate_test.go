package binding_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/binding"
)

// versions are the keys of a NonceMAC, the newest last; nil is one that was
// taken away.
type versions struct{ keys [][]byte }

func (v *versions) Newest() uint32 { return uint32(len(v.keys)) }

func (v *versions) Versions() (list []uint32) {
	for i, key := range v.keys {
		if key != nil {
			list = append(list, uint32(i+1))
		}
	}
	slices.Reverse(list)
	return list
}

func (v *versions) Sum(version uint32, message []byte) (sum [sha256.Size]byte, ok bool) {
	if version == 0 || int(version) > len(v.keys) || v.keys[version-1] == nil {
		return sum, false
	}
	mac := hmac.New(sha256.New, v.keys[version-1])
	mac.Write(message)
	return [sha256.Size]byte(mac.Sum(nil)), true
}

// nonceOf sends a proof with a nonce and returns what became of it and the
// nonce that the answer has.
func nonceOf(t *testing.T, b *binding.Binder, s *signer, nonce any, at time.Time) (gate.Code, string) {
	t.Helper()
	x := exchange("Authorization", "DPoP "+token, "DPoP", s.proof(nil, set{"nonce": nonce, "iat": at.Unix()}))
	x.Received = at
	c := code(b.Check(x, []byte(token), &gate.Principal{KeyHash: s.hash}))
	if len(x.AddFields) == 0 {
		return c, ""
	}
	return c, string(x.AddFields[0].Value)
}

// TestRotatedNonceKey has the next request see a key that was rotated, and lets
// nonces that were given out before live as long as they were to.
func TestRotatedNonceKey(t *testing.T) {
	const life = 2 * time.Minute
	s, v := es256(t), &versions{keys: [][]byte{[]byte("first")}}
	b := binder(t, binding.Options{Nonce: true, NonceMAC: v})
	given := func(nonce any, after time.Duration) (gate.Code, string) {
		t.Helper()
		return nonceOf(t, b, s, nonce, now.Truncate(life).Add(after))
	}
	is := func(what string, nonce any, after time.Duration, want gate.Code, fresh string) {
		t.Helper()
		if c, got := given(nonce, after); c != want || fresh != "any" && got != fresh {
			t.Errorf("%s: %s, given %q, not %q", what, c, got, fresh)
		}
	}
	_, first := given(nil, life)
	v.keys = append(v.keys, []byte("second"))
	c, second := given(first, life+time.Second)
	if c != gate.Undecided || second == "" || second == first {
		t.Fatalf("the nonce of before the rotation: %s, given %q", c, second)
	}
	is("the new one", second, life+time.Second, gate.Undecided, "")
	is("in the next window", first, 2*life, gate.Undecided, "any")
	is("after its life", first, 3*life, gate.ProofNonce, "any")

	// The older key is known to others, say: what it makes for later is no good.
	stolen := &versions{keys: v.keys[:1]}
	_, made := nonceOf(t, binder(t, binding.Options{Nonce: true, NonceMAC: stolen}), s, nil, now.Truncate(life).Add(4*life))
	is("made of the older key, later", made, 4*life, gate.ProofNonce, "any")

	// One that is taken away takes its nonces along.
	_, third := given(nil, 5*life)
	v.keys = append(v.keys, []byte("third"))
	is("before the older one is gone", third, 5*life, gate.Undecided, "any")
	v.keys[1] = nil
	is("with the older one gone", third, 5*life, gate.ProofNonce, "any")

	// Another gate that has not heard of the rotation yet is no harm for long.
	late := binder(t, binding.Options{Nonce: true, NonceMAC: &versions{keys: [][]byte{[]byte("first")}}})
	c, theirs := nonceOf(t, late, s, second, now.Truncate(life).Add(life))
	if c != gate.ProofNonce || theirs != first {
		t.Errorf("a gate of before the rotation: %s %q", c, theirs)
	}
}

// TestNonceKeyCostsNothing looks at the key at every call, and allocates nothing.
func TestNonceKeyCostsNothing(t *testing.T) {
	x := exchange("Authorization", "DPoP "+token)
	s := es256(t)
	b := binder(t, binding.Options{Nonce: true, NonceMAC: &versions{keys: [][]byte{[]byte("first")}}})
	p := &gate.Principal{KeyHash: s.hash}
	b.Check(x, []byte(token), p) // makes the window, and the field
	if n := testing.AllocsPerRun(100, func() { b.Check(x, []byte(token), p) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
