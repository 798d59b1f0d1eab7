package serve

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// administered is a configuration of a gate with an API of administration.
const administered = `store: {}
credentials: [{name: key, keys: {pepper: "${file:pepper}"}}]
admin: {address: "127.0.0.1:0", pepper: "${file:pepper}", first_credential: first.txt}
`

// office is a gate that is administered.
type office struct {
	*house
	first string // the first credential
}

// openOffice opens one; more are lines of its configuration and keys of admin.
func openOffice(t *testing.T, more ...string) *office {
	t.Helper()
	api, _ := upstreamOf(t)
	file := one("keyed.yaml", api) + administered
	if len(more) > 0 {
		file = more[0] + strings.Replace(file, ", first_credential", more[1]+", first_credential", 1)
	}
	h := openHouse(t, file, func(c *Config) {
		dir := filepath.Dir(c.File)
		for name, text := range map[string]string{"pepper": pepperOfTests, "keyed.yaml": keyed} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	})
	text, err := os.ReadFile(filepath.Join(h.dir, "first.txt"))
	if err != nil {
		t.Fatal(err)
	}
	return &office{h, strings.TrimSpace(string(text))}
}

// call makes a call and returns its status and what it answers.
func (o *office) call(method, path, credential, body string) (int, map[string]any) {
	o.t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(o.t.Context(), method, o.AdminURL()+path, in)
	if err != nil {
		o.t.Fatal(err)
	}
	if credential != "" {
		r.Header.Set("Authorization", "Bearer "+credential)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(r)
	if err != nil {
		o.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	found := map[string]any{}
	if len(bytes.TrimSpace(text)) > 0 {
		if err := json.Unmarshal(text, &found); err != nil {
			o.t.Fatalf("%s %s: %d %s", method, path, answer.StatusCode, text)
		}
	}
	return answer.StatusCode, found
}

// made returns the secret and the id of a new key, once it is known.
func (o *office) made(found map[string]any) (secret, id string) {
	o.t.Helper()
	secret, _ = found["secret"].(string)
	k, _ := found["key"].(map[string]any)
	id, _ = k["id"].(string)
	if secret == "" || id == "" {
		o.t.Fatalf("%v", found)
	}
	return secret, id
}

// until waits for a call to have a status: the gate follows the store.
func (o *office) until(want int, method, path, credential, body string) {
	o.t.Helper()
	eventually(o.t, func() bool { got, _ := o.call(method, path, credential, body); return got == want })
}

// eventually asks until it is so.
func eventually(t *testing.T, so func() bool) {
	t.Helper()
	for begun := time.Now(); !so(); {
		if time.Since(begun) > 15*time.Second {
			t.Fatal("it never is so")
		}
	}
}

// admin makes a credential of a role.
func (o *office) admin(role string) (secret, id string) {
	o.t.Helper()
	status, found := o.call("POST", "/v1/admins", o.first, `{"name":"`+role+`","role":"`+role+`"}`)
	if status != 201 {
		o.t.Fatalf("%d %v", status, found)
	}
	secret, id = o.made(found)
	o.until(200, "GET", "/v1/status", secret, "")
	return secret, id
}

// TestRolesOfAdministration: each operation takes the roles that the contract
// says, and nobody without.
func TestRolesOfAdministration(t *testing.T) {
	o := openOffice(t, "locks: {disabled: true}\n", "")
	o.until(200, "GET", "/v1/status", o.first, "")
	who := map[string]string{"nobody": "", "client": "", "admin": o.first}
	who["viewer"], _ = o.admin("viewer")
	who["operator"], _ = o.admin("operator")
	_, found := o.call("POST", "/v1/environments/live/keys", o.first, `{"name":"a client","roles":["admin","operator","viewer"]}`)
	var id string
	who["client"], id = o.made(found) // its roles are none of administration
	keys := "/v1/environments/live/keys"
	for _, row := range []struct {
		method, path, body string
		good               int
		least              string
	}{
		{"GET", "/v1/status", "", 200, "viewer"},
		{"GET", "/v1/changes?limit=2", "", 200, "viewer"},
		{"GET", keys, "", 200, "viewer"},
		{"GET", keys + "/" + id, "", 200, "viewer"},
		{"GET", "/v1/revocations", "", 200, "viewer"},
		{"POST", keys, `{"name":"n"}`, 201, "operator"},
		{"POST", keys + "/zzzzzzzzzzzz/rotate", `{"overlap_seconds":1}`, 404, "operator"},
		{"POST", keys + "/zzzzzzzzzzzz/revoke", "", 404, "operator"},
		{"POST", "/v1/revocations", `{"kind":"subject","value":"somebody"}`, 201, "operator"},
		{"GET", "/v1/admins", "", 200, "admin"},
		{"POST", "/v1/admins", `{"name":"n","role":"viewer"}`, 201, "admin"},
		{"POST", "/v1/admins/zzzzzzzzzzzz/revoke", "", 404, "admin"},
	} {
		rank := map[string]int{"viewer": 1, "operator": 2, "admin": 3}
		for name, credential := range who {
			want := 403
			switch {
			case name == "nobody" || name == "client":
				want = 401
			case rank[name] >= rank[row.least]:
				want = row.good
			}
			if got, found := o.call(row.method, row.path, credential, row.body); got != want {
				t.Errorf("%s %s by %s: %d, want %d: %v", row.method, row.path, name, got, want, found)
			}
		}
	}
}

// TestKeysByAdministration: a key that was made is good, and void when it was
// revoked; who did it is written down.
func TestKeysByAdministration(t *testing.T) {
	o := openOffice(t)
	o.until(200, "GET", "/v1/status", o.first, "")
	status, found := o.call("POST", "/v1/environments/live/keys", o.first, `{"name":"nightly","operations":["listOrders"],"addresses":["127.0.0.0/8"]}`)
	if status != 201 {
		t.Fatal(status, found)
	}
	secret, id := o.made(found)
	if got := answerTo(t, o.URL()+"/orders", secret); got != "200" {
		t.Errorf("the next request with a key that was made: %s", got)
	}
	if got := answerTo(t, o.URL()+"/bills", secret); got != "403" {
		t.Errorf("another operation: %s", got)
	}
	if got := answerTo(t, o.URL()+"/orders", o.first); got != "401" {
		t.Errorf("a credential for administration is good for the API: %s", got)
	}
	if _, found = o.call("GET", "/v1/environments/live/keys/"+id, o.first, ""); found["state"] != "good" || found["secret"] != nil || found["hash"] != nil {
		t.Errorf("%v", found)
	}
	status, found = o.call("POST", "/v1/environments/live/keys/"+id+"/rotate", o.first, `{"overlap_seconds":3600}`)
	if status != 201 {
		t.Fatal(status, found)
	}
	next, nextID := o.made(found)
	eventually(t, func() bool { return answerTo(t, o.URL()+"/orders", next) == "200" })
	if got := answerTo(t, o.URL()+"/orders", secret); got != "200" {
		t.Errorf("the old key within the overlap: %s", got)
	}
	if status, _ = o.call("POST", "/v1/environments/live/keys/"+nextID+"/revoke", o.first, ""); status != 204 {
		t.Fatal(status)
	}
	if got := answerTo(t, o.URL()+"/orders", next); got != "401" {
		t.Errorf("the next request with a key that was revoked: %s", got)
	}
	_, found = o.call("GET", "/v1/changes?limit=3", o.first, "")
	var list []string
	for _, c := range found["changes"].([]any) {
		c := c.(map[string]any)
		if c["by"] == "" || c["by"] == "nobody" || strings.Contains(o.first, c["by"].(string)) == false {
			t.Errorf("by %v", c["by"])
		}
		list = append(list, c["operation"].(string)+" "+c["on"].(string))
	}
	if got := strings.Join(list, ", "); got != "revoke key "+nextID+", replace key "+id+", add key "+id {
		t.Errorf("changes: %s", got)
	}
}

// TestRefusedAdministration: what the contract does not describe does not reach
// the API.
func TestRefusedAdministration(t *testing.T) {
	o := openOffice(t)
	o.until(200, "GET", "/v1/status", o.first, "")
	for _, row := range []struct {
		method, path, body string
		want               int
	}{
		{"GET", "/", "", 404}, {"GET", "/v1/keys", "", 404}, {"DELETE", "/v1/admins", "", 405}, {"GET", "/v1/../v1/status", "", 400},
		{"GET", "/v1/status?x=1", "", 400}, {"GET", "/v1/environments/LIVE/keys", "", 400}, {"GET", "/v1/environments/test/keys", "", 404},
		{"GET", "/v1/environments/admin/keys", "", 404}, {"POST", "/v1/environments/admin/keys", `{"name":"n","roles":["admin"]}`, 404},
		{"POST", "/v1/environments/live/keys", `{"name":"n","hash":"x"}`, 400}, {"POST", "/v1/environments/live/keys", `{"name":""}`, 400},
		{"POST", "/v1/environments/live/keys", `{"name":"n","addresses":["everywhere"]}`, 400},
		{"POST", "/v1/environments/live/keys", `{"name":"n","expires":"2001-01-01T00:00:00Z"}`, 400},
		{"POST", "/v1/admins", `{"name":"n","role":"root"}`, 400}, {"POST", "/v1/revocations", `{"kind":"everything","value":"x"}`, 400},
		{"GET", "/v1/changes?limit=1001", "", 400}, {"GET", "/v1/environments/live/keys?after=../../x", "", 400},
	} {
		if got, found := o.call(row.method, row.path, o.first, row.body); got != row.want {
			t.Errorf("%s %s %s: %d, want %d: %v", row.method, row.path, row.body, got, row.want, found)
		}
	}
}

// TestLockedAdministration: whoever guesses is locked out, and no one who was
// let in from there before.
func TestLockedAdministration(t *testing.T) {
	o := openOffice(t, "locks: {network_failures: 3, first: 1m}\n", "")
	o.until(200, "GET", "/v1/status", o.first, "")
	seen := map[int]int{}
	for i := range 8 {
		status, _ := o.call("GET", "/v1/status", o.first[:len(o.first)-1]+string("-_!~.,:;"[i]), "")
		seen[status]++
	}
	if seen[401] < 3 || seen[429] < 3 || len(seen) != 2 {
		t.Errorf("%v", seen)
	}
	if status, _ := o.call("GET", "/v1/status", o.first, ""); status != 200 {
		t.Errorf("who was let in before: %d", status)
	}
}

// TestLastAdmin: somebody always can administer, and nobody is made again by
// starting anew.
func TestLastAdmin(t *testing.T) {
	o := openOffice(t)
	o.until(200, "GET", "/v1/status", o.first, "")
	_, found := o.call("GET", "/v1/admins", o.first, "")
	list := found["keys"].([]any)
	if len(list) != 1 {
		t.Fatalf("%v", list)
	}
	id := list[0].(map[string]any)["id"].(string)
	if status, _ := o.call("POST", "/v1/admins/"+id+"/revoke", o.first, ""); status != 409 {
		t.Errorf("the last admin leaves: %d", status)
	}
	second, _ := o.admin("admin")
	if status, _ := o.call("POST", "/v1/admins/"+id+"/revoke", second, ""); status != 204 {
		t.Errorf("the first of two admins: %d", status)
	}
	o.until(401, "GET", "/v1/status", o.first, "")
	if info, err := os.Stat(filepath.Join(o.dir, "first.txt")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file of the first credential: %v %v", info, err)
	}
	if err := os.Remove(filepath.Join(o.dir, "first.txt")); err != nil {
		t.Fatal(err)
	}
	o.reload("again", false)
	if _, err := os.Stat(filepath.Join(o.dir, "first.txt")); err == nil {
		t.Error("a second first credential was made")
	}
	if strings.Contains(o.log.String(), o.first) || strings.Contains(o.log.String(), second) {
		t.Error("the log holds a credential")
	}
}
