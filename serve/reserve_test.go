package serve

import (
	"strings"
	"testing"
)

// TestReservedKeys: an operator neither makes nor rotates a key with which it
// could do what it was not allowed to; an admin does.
func TestReservedKeys(t *testing.T) {
	o := openOffice(t, `roles: {admin: {scopes: [users:write]}, clerk: {scopes: [orders:read]}, chief: {includes: [admin]}, writer: {scopes: [users:write]}}
grants: [{credential: key, subjects: [the boss], roles: [chief]}, {credential: key, clients: [till], roles: [clerk]}]
`, ", reserved_scopes: [users:write, users:delete]")
	o.until(200, "GET", "/v1/status", o.first, "")
	operator, _ := o.admin("operator")
	const keys = "/v1/environments/live/keys"
	for _, row := range []struct{ body, why string }{
		{`{"name":"n"}`, ""},
		{`{"name":"n","roles":["clerk"],"scopes":["orders:read"],"tenant":"acme","client":"till","subject":"nightly","operations":["listOrders"]}`, ""},
		{`{"name":"n","issuer":"gatehouse","subject":"nightly"}`, ""},
		{`{"name":"n","roles":["admin"]}`, "roles: "},
		{`{"name":"n","roles":["clerk","chief"]}`, "roles: "},
		{`{"name":"n","roles":["writer"]}`, "scopes: "},
		{`{"name":"n","scopes":["users:delete"]}`, "scopes: "},
		{`{"name":"n","subject":"the boss"}`, "roles: "},
		{`{"name":"n","issuer":"https://id.example.com","subject":"alice"}`, "issuer: "},
	} {
		status, found := o.call("POST", keys, operator, row.body)
		detail, _ := found["detail"].(string)
		if want := map[bool]int{true: 201, false: 403}[row.why == ""]; status != want || !strings.HasPrefix(detail, row.why) || status == 403 && found["code"] != "reserved-for-admins" {
			t.Errorf("%s by an operator: %d %v", row.body, status, found)
		}
		status, found = o.call("POST", keys, o.first, row.body)
		if status != 201 {
			t.Fatalf("%s by an admin: %d %v", row.body, status, found)
		}
		_, id := o.made(found)
		want := map[bool]int{true: 201, false: 403}[row.why == ""]
		if status, found = o.call("POST", keys+"/"+id+"/rotate", operator, `{"overlap_seconds":1}`); status != want {
			t.Errorf("%s rotated by an operator: %d %v", row.body, status, found)
		}
		if status, found = o.call("POST", keys+"/"+id+"/revoke", operator, ""); status != 204 {
			t.Errorf("%s revoked by an operator: %d %v", row.body, status, found)
		}
	}
	// Nobody takes the name of a key that speaks for itself.
	for _, issuer := range []string{"", `,"issuer":"gatehouse"`} {
		if status, found := o.call("POST", keys, o.first, `{"name":"n","subject":"key:0123456789ab"`+issuer+`}`); status != 400 || found["field"] != "subject" {
			t.Errorf("%d %v", status, found)
		}
	}
}

// TestReservedByDefault: where nothing is said, the role admin is reserved; an
// empty list opens it.
func TestReservedByDefault(t *testing.T) {
	for more, want := range map[string]int{"": 403, ", reserved_roles: []": 201} {
		o := openOffice(t, "", more)
		o.until(200, "GET", "/v1/status", o.first, "")
		operator, _ := o.admin("operator")
		if status, found := o.call("POST", "/v1/environments/live/keys", operator, `{"name":"n","roles":["admin"]}`); status != want {
			t.Errorf("%q: %d %v", more, status, found)
		}
	}
}
