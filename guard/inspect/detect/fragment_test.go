package detect

import "testing"

// refuses checks that each value is refused in field, and as one of classes.
func refuses(t *testing.T, field Field, values []string, classes ...Class) {
	t.Helper()
	for _, s := range values {
		v := Judge([]byte(s), Form, field)
		if v.Score < Threshold(field) {
			t.Errorf("field %d passes %q (%v %d %q)", field, s, v.Class, v.Score, v.Reasons.Words())
			continue
		}
		ok := len(classes) == 0
		for _, c := range classes {
			ok = ok || v.Class == c
		}
		if !ok {
			t.Errorf("field %d: %q is refused as %v, %q", field, s, v.Class, v.Reasons.Words())
		}
	}
}

// passes checks that each value passes in field.
func passes(t *testing.T, field Field, values []string) {
	t.Helper()
	for _, s := range values {
		if v := Judge([]byte(s), Form, field); v.Score >= Threshold(field) {
			t.Errorf("field %d refuses %q as %v %d %q", field, s, v.Class, v.Score, v.Reasons.Words())
		}
	}
}
