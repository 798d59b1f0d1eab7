package owner_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/guard/owner"
)

func registrar(m *memory) *owner.Registrar {
	return &owner.Registrar{API: "Orders", Store: m, Hash: &hasher{versions: []uint32{1}},
		Kinds: map[string]owner.Kind{"order": {Name: "order", Number: true}, "note": {Name: "note", By: owner.ByTenant}}}
}

// TestImport tells the gate of what was there before it: the guard finds it.
func TestImport(t *testing.T) {
	for name, text := range map[string]string{
		"csv":   "kind,id,owner\norder,7,idp|alice\norder,008,idp|bob\norder,7,idp|bob\norder,x,idp|bob\nshoe,1,idp|bob\norder,9,\nnote,N,acme\n\"a\n",
		"order": "owner,type,id\nidp|alice,order,7\nidp|bob,order,008\nidp|bob,order,7\nidp|bob,order,x\nidp|bob,shoe,1\n,order,9\nacme,note,N\n1\n",
		"json": `{"kind":"order","id":7,"owner":"idp|alice"}
{"type":"order","id":"8.0e0","owner":"idp|bob"}
{"kind":"order","id":"7","owner":"idp|bob"}
{"kind":"order","id":"x","owner":"idp|bob"}
{"kind":"shoe","id":1,"owner":"idp|bob"}
{"kind":"order","id":9}
{"kind":"note","id":"N","owner":"acme"}
{"kind":"order","id":[1],"owner":"idp|bob"}`,
	} {
		t.Run(name, func(t *testing.T) {
			m := newMemory()
			done, err := registrar(m).Import(t.Context(), strings.NewReader(text))
			if err != nil || done.Lines != 3 || done.Kept != 2 || done.Conflicts != 1 || done.Wrong != 5 || len(done.First) != 6 {
				t.Fatalf("%+v %v", done, err)
			}
			s := newPlay(t, orders, gatehouse.Options{}, newKeeper(t, m, owner.KeeperOptions{}), m)
			s.api = func(string, string, string) (int, string, string) { return 404, "", "" }
			s.walk([]step{
				{"alice", "GET", "/orders/7", "", "404"}, {"bob", "GET", "/orders/8", "", "404"},
				{"bob", "GET", "/orders/7", "", "403 owner-denied"}, {"bob", "GET", "/orders/9", "", "403 owner-unknown"},
			})
			if err := registrar(m).Forget(t.Context(), "order", "07"); err != nil {
				t.Fatal(err)
			}
			m.wake()
			s.keeper.Await(t.Context())
			s.walk([]step{{"alice", "GET", "/orders/7", "", "403 owner-unknown"}})
		})
	}
	for name, text := range map[string]string{"empty": "", "columns": "kind,id\n", "column": "kind,id,owner,name\n", "twice": "kind,kind,owner\n", "long": "{" + strings.Repeat(" ", 70_000) + "}\n"} {
		if _, err := registrar(newMemory()).Import(t.Context(), strings.NewReader(text)); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}

// TestImportMany goes through in batches, and tells how far it is.
func TestImportMany(t *testing.T) {
	var b strings.Builder
	b.WriteString("kind,id,owner\n")
	for i := range 25_000 {
		fmt.Fprintf(&b, "order,%d,idp|alice\n", i)
	}
	m, told := newMemory(), []int(nil)
	r := registrar(m)
	r.Progress = func(n int) { told = append(told, n) }
	done, err := r.Import(t.Context(), strings.NewReader(b.String()))
	if err != nil || done.Kept != 25_000 || m.wrote != 2 || fmt.Sprint(told) != "[20000 25000]" {
		t.Errorf("%+v %v, %d transactions, told %v", done, err, m.wrote, told)
	}
	m.fail(errDown)
	if done, err := r.Import(t.Context(), strings.NewReader(b.String())); err == nil || done.Kept != 0 {
		t.Errorf("%+v %v", done, err)
	}
}

// FuzzImport: every line is counted once, whatever it holds, and ends.
func FuzzImport(f *testing.F) {
	for _, text := range []string{"kind,id,owner\norder,7,a\n", "{\"kind\":\"order\",\"id\":7,\"owner\":\"a\"}\n", "kind,id,owner\n\"", "{}\n\n{", "id,owner,type\n1,2\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		done, err := registrar(newMemory()).Import(t.Context(), strings.NewReader(text))
		if err != nil {
			return
		}
		if done.Kept+done.Conflicts != done.Lines || done.Lines+done.Wrong > strings.Count(text, "\n")+1 || (done.Wrong+done.Conflicts > 0) != (len(done.First) > 0) {
			t.Errorf("%+v of %q", done, text)
		}
	})
}

// TestImportAfterRotation: a line about an object that is owned under an older
// key meets its owner.
func TestImportAfterRotation(t *testing.T) {
	m := newMemory()
	before := registrar(m)
	if done, err := before.Import(t.Context(), strings.NewReader("kind,id,owner\norder,7,idp|alice\n")); err != nil || done.Kept != 1 {
		t.Fatalf("%+v %v", done, err)
	}
	now := registrar(m)
	now.Hash = &hasher{versions: []uint32{2, 1}}
	done, err := now.Import(t.Context(), strings.NewReader("kind,id,owner\norder,7,idp|bob\norder,7,idp|alice\norder,8,idp|bob\norder,9,bob\n"))
	if err != nil || done.Kept != 2 || done.Conflicts != 1 || done.Wrong != 1 {
		t.Fatalf("%+v %v", done, err)
	}
}
