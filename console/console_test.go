package console

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
)

// someone lets a caller of one role in.
type someone string

func (role someone) Verify(_ *gate.Exchange, _ *gate.Use, raw []byte) (*gate.Principal, *gate.Refusal) {
	if string(raw) != "in" {
		return nil, &gate.Refusal{Code: gate.CredentialInvalid}
	}
	return &gate.Principal{ID: "x|y", Kind: gate.Program, Roles: []string{string(role)}}, nil
}

// TestEveryOperationIsAnswered: each operation of the contract has a handler,
// and there is no handler without one.
func TestEveryOperationIsAnswered(t *testing.T) {
	mux := New(Options{}).(*http.ServeMux)
	described := []string{
		"GET /v1/status", "GET /v1/changes", "GET /v1/environments/live/keys", "POST /v1/environments/live/keys", "GET /v1/environments/live/keys/0123456789ab",
		"POST /v1/environments/live/keys/0123456789ab/rotate", "POST /v1/environments/live/keys/0123456789ab/revoke", "GET /v1/revocations", "POST /v1/revocations",
		"GET /v1/admins", "POST /v1/admins", "POST /v1/admins/0123456789ab/revoke",
	}
	if n := strings.Count(string(Contract), "operationId:"); n != len(described)+len(spokenOperations)+2 { // and the keys that anybody may have, and the witness
		t.Errorf("the contract has %d operations, and %d are tried", n, len(described)+len(spokenOperations))
	}
	if _, pattern := mux.Handler(httptest.NewRequest("GET", "/v1/caller-keys", nil)); pattern == "" {
		t.Error("the keys that anybody may have have no handler")
	}
	for _, call := range described {
		method, path, _ := strings.Cut(call, " ")
		if _, pattern := mux.Handler(httptest.NewRequest(method, path, nil)); pattern == "" {
			t.Errorf("%s has no handler", call)
		}
		// The gate knows the operation: nobody gets by without a credential.
		h, err := Guard(Options{}, someone("nobody"), nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		for credential, want := range map[string][]int{"": {401}, "in": {403}, "out": {401}} {
			r := httptest.NewRequest(method, path, nil)
			if credential != "" {
				r.Header.Set("Authorization", "Bearer "+credential)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if !slices.Contains(want, w.Code) {
				t.Errorf("%s with %q: %d, want %v", call, credential, w.Code, want)
			}
		}
	}
}

// TestWitness: whoever submits a checkpoint needs no credential and no type of
// content, and a gate that is no witness has none.
func TestWitness(t *testing.T) {
	var got string
	judge := func(body []byte) Answer {
		got = string(body)
		return Answer{409, "text/x.tlog.size", []byte("7\n")}
	}
	for _, kind := range []string{"", "text/plain", "text/plain; charset=utf-8", "application/octet-stream", "application/x-www-form-urlencoded"} {
		for _, o := range []Options{{Cosign: judge}, {Cosign: judge, Recorder: unwritable{}}} {
			h, err := Guard(o, someone("nobody"), nil, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest("POST", "/v1/witness/add-checkpoint", strings.NewReader("old 0\n\nx"))
			if kind != "" {
				r.Header.Set("Content-Type", kind)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != 409 || w.Header().Get("Content-Type") != "text/x.tlog.size" || w.Body.String() != "7\n" || got != "old 0\n\nx" {
				t.Errorf("%q: %d %v %s", kind, w.Code, w.Header(), w.Body)
			}
		}
	}
	h, err := Guard(Options{}, someone("nobody"), nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("POST", "/v1/witness/add-checkpoint", strings.NewReader("old 0\n\nx")))
	if w.Code != 404 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestChangesAreRecorded: no operation that may change something is forgotten.
func TestChangesAreRecorded(t *testing.T) {
	file, _ := source.Parse("openapi.yaml", Contract)
	c, problems := openapi.Read(source.NewSet(file), file)
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	var want []string
	for _, op := range c.Operations {
		if !gate.Safe(op.Method) {
			want = append(want, op.ID)
		}
		if !gate.Safe(op.Method) && op.Public() != slices.Contains(unrecorded[:], op.ID) {
			t.Errorf("%s: whether anybody may call it is %v, and whether such calls are recorded is no other", op.ID, op.Public())
		}
	}
	got := append(slices.Clone(changing[:]), unrecorded[:]...)
	slices.Sort(got)
	slices.Sort(want)
	if len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("recorded are %q, and %q may change something", got, want)
	}
}

// unwritable has no room for anything.
type unwritable struct{}

func (unwritable) Begin(context.Context, *gate.Event, bool) (gate.Audit, error) {
	return nil, errors.New("no room")
}

// TestChangesWithoutRoomAreRefused: what cannot be on record is not done, and
// who only looks is answered.
func TestChangesWithoutRoomAreRefused(t *testing.T) {
	h, err := Guard(Options{Recorder: unwritable{}}, someone("operator"), nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("POST", "/v1/revocations", strings.NewReader(`{"kind":"token","issuer":"https://id.example","value":"x"}`))
	r.Header.Set("Authorization", "Bearer in")
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != 503 || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "audit-unavailable") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestRolesContainThoseBelow(t *testing.T) {
	if got := Roles(); !slices.Equal(got, []string{"viewer", "operator", "admin"}) {
		t.Errorf("%q", got)
	}
	if _, _, err := NewAdmin(t.Context(), nil, "n", "root", gatehouseTime); err == nil {
		t.Error("a role that there is not")
	}
}

var gatehouseTime = gatehouse.Event{}.Time
