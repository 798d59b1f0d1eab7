package target

import (
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

// TestOrigin brings every form of a target into origin form, or refuses it.
func TestOrigin(t *testing.T) {
	for _, row := range []struct {
		method, target string
		secure         bool
		want           string
		code           gate.Code
	}{
		{"GET", "/a?b", false, "/a?b", 0},
		{"GET", "http://h/a?b", false, "/a?b", 0},
		{"GET", "HTTPS://H/a", true, "/a", 0},
		{"GET", "http://h?b", false, "/?b", 0},
		{"GET", "http://h", false, "/", 0},
		{"OPTIONS", "http://h", false, "*", 0},
		{"OPTIONS", "*", false, "*", 0},
		{"GET", "*", false, "", gate.Malformed},
		{"GET", "https://h/", false, "", gate.Malformed},
		{"GET", "http://h/", true, "", gate.Malformed},
		{"GET", "http://", false, "", gate.Malformed},
		{"GET", "h:80", false, "", gate.Malformed},
		{"GET", "http://other/", false, "", gate.HostInvalid},
		{"GET", "http://h:80/", false, "", gate.HostInvalid},
	} {
		got, code := Origin([]byte(row.method), []byte(row.target), []byte("h"), row.secure)
		if code != row.code || code == gate.Undecided && string(got) != row.want {
			t.Errorf("%s %s: %q %v, want %q %v", row.method, row.target, got, code, row.want, row.code)
		}
	}
}

// TestRefusedMethod wants the two methods refused and nothing else; names of
// methods keep their case (RFC 9110 section 9.1).
func TestRefusedMethod(t *testing.T) {
	for method, want := range map[string]gate.Code{"CONNECT": gate.MethodUnknown, "TRACE": gate.MethodUnknown, "trace": 0, "GET": 0, "PURGE": 0} {
		if got := RefusedMethod([]byte(method)); got != want {
			t.Errorf("%s: %v", method, got)
		}
	}
}
