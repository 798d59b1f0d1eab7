package source_test

import (
	"crypto/sha256"
	"path/filepath"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// TestReadings wants every file once, with what it held when it was read, and
// those that are not there as well.
func TestReadings(t *testing.T) {
	api := folder(t)
	set, main, err := source.Open(filepath.Join(api, "main.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, ref := range []string{"sub/pets.yaml", "sub/../sub/pets.yaml", "missing.yaml", "bad.json"} {
		set.Refer(main, ref)
	}
	want := map[string][sha256.Size]byte{
		"bad.json": sha256.Sum256([]byte("{")), "main.yaml": sha256.Sum256([]byte("a: 1\n")), "missing.yaml": {},
		"sub/pets.yaml": sha256.Sum256([]byte("b: 2\n")),
	}
	list := set.Readings()
	if len(list) != len(want) {
		t.Errorf("%d files, want %d", len(list), len(want))
	}
	for _, r := range list {
		name, _ := filepath.Rel(api, r.Name)
		if sum, ok := want[name]; !ok || sum != r.Sum {
			t.Errorf("%s: %x, want %x", name, r.Sum, sum)
		}
	}
	if list := source.NewSet(main).Readings(); len(list) != 0 {
		t.Errorf("a set without a folder has %d files", len(list))
	}
}
