package serve

import (
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
