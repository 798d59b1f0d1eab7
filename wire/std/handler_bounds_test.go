package std_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/wire/internal/stage"
	"github.com/gatehouse-api/gatehouse/wire/std"
)

// TestHandlerBounds takes a head of exactly the bound, and not a byte, a field
// or a character of the target more.
func TestHandlerBounds(t *testing.T) {
	h := stage.New(t, mirror{})
	const target, size = "/get?a=b", len("/get?a=b") + len("X-A") + 20
	for _, row := range []struct {
		name   string
		limits std.Limits
		want   int
	}{
		{"head", std.Limits{HeadBytes: size}, 200},
		{"head-of-one-more", std.Limits{HeadBytes: size - 1}, 431},
		{"fields", std.Limits{Fields: 2}, 200}, // Host counts
		{"fields-of-one-more", std.Limits{Fields: 1}, 431},
		{"target", std.Limits{TargetBytes: len(target)}, 200},
		{"target-of-one-more", std.Limits{TargetBytes: len(target) - 1}, 414},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", target, nil)
			r.Header.Set("X-A", strings.Repeat("v", 20))
			w := httptest.NewRecorder()
			std.Handler(h.Gate, row.limits).ServeHTTP(w, r)
			if w.Code != row.want {
				t.Errorf("status %d, want %d: %s", w.Code, row.want, w.Body)
			}
		})
	}
}
