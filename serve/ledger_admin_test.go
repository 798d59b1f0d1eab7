package serve

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// openRecordedOffice opens a gate that is administered and has a ledger, of
// whose disk as much stays free as is said.
func openRecordedOffice(t *testing.T, free string) *office {
	t.Helper()
	api, _ := upstreamOf(t)
	file := strings.Replace(one("keyed.yaml", api), "record: {events: none}", "record: {events: none, ledger: {name: test.example/gate-1, keep_free: "+free+"}}\ntrust: {keys_file: gate.keys, key: {passphrase: \"${file:passphrase}\"}}", 1) + administered
	h := openHouse(t, file, func(c *Config) {
		for name, text := range map[string]string{"pepper": pepperOfTests, "keyed.yaml": keyed, "passphrase": "a passphrase of many words, for tests alone"} {
			if err := os.WriteFile(filepath.Join(filepath.Dir(c.File), name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	})
	return &office{h, strings.TrimSpace(h.text("first.txt"))}
}

// TestLedgerOfAdministration: what is changed through the API of administration
// is on record before it is done.
func TestLedgerOfAdministration(t *testing.T) {
	o := openRecordedOffice(t, "16MiB")
	if status, found := o.call("POST", "/v1/environments/live/keys", o.first, `{"name":"n"}`); status != 201 {
		t.Fatalf("%d %v", status, found)
	}
	if status, _ := o.call("GET", "/v1/environments/live/keys", o.first, ""); status != 200 {
		t.Fatal(status)
	}
	if err := o.Stop(); err != nil {
		t.Fatal(err)
	}
	list := o.entries(t, o.Program)
	for _, want := range []string{"intent", "outcome", "exchange"} {
		if n := len(slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s != want+" /v1/environments/{environment}/keys" })); n != 1 {
			t.Errorf("%d entries of %s in %q", n, want, list)
		}
	}
}

// TestLedgerOfChanges: starts, stops, reloads with the digests of what serves
// since, and who changed what in the store, are on record when they are answered.
func TestLedgerOfChanges(t *testing.T) {
	o := openRecordedOffice(t, "16MiB")
	first := digestOf(o.text("gatehouse.yaml"))
	status, found := o.call("POST", "/v1/environments/live/keys", o.first, `{"name":"n"}`)
	if status != 201 {
		t.Fatalf("%d %v", status, found)
	}
	_, id := o.made(found)
	o.write("keyed.yaml", strings.Replace(o.text("keyed.yaml"), "title: ", "title: Other ", 1))
	o.write("gatehouse.yaml", o.text("gatehouse.yaml")+"# another one\n")
	o.reload("a test", false)
	second := digestOf(o.text("gatehouse.yaml"))
	o.write("gatehouse.yaml", "nothing")
	o.reload("another test", false)
	if err := o.Stop(); err != nil {
		t.Fatal(err)
	}
	var list []string
	by := ""
	for _, e := range o.changes(t, o.Program) {
		list = append(list, strings.TrimSpace(e.Act.String()+" "+e.On+" "+e.Why))
		if e.On == id {
			by = e.By
		}
	}
	slices.Sort(list)
	want := []string{"started " + first, "adopted keyed.yaml " + digestOf(keyed), "key-made " + id, "reloaded " + second + " a test",
		"adopted keyed.yaml " + digestOf(o.text("keyed.yaml")), "reload-refused " + digestOf("nothing") + " another test", "stopped " + second}
	if !slices.ContainsFunc(list, func(s string) bool { return strings.HasPrefix(s, "trust-made pepper 1, owners 1, ") }) {
		t.Error("how the gate came to its own keys is not on record")
	}
	for _, w := range want {
		if !slices.Contains(list, w) {
			t.Errorf("no %q", w)
		}
	}
	if len(list) != len(want)+2 || by == "" { // and the first credential, which the gate makes
		t.Errorf("by %q, %d entries: %q", by, len(list), list)
	}
}

func digestOf(text string) string { return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(text))) }

// TestReloadWithoutRoom: a change that cannot be on record is not taken over.
func TestReloadWithoutRoom(t *testing.T) {
	o := openRecordedOffice(t, "1024GiB")
	o.write("keyed.yaml", strings.Replace(o.text("keyed.yaml"), "title: ", "title: Other ", 1))
	if o.Reload() {
		t.Error("it was taken over")
	}
	o.said("the change cannot be on record: the ledger has no room on its disk")
	o.said("what happened to the gate is not on record (started)")
}

// TestAdministrationWithoutRoom: what cannot be on record is not done.
func TestAdministrationWithoutRoom(t *testing.T) {
	o := openRecordedOffice(t, "1024GiB")
	status, found := o.call("POST", "/v1/environments/live/keys", o.first, `{"name":"n"}`)
	if status != 503 || found["code"] != "audit-unavailable" {
		t.Errorf("%d %v", status, found)
	}
	if status, found := o.call("GET", "/v1/environments/live/keys", o.first, ""); status != 200 || len(found["keys"].([]any)) != 0 {
		t.Errorf("%d %v", status, found)
	}
}
