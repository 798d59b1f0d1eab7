package trial_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/cmd/gatehouse/trial"
	"github.com/gatehouse-api/gatehouse/gate"
)

const contract = `openapi: 3.1.0
info: {title: Orders, version: 1.0.0}
security: [{key: []}, {session: []}, {basic: []}, {token: []}]
paths:
  /orders/{id}:
    get:
      operationId: getOrder
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}}
        - {name: deep, in: query, schema: {type: boolean}}
      responses: {"200": {description: OK}}
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
    session: {type: apiKey, in: cookie, name: sid}
    basic: {type: http, scheme: basic}
    token: {type: http, scheme: bearer}
`

const configuration = `version: 1
listeners: [{address: 127.0.0.1:0}]
credentials: [{name: key, certificate: {}}, {name: session, certificate: {}}, {name: basic, certificate: {}}, {name: token, certificate: {}}]
apis:
  - contract: orders.yaml
    upstreams: [{url: http://127.0.0.1:9}]
    hosts: [orders.example]
    prefix: /shop
    policies: [rules]
`

func stage(t *testing.T, rules string) *trial.Stage {
	t.Helper()
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "rules"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"gatehouse.yaml": configuration, "orders.yaml": contract, "rules/orders.cedar": rules, "rules/README": "no rules"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := trial.Open(filepath.Join(folder, "gatehouse.yaml"))
	t.Cleanup(s.Close)
	if err := s.Problems.Err(); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestCredentials shows that each kind of credential reaches its verifier.
func TestCredentials(t *testing.T) {
	s := stage(t, `permit(principal == Person::"token|alice", action, resource) when { context.path.id == "a b/c" };
permit(principal == Person::"key|alice", action, resource); permit(principal == Person::"session|alice", action, resource); permit(principal == Person::"basic|alice", action, resource);`)
	for call, want := range map[string]string{
		"{who: {subject: alice, credential: token}, call: getOrder, path: {id: a}}":                                    "denied as policy-denied by the guard policy",
		"{who: {subject: alice, credential: key}, call: getOrder, path: {id: a}}":                                      "allowed by orders.cedar#2",
		"{who: {subject: alice, credential: session}, call: getOrder, path: {id: a}, query: {deep: true}}":             "allowed by orders.cedar#3",
		"{who: {subject: alice, credential: basic}, call: getOrder, path: {id: a}}":                                    "allowed by orders.cedar#4",
		"{who: {subject: alice, credential: basic, issuer: i}, call: getOrder, path: {id: a}}":                         "denied as policy-denied by the guard policy",
		"{who: nobody, call: getOrder, path: {id: a}}":                                                                 "denied as credential-missing by the guard authn",
		"{who: {subject: alice, credential: key}, call: getOrder, path: {id: a}, query: {deep: [true, false]}}":        "denied as parameter-repeated by the guard request",
		"{who: {subject: alice, credential: key}, call: getOrder, path: {id: a}, query: {deep: yes please}}":           "denied as parameter-schema by the guard request",
		"{who: {subject: alice, credential: key}, call: getOrder, path: {id: a}, query: {shallow: true}, api: Orders}": "denied as parameter-unknown by the guard request",
	} {
		c, problems := trial.ReadCase("call", []byte("--- "+call), time.Now())
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		out, wrong := s.Try(c)
		if wrong != nil {
			t.Errorf("%s: %v", call, wrong)
		} else if out.Words() != want {
			t.Errorf("%s: %s, want %s", call, out.Words(), want)
		}
	}
}

func TestCallsThatCannotBeMade(t *testing.T) {
	s := stage(t, "permit(principal, action, resource);")
	for call, want := range map[string]string{
		"{who: {subject: alice}, call: getOrder, path: {id: a}}":                     `has no credential ""`,
		"{who: {subject: alice, credential: tokens}, call: getOrder, path: {id: a}}": `did you mean "token"`,
		"{who: nobody, call: getOrders, path: {id: a}}":                              `did you mean "getOrder"`,
		"{who: nobody, call: getOrder}":                                              `does not say what "id" is`,
		"{who: nobody, call: getOrder, path: {id: a, it: b}}":                        `has no path parameter "it"`,
		"{who: nobody, call: getOrder, path: {id: ''}}":                              "do not lead to getOrder",
		"{who: nobody, api: Pets, call: getOrder, path: {id: a}}":                    `there is no API "Pets"`,
	} {
		c, problems := trial.ReadCase("call", []byte("--- "+call), time.Now())
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		_, wrong := s.Try(c)
		if wrong == nil || !strings.Contains(wrong.String(), want) {
			t.Errorf("%s: %v, want %s", call, wrong, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("callers: {a: {subject: a, claims: {b: [1, {c: 2}]}}}\ntests: [{who: a, call: b, body: {c: [1.5, null]}, expect: deny, code: role-missing}]")
	f.Add(`{"tests": [{"who": {"kind": 1}, "path": [], "query": {"a": [[]]}, "time": "x", "client": "y"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		table, problems := trial.Read("table", []byte(text), time.Now())
		if table == nil && problems.Err() == nil {
			t.Error("no table, and nothing is wrong")
		}
		if table != nil && problems.Err() == nil {
			for _, c := range table.Cases {
				if c.Call == "" || c.Who != nil && c.Who.Kind > gate.Workload {
					t.Errorf("%+v", c)
				}
			}
		}
	})
}
