package limit

import (
	"encoding/hex"
	"net/netip"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// TestSum holds the hash to the vectors of the reference code (vectors_sip128):
// the key 00 01 .. 0f, over the first n of the bytes 00 01 02 ..
func TestSum(t *testing.T) {
	var key [16]byte
	var text []byte
	for i := range 16 {
		key[i] = byte(i)
		text = append(text, byte(i))
	}
	for n, want := range map[int]string{
		0: "a3817f04ba25a8e66df67214c7550293",
		1: "da87c1d86b99af44347659119b22fc45",
		2: "8177228da4a45dc7fca38bdef60affe4",
	} {
		h := asHash(secretFrom(key).sum(text[:n]))
		if got := hex.EncodeToString(h[:]); got != want {
			t.Errorf("%d bytes: %s, want %s", n, got, want)
		}
	}
	a := secretFrom(key).sum(text)
	key[0]++
	if b := secretFrom(key).sum(text); a == b {
		t.Error("the key does not matter")
	}
}

// TestNamesAreSecret: whoever reads the counters that nodes share sees what names
// a limit, and must not be able to try whose calls a counter is of.
func TestNamesAreSecret(t *testing.T) {
	s := NewState(StateOptions{Secret: [16]byte{1}})
	r, err := s.Rule(Limit{Name: "shared", Kind: Rate, Amount: 10, Per: time.Second, Global: true, Key: []Part{{What: Address}}})
	if err != nil {
		t.Fatal(err)
	}
	early, _, _ := s.Guards([]*Rule{r}, About{API: "shop", Operation: "getOrder"})
	u, x := &early.uses[0], &gate.Exchange{Client: netip.MustParseAddr("192.0.2.1")}
	key, _ := u.hash(x)
	text := u.address(nil, x.Client)
	if key != r.key.sum(text) {
		t.Fatal("the text is not what is hashed: this test sees nothing")
	}
	if key == secretFrom(r.ID).sum(text) {
		t.Error("the name of the limit is the key of the hashes")
	}
	again, _ := NewState(StateOptions{Secret: [16]byte{1}}).Rule(r.Limit)
	if again.key.sum(text) != key {
		t.Error("another node names the counter otherwise")
	}
}
