package owner_test

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/guard/owner"
)

// orders is a contract whose orders are learned, whose accounts have a rule and
// whose notes say whose they are.
//
//go:embed testdata/orders.yaml
var orders string

// shop is an API that checks nothing.
func shop(s *play) map[string]string {
	held, next := map[string]string{}, 7
	pattern := regexp.MustCompile(`^/orders/(\d+)`)
	s.api = func(method, path, body string) (int, string, string) {
		id := ""
		path = strings.ReplaceAll(path, "%37", "7")
		if strings.Contains(path, "/items/") {
			return 204, "", ""
		}
		if m := pattern.FindStringSubmatch(path); m != nil {
			id = strings.TrimLeft(m[1], "0")
		}
		switch {
		case method == "POST":
			id = fmt.Sprint(next)
			next++
			held[id] = `{"id":` + id + `,"text":"secret ` + id + `"}`
			return 201, "/orders/" + id, held[id]
		case method == "PUT":
			status := 200
			if held[id] == "" {
				status = 201
			}
			held[id] = `{"id":` + id + `}`
			return status, "", ""
		case method == "DELETE" && held[id] != "":
			delete(held, id)
			return 204, "", ""
		case held[id] != "":
			return 200, "", held[id]
		}
		return 404, "", ""
	}
	return held
}

func ready(t testing.TB, o gatehouse.Options) *play {
	t.Helper()
	m := newMemory()
	return newPlay(t, orders, o, newKeeper(t, m, owner.KeeperOptions{}), m)
}

// step is one call and what comes of it.
type step struct{ who, method, target, body, want string }

func (s *play) walk(steps []step) {
	s.t.Helper()
	for _, p := range steps {
		if got := s.call(p.who, p.method, p.target, p.body); got != p.want {
			s.t.Errorf("%s %s %s %s: %s, want %s; %s", p.who, p.method, p.target, p.body, got, p.want, s.Body)
		}
	}
}

// TestTwoUsers: each reaches what is theirs, the API's own flow goes on, and
// nobody reaches what is the other's, however it is written.
func TestTwoUsers(t *testing.T) {
	s := ready(t, gatehouse.Options{})
	shop(s)
	s.walk([]step{
		{"alice", "POST", "/orders", `{}`, "201"},
		{"bob", "POST", "/orders", `{}`, "201"},
		{"alice", "GET", "/orders/7", "", "200"},
		{"alice", "GET", "/orders/%37", "", "200"},
		{"bob", "GET", "/orders/8", "", "200"},
		{"bob", "GET", "/orders/7", "", "403 owner-denied"},
		{"bob", "HEAD", "/orders/7", "", "403 owner-denied"},
		{"bob", "GET", "/orders/%37", "", "403 owner-denied"},
		{"bob", "GET", "/orders/7.0", "", "400 parameter-schema"},
		{"bob", "GET", "/orders/007", "", "400 parameter-schema"},
		{"bob", "DELETE", "/orders/7", "", "403 owner-denied"},
		{"bob", "PUT", "/orders/7", `{}`, "403 owner-denied"},
		{"bob", "DELETE", "/orders/7/items/1", "", "403 owner-denied"},
		{"", "GET", "/orders/7", "", "403 owner-denied"},
		{"bob", "GET", "/orders/9", "", "403 owner-unknown"},
		{"bob", "GET", "/orders?after=7", "", "403 owner-denied"},
		{"bob", "GET", "/orders?%61fter=7", "", "403 owner-denied"},
		{"bob", "POST", "/orders", `{"copies":[8,7]}`, "403 owner-denied"},
		{"bob", "POST", "/orders", `{"copies":[8.0,7e0]}`, "403 owner-denied"},
		{"bob", "POST", "/orders", `copies=8&copies=7`, "403 owner-denied"},
		{"bob", "POST", "/orders", `{"copies":[8]}`, "201"},
		{"alice", "DELETE", "/orders/7/items/1", "", "204"},
		{"alice", "GET", "/orders/7", "", "200"},
		{"alice", "DELETE", "/orders/7", "", "204"},
		{"alice", "GET", "/orders/7", "", "403 owner-unknown"},
	})
	if s.call("bob", "GET", "/orders/8", ""); !strings.Contains(s.Body, "secret 8") {
		t.Error(s.Body)
	}
	if s.call("bob", "POST", "/orders", `{"copies":[7]}`); !strings.Contains(s.Body, `"pointer":"/copies/0"`) || len(s.calls) > 0 {
		t.Errorf("%s %v", s.Body, s.calls)
	}
}

// TestNested judges each of the objects that a path names.
func TestNested(t *testing.T) {
	s := ready(t, gatehouse.Options{})
	shop(s)
	s.walk([]step{{"alice", "POST", "/orders", `{}`, "201"}, {"bob", "POST", "/orders", `{}`, "201"}})
	s.api = func(string, string, string) (int, string, string) { return 204, "", "" }
	s.walk([]step{
		{"alice", "GET", "/accounts/alice", "", "204"},
		{"alice", "GET", "/accounts/%61lice", "", "204"},
		{"alice", "GET", "/accounts/bob", "", "403 owner-denied"},
		{"alice", "GET", "/accounts/Alice", "", "403 owner-denied"},
		{"alice", "GET", "/accounts/alice/orders/7", "", "204"},
		{"alice", "GET", "/accounts/alice/orders/8", "", "403 owner-denied"},
		{"alice", "GET", "/accounts/bob/orders/7", "", "403 owner-denied"},
		{"", "GET", "/accounts/", "", "404 path-unknown"},
	})
}

// TestLists: what is not the caller's is taken out where that is configured,
// and refused elsewhere; lists of one's own teach.
func TestLists(t *testing.T) {
	s := ready(t, gatehouse.Options{})
	shop(s)
	s.walk([]step{{"alice", "POST", "/orders", `{}`, "201"}, {"bob", "POST", "/orders", `{}`, "201"}, {"bob", "POST", "/orders", `{}`, "201"}})
	answer := ""
	s.api = func(string, string, string) (int, string, string) { return 200, "", answer }
	answer = `{"total":4,"found":[{"id":8},{"id":7, "text":"x"},{"id":9,"earlier":[{"id":7}]},{"id":99}]}`
	if got := s.call("alice", "GET", "/orders/search", ""); got != "200" || s.Body != `{"total":4,"found":[{"id":7, "text":"x"}]}` {
		t.Errorf("%s %s", got, s.Body)
	}
	if got := s.call("bob", "GET", "/orders/search", ""); got != "200" || s.Body != `{"total":4,"found":[{"id":8},{"id":9,"earlier":[]}]}` {
		t.Errorf("%s %s", got, s.Body)
	}
	answer = `[{"id":7},{"id":8}]`
	s.walk([]step{
		{"alice", "GET", "/orders", "", "403 owner-denied"},
		{"alice", "GET", "/orders/mine", "", "403 owner-denied"},
	})
	answer = `[{"id":7},{"id":50},{"id":51}]`
	s.walk([]step{
		{"alice", "GET", "/orders", "", "403 owner-unknown"},
		{"alice", "GET", "/orders/mine", "", "200"},
	})
	s.keeper.Flush()
	s.walk([]step{{"alice", "GET", "/orders", "", "200"}, {"bob", "GET", "/orders", "", "403 owner-denied"}})
}

// TestCreating: what teaches and what does not.
func TestCreating(t *testing.T) {
	s := ready(t, gatehouse.Options{})
	status, location, answer := 201, "", ""
	s.api = func(method, _, _ string) (int, string, string) {
		if method == "GET" {
			return 404, "", ""
		}
		return status, location, answer
	}
	knows := func(name, id, want string) {
		t.Helper()
		if got := s.call("alice", "GET", "/orders/"+id, ""); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	answer = `{"id":1,"earlier":[{"id":2}]}`
	if got := s.call("alice", "POST", "/orders", `{}`); got != "403 owner-unknown" {
		t.Errorf("an older object of nobody in the answer: %s", got)
	}
	answer = `{"id":1}`
	s.call("alice", "POST", "/orders", `{}`)
	knows("by-the-answer", "1", "404")
	status, location, answer = 202, "https://api.test/v1/orders/%33?x=/9", ""
	s.call("alice", "POST", "/orders", `{}`)
	knows("by-location", "3", "404")
	location = ""
	if got := s.call("alice", "POST", "/orders", `{}`); got != "202 would owner-unknown" {
		t.Errorf("no id: %s", got)
	}
	status, answer = 409, `{"id":4}`
	if got := s.call("alice", "POST", "/orders", `{}`); got != "403 owner-unknown" {
		t.Errorf("an error with an object of nobody: %s", got)
	}
	knows("by-an-error", "4", "403 owner-unknown")
	status, answer = 201, `{"id":1}`
	if got := s.call("bob", "POST", "/orders", `{}`); got != "403 owner-denied" {
		t.Errorf("a second owner: %s", got)
	}
	knows("the-first-one-stays", "1", "404")
	status, answer = 201, ""
	if got := s.call("alice", "PUT", "/orders/20", `{}`); got != "201" {
		t.Errorf("PUT that makes: %s", got)
	}
	knows("by-a-put", "20", "404")
	status = 200
	if got := s.call("alice", "PUT", "/orders/21", `{}`); got != "403 owner-unknown" {
		t.Errorf("PUT that replaces what nobody owns: %s", got)
	}
	knows("by-a-put-that-replaces", "21", "403 owner-unknown")
	if got := s.call("alice", "PUT", "/orders/20", `{}`); got != "200" {
		t.Errorf("PUT that replaces: %s", got)
	}
}

// TestRuleInAnswers: the object itself says whose it is.
func TestRuleInAnswers(t *testing.T) {
	s := ready(t, gatehouse.Options{})
	answer := `{"key":"N","writer":"alice","text":"x"}`
	status := 200
	s.api = func(method, _, _ string) (int, string, string) {
		if method == "PUT" {
			return 204, "", ""
		}
		return status, "", answer
	}
	s.walk([]step{
		{"alice", "PUT", "/notes/N", `{"text":"y"}`, "403 owner-unknown"}, // nobody knows yet
		{"bob", "GET", "/notes/N", "", "403 owner-denied"},
		{"bob", "PUT", "/notes/N", `{"key":"N","writer":"bob"}`, "403 owner-unknown"}, // what the caller says is no proof
		{"alice", "GET", "/notes/N", "", "200"},
	})
	s.keeper.Flush()
	s.walk([]step{
		{"alice", "PUT", "/notes/N", `{"text":"y"}`, "204"},
		{"alice", "PUT", "/notes/N", `{"writer":"bob"}`, "403 owner-denied"},
		{"bob", "PUT", "/notes/N", `{}`, "403 owner-denied"},
		{"alice", "HEAD", "/notes/M", "", "403 owner-unknown"},
	})
	answer = `{"key":"M"}`
	s.walk([]step{{"alice", "GET", "/notes/M", "", "403 owner-unknown"}})
	status, answer = 304, ""
	s.walk([]step{{"alice", "GET", "/notes/M", "", "403 owner-unknown"}})
	answer, status = `{"key":"M","writer":"alice"}`, 200
	s.store.fail(errDown)
	s.walk([]step{{"alice", "GET", "/notes/M", "", "200"}}) // it can be learned the next time
}

// TestTenantsAndRoles: a tenant owns together, a role may reach everything.
func TestTenantsAndRoles(t *testing.T) {
	s := ready(t, gatehouse.Options{Owners: map[string]config.OwnerRule{"order": {By: config.ByTenant, Except: []string{"support"}}}})
	shop(s)
	s.walk([]step{
		{"acme/alice", "POST", "/orders", `{}`, "201"},
		{"acme/carol", "GET", "/orders/7", "", "200"},
		{"evil/alice", "GET", "/orders/7", "", "403 owner-denied"},
		{"alice", "GET", "/orders/7", "", "403 owner-denied"},
		{"x support", "GET", "/orders/7", "", "200"},
		{"x support", "GET", "/orders/99", "", "404"},
		{"x support", "POST", "/orders", `{}`, "201"},
		{"x", "GET", "/orders/8", "", "403 owner-unknown"},
	})
}

// TestUnknownIsReported: what nobody owns passes and is told of.
func TestUnknownIsReported(t *testing.T) {
	s := ready(t, gatehouse.Options{Owners: map[string]config.OwnerRule{"order": {Unknown: config.ReportUnknown}}})
	held := shop(s)
	held["50"] = `{"id":50}`
	s.walk([]step{
		{"alice", "GET", "/orders/50", "", "200 would owner-unknown would owner-unknown"},
		{"alice", "POST", "/orders", `{}`, "201"},
		{"bob", "GET", "/orders/7", "", "403 owner-denied"},
		// A PUT that has made nothing (RFC 9110 section 9.3.4) teaches nothing.
		{"bob", "PUT", "/orders/50", `{}`, "200 would owner-unknown"},
		{"alice", "GET", "/orders/50", "", "200 would owner-unknown would owner-unknown"},
		{"bob", "PUT", "/orders/51", `{}`, "201"},
		{"alice", "GET", "/orders/51", "", "403 owner-denied"},
	})
}

// TestObserve refuses nothing, says what it would, and learns.
func TestObserve(t *testing.T) {
	s := ready(t, gatehouse.Options{Settings: gatehouse.Settings{Modes: map[string]gatehouse.Mode{"owner": gatehouse.Observe}}})
	shop(s)
	hold := make(chan struct{})
	s.store.hold = hold
	s.walk([]step{{"alice", "POST", "/orders", `{}`, "201"}}) // and waits for nothing
	close(hold)
	s.keeper.Flush()
	s.walk([]step{
		{"alice", "GET", "/orders/7", "", "200"},
		{"bob", "GET", "/orders/7", "", "200 would owner-denied would owner-denied"},
		{"bob", "DELETE", "/orders/7/items/1", "", "204 would owner-denied"},
	})
	bob := s.Event
	if bob.Guard != "owner" || bob.Name != "id" || bob.Kind != "order" || bob.Caller == 0 {
		t.Errorf("%+v", s.Event)
	}
	s.walk([]step{{"carol", "DELETE", "/orders/7/items/1", "", "204 would owner-denied"}})
	if s.Event.Caller == bob.Caller || s.Event.Caller == 0 {
		t.Errorf("two callers are one: %x", s.Event.Caller)
	}
	s.walk([]step{{"bob", "GET", "/accounts/alice", "", "404 answer-error would owner-denied"}})
	if s.Event.Caller != bob.Caller || s.Event.Kind != "account" {
		t.Errorf("one caller is two, or another kind: %+v", s.Event)
	}
}

// TestStoreFails: what cannot be kept is not released, and what is known goes
// on.
func TestStoreFails(t *testing.T) {
	s := ready(t, gatehouse.Options{})
	shop(s)
	s.walk([]step{{"alice", "POST", "/orders", `{}`, "201"}})
	s.store.fail(errDown)
	s.walk([]step{{"alice", "POST", "/orders", `{}`, "503 owner-unavailable"}})
	if s.Reply["Retry-After"] == "" || !strings.Contains(s.Body, "may have been performed") || strings.Contains(s.Body, "secret") {
		t.Errorf("Retry-After %q %s", s.Reply["Retry-After"], s.Body)
	}
	s.walk([]step{
		{"alice", "GET", "/orders/7", "", "200"},
		{"bob", "GET", "/orders/7", "", "403 owner-denied"},
		{"alice", "DELETE", "/orders/7", "", "204 would owner-unavailable"},
		{"bob", "GET", "/orders/7", "", "403 owner-unknown"},
	})
	m := newMemory()
	m.fail(errDown)
	unread := newPlay(t, orders, gatehouse.Options{}, newKeeper(t, m, owner.KeeperOptions{}), m)
	shop(unread)
	unread.walk([]step{{"alice", "GET", "/orders/7", "", "503 owner-unavailable"}, {"alice", "POST", "/orders", `{}`, "503 owner-unavailable"}})
}

// TestFull: nothing is evicted; new objects are unknown.
func TestFull(t *testing.T) {
	m := newMemory()
	s := newPlay(t, orders, gatehouse.Options{}, newKeeper(t, m, owner.KeeperOptions{Max: 2}), m)
	shop(s)
	for range 4 {
		s.walk([]step{{"alice", "POST", "/orders", `{}`, "201"}})
	}
	s.walk([]step{
		{"alice", "GET", "/orders/7", "", "200"}, {"alice", "GET", "/orders/8", "", "200"}, {"alice", "GET", "/orders/9", "", "403 owner-unknown"},
		{"alice", "DELETE", "/orders/7", "", "204"}, {"alice", "POST", "/orders", `{}`, "201"}, {"alice", "GET", "/orders/11", "", "200"},
	})
	if s.keeper.Stats().Refused != 2 {
		t.Errorf("%d had no room", s.keeper.Stats().Refused)
	}
}

// TestOtherNodes learn what one has learned, at once where they share a store.
func TestOtherNodes(t *testing.T) {
	m := newMemory()
	h := &hasher{versions: []uint32{1}}
	a := newPlay(t, orders, gatehouse.Options{}, newKeeper(t, m, owner.KeeperOptions{Shared: true, Hash: h}), m)
	b := newPlay(t, orders, gatehouse.Options{}, newKeeper(t, m, owner.KeeperOptions{Shared: true, Hash: h}), m)
	held := shop(a)
	b.api = a.api
	a.walk([]step{{"alice", "POST", "/orders", `{}`, "201"}})
	b.walk([]step{{"alice", "GET", "/orders/7", "", "200"}, {"bob", "GET", "/orders/7", "", "403 owner-denied"}})
	a.walk([]step{{"alice", "DELETE", "/orders/7", "", "204"}})
	m.wake()
	b.keeper.Await(t.Context())
	held["7"] = `{"id":7}`
	b.walk([]step{{"alice", "GET", "/orders/7", "", "403 owner-unknown"}})
	m.fail(errDown)
	b.walk([]step{{"alice", "GET", "/orders/99", "", "503 owner-unavailable"}})
}

// TestRotatedKey: what was learned under an older key is still known.
func TestRotatedKey(t *testing.T) {
	m := newMemory()
	h := &hasher{versions: []uint32{1}}
	s := newPlay(t, orders, gatehouse.Options{}, newKeeper(t, m, owner.KeeperOptions{Hash: h}), m)
	shop(s)
	s.walk([]step{{"alice", "POST", "/orders", `{}`, "201"}})
	h.versions = []uint32{2, 1}
	s.walk([]step{
		{"alice", "GET", "/orders/7", "", "200"}, {"bob", "GET", "/orders/7", "", "403 owner-denied"},
		{"alice", "POST", "/orders", `{}`, "201"}, {"alice", "GET", "/orders/8", "", "200"},
		{"alice", "DELETE", "/orders/7", "", "204"}, {"alice", "GET", "/orders/7", "", "403 owner-unknown"},
	})
	h.versions = []uint32{3, 2, 1}
	api := s.api
	s.api = func(method, path, body string) (int, string, string) {
		if method == "POST" {
			return 201, "/orders/8", "" // again, and nothing of the answer can be judged
		}
		return api(method, path, body)
	}
	s.walk([]step{{"bob", "POST", "/orders", `{}`, "201 would owner-denied"}, {"bob", "GET", "/orders/8", "", "403 owner-denied"}, {"alice", "GET", "/orders/8", "", "200"}})
}
