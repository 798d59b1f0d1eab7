package gate_test

import (
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

func TestTwin(t *testing.T) {
	rows := []struct {
		name, field, known string
		want               bool
	}{
		{"underscore", "X_API_Key", "X-API-Key", true},
		{"any-other-mark-and-case", "x.api~KEY", "X-API-Key", true},
		{"of-a-name-with-underscore", "X-API_Key", "X_API_Key", true},
		{"the-name-itself", "X-API-Key", "X-API-Key", false},
		{"the-name-in-other-case", "x-api-key", "X-API-Key", false},
		{"a-letter-for-the-dash", "XaAPI-Key", "X-API-Key", false},
		{"a-digit-for-the-dash", "X0API-Key", "X-API-Key", false},
		{"shorter", "X_API_Ke", "X-API-Key", false},
		{"another-name", "X_APJ_Key", "X-API-Key", false},
		{"no-dash-no-twin", "Cookie", "Cookie", false},
		{"a-mark-for-a-letter", "Co_kie", "Cookie", false},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			if got := gate.Twin([]byte(r.field), r.known); got != r.want {
				t.Errorf("Twin(%q, %q) is %v", r.field, r.known, got)
			}
		})
	}
}
