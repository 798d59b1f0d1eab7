package keys

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"testing"
)

// TestMAC holds sums against the standard library's.
func TestMAC(t *testing.T) {
	key := []byte("key of 32 bytes ................")
	h := hmac.New(sha256.New, key)
	h.Write([]byte("message"))
	m := newMAC(1, key)
	for range 3 {
		if got := m.sum([]byte("message")); !hmac.Equal(got[:], h.Sum(nil)) {
			t.Fatal("another sum")
		}
	}
}

func FuzzReadBody(f *testing.F) {
	b, err := complete(body{})
	if err != nil {
		f.Fatal(err)
	}
	text, err := json.Marshal(b)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"version":1,"keys":{"pepper":[{"version":1,"key":"AA=="}]}}`))
	b.did(f.Context(), Rewrapped, "x")
	if text, err = json.Marshal(b); err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"version":1,"keys":{"data":[{"version":1}]},"ring":"AA=="}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := readBody(text)
		if err != nil {
			return
		}
		if b, err = complete(b); err != nil {
			return
		}
		s, err := b.state()
		if err == nil && (len(s.tokens) == 0 || s.ring == nil || len(s.macs[0]) == 0) {
			t.Fatal("keys are missing")
		}
	})
}
