package limit

import (
	"encoding/hex"
	"testing"
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
