package session_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/wire/session"
)

func TestFramed(t *testing.T) {
	for _, name := range []string{"Connection", "Keep-Alive", "TE", "Trailer", "Upgrade", "Content-Length", "Proxy-Connection", "Transfer-Encoding"} {
		for _, spelt := range []string{name, strings.ToLower(name), strings.ToUpper(name)} {
			if !session.Framed([]byte(spelt)) {
				t.Error(spelt)
			}
		}
	}
	for _, name := range []string{"", "ET", "Dates", "Content-Type", "Content-Lengths", "Proxy-Connections", "Transfer_Encoding"} {
		if session.Framed([]byte(name)) {
			t.Error(name)
		}
	}
}
