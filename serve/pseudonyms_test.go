package serve

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/record/pseudonym"
	"github.com/gatehouse-api/gatehouse/trust"
)

// fileOf writes a gatehouse.yaml with a record and returns its name.
func fileOf(t *testing.T, record string) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "gatehouse.yaml")
	text := "version: 1\nlisteners: [{address: 127.0.0.1:0}]\napis: [{contract: a.yaml, upstreams: [{url: http://127.0.0.1:1}]}]\nstore: {}\n" +
		"credentials:\n  - {name: idp, jwt: {issuer: https://id.example.com, audience: [shop], jwks: {file: keys.json}}}\n  - {name: clients, keys: {pepper: \"${file:key.txt}\"}}\n" + record
	for name, text := range map[string]string{file: text, filepath.Join(dir, "a.yaml"): contractOf("A", "/a"), filepath.Join(dir, "key.txt"): "the present key of 32 characters"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return file
}

// TestNames: by a subject alone the caller of any credential is found, by a whole
// name that one.
func TestNames(t *testing.T) {
	n, err := SeeNames(t.Context(), fileOf(t, "record: {pseudonyms: {key: \"${file:key.txt}\"}}\n"))
	if err != nil || n == nil {
		t.Fatal(err)
	}
	m := pseudonym.New(pseudonym.FromSecrets([]trust.Secret{trust.NewSecret("the present key of 32 characters")}), true)
	hash := func(what gate.Named, name string) string { return m.Of(m.Key(), what, name).String() }
	for name, ids := range map[string][]string{
		"alice":                  {"https://id.example.com|alice", "idp|alice", "gatehouse|alice", "alice"},
		"0123456789ab":           {"gatehouse|key:0123456789ab"},
		"spiffe://example.org/a": {"spiffe://example.org|spiffe://example.org/a", "https://id.example.com|spiffe://example.org/a"},
		"other|alice":            {"other|alice"},
	} {
		list := n.Callers(name)
		for _, id := range ids {
			if !slices.Contains(list, hash(gate.NamedCaller, id)) {
				t.Errorf("%s does not find %s", name, id)
			}
		}
	}
	if !slices.Contains(n.Callers("Alice@Example.COM "), hash(gate.NamedAccount, "alice@example.com")) {
		t.Error("an account is not found in another spelling")
	}
	if slices.Contains(n.Callers("other|alice"), hash(gate.NamedCaller, "https://id.example.com|other|alice")) {
		t.Error("a whole name is taken for a subject")
	}
	if list := n.Addresses("203.0.113.7"); list != nil {
		t.Errorf("addresses have hashes that nobody asked for: %v", list)
	}
}

// TestNamesThatNobodyKnows: no key is made up in the place of one that is not there.
func TestNamesThatNobodyKnows(t *testing.T) {
	if n, err := SeeNames(t.Context(), fileOf(t, "record: {events: none}\n")); n != nil || err != nil {
		t.Errorf("%v, %v", n, err)
	}
	for _, record := range []string{"record: {pseudonyms: {key: \"${file:nowhere.txt}\"}}\n", "record: {pseudonyms: {key: \"${file:key.txt}\", former_keys: [\"${file:nowhere.txt}\"]}}\n",
		"record: {pseudonyms: {}}\ntrust: {keys_file: gate.keys, key: {passphrase: \"${file:nowhere.txt}\"}}\n", "record: {pseudonyms: {}}\ntrust: {keys_file: gate.keys, key: {passphrase: \"${file:key.txt}\"}}\n"} {
		if n, err := SeeNames(t.Context(), fileOf(t, record)); n != nil || err == nil {
			t.Errorf("%s: %v, %v", record, n, err)
		}
	}
}
