package gate_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

func TestCodes(t *testing.T) {
	seen := map[string]bool{}
	name := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	for c := range gate.Codes {
		if seen[c.String()] || !name.MatchString(c.String()) {
			t.Errorf("code %d is called %q: not unique or not in words and dashes", c, c)
		}
		seen[c.String()] = true
		if c.Status() != 499 && (c.Status() < 400 || http.StatusText(c.Status()) == "") {
			t.Errorf("%v has status %d", c, c.Status())
		}
		if !strings.HasSuffix(c.Title(), ".") || c.Source() == "" && c != gate.ClientGone {
			t.Errorf("%v: title %q, source %q", c, c.Title(), c.Source())
		}
	}
	if len(seen) < 30 {
		t.Errorf("only %d codes", len(seen))
	}
}

func TestProblem(t *testing.T) {
	h := build(t, gate.Enforce, gate.Step{Name: "a", Head: head(func(x *gate.Exchange) gate.Verdict {
		return x.Deny(gate.Refusal{
			Code: gate.BodySchema, In: "body", Name: "a\"<b>&\n\xff", Pointer: "/items/0", Keyword: "maximum", Detail: "must be at most 10", Retry: 7,
		})
	})})
	w := h.call("POST", "/pets/1", "")
	var p map[string]any
	if err := json.Unmarshal([]byte(w.body), &p); err != nil {
		t.Fatalf("%v in %s", err, w.body)
	}
	want := map[string]any{
		"type":  "https://github.com/gatehouse-api/gatehouse/blob/main/docs/refusals.md#body-schema",
		"title": gate.BodySchema.Title(), "status": 400.0, "code": "body-schema", "id": h.last().ID.String(),
		"detail": "must be at most 10", "in": "body", "name": "a\"<b>&\n\ufffd", "pointer": "/items/0", "keyword": "maximum",
	}
	for k, v := range want {
		if p[k] != v {
			t.Errorf("%s is %v, want %v", k, p[k], v)
		}
	}
	if len(p) != len(want) {
		t.Errorf("the problem has other members: %s", w.body)
	}
	if strings.ContainsAny(w.body, "<>&") {
		t.Errorf("a page could take it for markup: %s", w.body)
	}
	if w.fields["Content-Type"] != "application/problem+json" || w.fields["Cache-Control"] != "no-store" || w.fields["Retry-After"] != "7" {
		t.Errorf("fields %v", w.fields)
	}
}

func TestIDs(t *testing.T) {
	h := build(t, gate.Enforce, gate.Step{Name: "a", Head: buffered(10)})
	form := regexp.MustCompile(`^[0-7][0-9a-hjkmnp-tv-z]{25}$`)
	var ids []string
	for range 1000 {
		h.call("POST", "/pets/1", "")
		ids = append(ids, h.last().ID.String())
	}
	prefixes := make([]string, len(ids))
	for i, id := range ids {
		if !form.MatchString(id) {
			t.Fatalf("id %q", id)
		}
		prefixes[i] = id[:9]
	}
	if !slices.IsSorted(prefixes) {
		t.Error("ids do not sort by time")
	}
	slices.Sort(ids)
	if len(slices.Compact(ids)) != 1000 {
		t.Error("ids repeat")
	}
}

// TestSwapUnderLoad swaps plans while exchanges run: each keeps the plan that
// it started with, none is dropped.
func TestSwapUnderLoad(t *testing.T) {
	h := build(t, gate.Enforce, gate.Step{Name: "a", Head: buffered(10)})
	mixed := head(func(x *gate.Exchange) gate.Verdict {
		x.Intake = gate.Intake{Mode: gate.Buffer, MaxBytes: 10}
		if x.Plan.Operations[0] != x.Operation || x.Operation.API != x.API {
			return x.Deny(gate.Refusal{Code: gate.Internal})
		}
		return gate.Allow
	})
	stop := make(chan struct{})
	var swaps, calls sync.WaitGroup
	swaps.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				h.gate.Swap(plan(t, h.api, gate.Enforce, gate.Step{Name: "a", Head: mixed}))
			}
		}
	})
	for range 4 {
		calls.Go(func() {
			for range 500 {
				if w := h.call("POST", "/pets/1", "1"); w.status != 200 {
					t.Errorf("status %d: %s", w.status, w.body)
				}
			}
		})
	}
	calls.Wait()
	close(stop)
	swaps.Wait()
	if h.api.calls != 2000 {
		t.Errorf("%d of 2000 calls arrived", h.api.calls)
	}
}

func TestCompileOperation(t *testing.T) {
	rows := []struct {
		name  string
		steps []gate.Step
		want  string
	}{
		{"a-need-that-does-not-exist", []gate.Step{{Name: "a", Needs: []string{"b"}}}, `guard "a" needs "b"`},
		{"a-need-that-comes-later", []gate.Step{{Name: "a", Needs: []string{"b"}}, {Name: "b"}}, `guard "a" needs "b"`},
		{"a-need-for-itself", []gate.Step{{Name: "a", Needs: []string{"a"}}}, `guard "a" needs "a"`},
		{"too-many", make([]gate.Step, 65), "at most 64"},
	}
	if err := (&gate.Operation{Steps: make([]gate.Step, 64)}).Compile(); err != nil {
		t.Errorf("64 guards: %v", err)
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			op := &gate.Operation{Name: "x", Steps: r.steps}
			if err := op.Compile(); err == nil || !strings.Contains(err.Error(), r.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestOwnFieldsPassNoTrailers: by a trailer a client must not say to the API
// what only the gate says.
func TestOwnFieldsPassNoTrailers(t *testing.T) {
	x := &gate.Exchange{API: &gate.API{Own: []string{"X-User"}}}
	for _, name := range []string{"x-user", "X_User", "Authorization", "X-User-Name", "Grpc-Status"} {
		x.Trailers = append(x.Trailers, gate.Field{Name: []byte(name)})
	}
	x.CleanTrailers()
	for i, want := range []bool{true, true, true, false, false} {
		if x.Trailers[i].Gone != want {
			t.Errorf("%s: gone is %v", x.Trailers[i].Name, !want)
		}
	}
}
