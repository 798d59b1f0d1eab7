package gatehouse_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/gate"
)

// clerks knows one key and whose it is.
type clerks struct{}

func (clerks) Verify(_ *gate.Exchange, _ *gate.Use, raw []byte) (*gate.Principal, *gate.Refusal) {
	if string(raw) != "right" {
		return nil, &gate.Refusal{Code: gate.CredentialInvalid}
	}
	return &gate.Principal{ID: "desk|clerk", Subject: "clerk", Roles: []string{"reader"}}, nil
}

func TestCallerOf(t *testing.T) {
	const document = `{"openapi":"3.1.0","info":{"title":"t","version":"1"},"paths":{"/a":{"get":{"security":[{"key":["reader"]}],"responses":{"204":{"description":"d"}}}},
		"/b":{"get":{"security":[{"key":["writer"]}],"responses":{"204":{"description":"d"}}}},"/open":{"get":{"security":[],"responses":{"204":{"description":"d"}}}}},
		"components":{"securitySchemes":{"key":{"type":"apiKey","in":"header","name":"X-Key"}}}}`
	g, err := gatehouse.New("a.json", []byte(document), gatehouse.Options{}, gatehouse.WithVerifiers(map[string]gatehouse.Verifier{"key": clerks{}}))
	if err != nil {
		t.Fatal(err)
	}
	var caller *gatehouse.Principal
	h := g.Protect(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller = gatehouse.CallerOf(r.Context())
		w.WriteHeader(204)
	}))
	for _, row := range []struct {
		path, key string
		status    int
		caller    string
	}{
		{"/a", "right", 204, "desk|clerk"}, {"/a", "wrong", 401, ""}, {"/a", "", 401, ""}, {"/b", "right", 403, ""}, {"/open", "right", 204, ""},
	} {
		caller = nil
		r := httptest.NewRequest("GET", row.path, nil)
		if row.key != "" {
			r.Header.Set("X-Key", row.key)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		who := ""
		if caller != nil {
			who = caller.ID
		}
		if w.Code != row.status || who != row.caller {
			t.Errorf("%s with %q: %d by %q, want %d by %q", row.path, row.key, w.Code, who, row.status, row.caller)
		}
	}
}
