package ownkey

import (
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	secret := strings.Repeat("aB3", 8)
	for _, row := range []struct{ text, id string }{
		{"ghk_live_abc_" + secret + "_1a2b", "abc"}, {"x=ghk_live_abc_" + secret, "abc"}, {"ghk_ghk_live_abc_" + secret, "abc"},
		{"ghk_live_abc", ""}, {"ghk_live__" + secret, ""}, {"ghk_live_abc_short", ""}, {"", ""}, {"ghk_", ""},
	} {
		if id, ok := Find([]byte(row.text)); string(id) != row.id || ok != (row.id != "") {
			t.Errorf("%q: %q %v", row.text, id, ok)
		}
	}
}

// FuzzFind must end, and find ids that stand in what it was given.
func FuzzFind(f *testing.F) {
	f.Add("ghk_live_abc_0123456789abcdef")
	f.Fuzz(func(t *testing.T, text string) {
		if id, ok := Find([]byte(text)); ok && !strings.Contains(text, "_"+string(id)+"_") {
			t.Fatalf("%q holds no %q", text, id)
		}
	})
}
