package gatehouse_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/gate"
)

// ledgerOf counts what it is told.
type ledgerOf struct {
	full       bool
	begun, end int
}

func (l *ledgerOf) Begin(context.Context, *gate.Event, bool) (gate.Audit, error) {
	if l.full {
		return nil, errors.New("there is no room")
	}
	l.begun++
	return l, nil
}

func (l *ledgerOf) Answered(*gate.Exchange, *gate.Event) error { return nil }

func (l *ledgerOf) End(*gate.Event) { l.end++ }

// TestAuditOfUndescribed: what no operation describes and an observed API gets all
// the same is recorded as what one does.
func TestAuditOfUndescribed(t *testing.T) {
	const contract = `{"openapi":"3.1.0","info":{"title":"t","version":"1"},"security":[],"paths":{"/a":{"post":{"operationId":"a","responses":{"204":{"description":"d"}}}}}}`
	observed := gatehouse.Settings{Mode: gatehouse.Observe}
	none, durable, lax := observed, observed, observed
	none.Audit, durable.Audit = "none", gatehouse.Durable
	lax.Modes = map[string]gatehouse.Mode{"audit": gatehouse.Observe}
	for _, r := range []struct {
		name     string
		set      gatehouse.Settings
		method   string
		path     string
		full     bool
		recorded int
		calls    int
	}{
		{"described", observed, "POST", "/a", false, 1, 1},
		{"other-path", observed, "POST", "/b", false, 1, 1},
		{"other-method", observed, "DELETE", "/a", false, 1, 1},
		{"that-changes-nothing", observed, "GET", "/b", false, 0, 1},
		{"no-room", observed, "POST", "/b", true, 0, 0},
		{"no-room-and-observed", lax, "POST", "/b", true, 0, 1},
		{"not-wanted", none, "POST", "/b", false, 0, 1},
		{"all", durable, "GET", "/b", false, 1, 1},
	} {
		t.Run(r.name, func(t *testing.T) {
			book, calls := &ledgerOf{full: r.full}, 0
			g, err := gatehouse.New("t.json", []byte(contract), gatehouse.Options{Settings: r.set, Authentication: "public"}, gatehouse.WithRecorder(book))
			if err != nil {
				t.Fatal(err)
			}
			h := g.Protect(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { calls++; w.WriteHeader(204) }))
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(r.method, r.path, nil))
			if book.begun != r.recorded || book.end != r.recorded || calls != r.calls {
				t.Errorf("%d: %d begun, %d ended, %d calls", w.Code, book.begun, book.end, calls)
			}
		})
	}
}
