package contract_test

import (
	"testing"

	"github.com/gatehouse-api/gatehouse/contract"
)

func TestPublic(t *testing.T) {
	key := contract.Requirement{{Scheme: &contract.Scheme{Name: "key"}}}
	for _, row := range []struct {
		name     string
		from     contract.SecurityFrom
		security []contract.Requirement
		want     bool
	}{
		{"nothing-said", contract.SecurityNowhere, nil, false},
		{"empty-list", contract.SecurityOperation, []contract.Requirement{}, true},
		{"empty-list-of-the-document", contract.SecurityDocument, nil, true},
		{"empty-entry", contract.SecurityOperation, []contract.Requirement{{}}, true},
		{"empty-entry-among-others", contract.SecurityDocument, []contract.Requirement{key, {}}, true},
		{"one-scheme", contract.SecurityOperation, []contract.Requirement{key}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			op := contract.Operation{Security: row.security, SecurityFrom: row.from}
			if op.Public() != row.want {
				t.Errorf("public is %v", op.Public())
			}
		})
	}
}

func TestName(t *testing.T) {
	op := contract.Operation{Method: "GET", Path: "/pets/{id}"}
	if op.Name() != "GET /pets/{id}" {
		t.Error(op.Name())
	}
	op.ID = "getPet"
	if op.Name() != "getPet" {
		t.Error(op.Name())
	}
}

// What was never set is nowhere.
func TestZeroValues(t *testing.T) {
	var (
		in     contract.In
		scheme contract.SchemeType
	)
	if in != contract.Nowhere || in.String() != "nowhere" || contract.Cookie.String() != "cookie" || scheme != contract.UnknownScheme {
		t.Error(in, scheme)
	}
}
