package owner_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/guard/owner"
)

// TestShared: those whom the object names may read it, and nothing else.
func TestShared(t *testing.T) {
	text := strings.Replace(orders, "text: {type: string}\n        earlier:", "text: {type: string}\n        readers: {type: array, items: {type: string}}\n        earlier:", 1)
	m := newMemory()
	s := newPlay(t, text, gatehouse.Options{Owners: map[string]config.OwnerRule{"order": {Shared: []string{"Order/readers/*"}}}}, newKeeper(t, m, owner.KeeperOptions{}), m)
	held := shop(s)
	s.walk([]step{{"alice", "POST", "/orders", `{}`, "201"}})
	held["7"] = `{"id":7,"readers":["bob","idp|carol"],"text":"x"}`
	held["8"] = `{"id":8,"readers":["dave"],"earlier":[{"id":7,"readers":["bob"]}]}`
	s.walk([]step{
		{"alice", "GET", "/orders/7", "", "200"},
		{"bob", "GET", "/orders/7", "", "200"},
		{"carol", "GET", "/orders/7", "", "200"},
		{"dave", "GET", "/orders/7", "", "403 owner-denied"},
		{"", "GET", "/orders/7", "", "403 owner-denied"},
		{"bob", "HEAD", "/orders/7", "", "403 owner-denied"},
		{"bob", "PUT", "/orders/7", `{}`, "403 owner-denied"},
		{"bob", "DELETE", "/orders/7", "", "403 owner-denied"},
		{"bob", "GET", "/orders/8", "", "403 owner-unknown"},  // what lies in it is shared, it is not
		{"bob", "PUT", "/orders/7", `{}`, "403 owner-denied"}, // reading has taught nothing
	})
	held["7"] = ""
	s.walk([]step{{"dave", "GET", "/orders/7", "", "404"}})
	if _, problems := compile(t, text, gatehouse.Options{Owners: map[string]config.OwnerRule{"order": {Shared: []string{"/orders/{id}"}}}}, s.keeper); !strings.Contains(problems.Error(), "is no property of an answer") {
		t.Error(problems)
	}
}

// TestBegin: a gate whose store was read once knows what is nobody's.
func TestBegin(t *testing.T) {
	m := newMemory()
	k := owner.NewKeeper(owner.KeeperOptions{Store: m, Hash: &hasher{versions: []uint32{1}}, Max: 1000})
	s := newPlay(t, orders, gatehouse.Options{}, k, m)
	shop(s)
	s.walk([]step{{"alice", "GET", "/orders/7", "", "503 owner-unavailable"}})
	k.Begin(t.Context())
	s.walk([]step{{"alice", "GET", "/orders/7", "", "403 owner-unknown"}})
}
