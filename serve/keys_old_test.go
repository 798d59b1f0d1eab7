package serve

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/apikey"
	"github.com/gatehouse-api/gatehouse/trust/keys"
	"github.com/gatehouse-api/gatehouse/trust/seal"
	"github.com/gatehouse-api/gatehouse/trust/wrap"
)

// openOldKeys has keys of two versions each, and a store that is empty or has a
// value that the earlier one sealed.
func openOldKeys(t *testing.T, sealed bool) *oldKeys {
	t.Helper()
	dir := t.TempDir()
	s, err := store.Open(store.Settings{SQLite: filepath.Join(dir, "store.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	k, err := keys.Open(t.Context(), keys.File(filepath.Join(dir, "gate.keys")), wrap.Passphrase(trust.NewSecret("correct horse battery")))
	if err != nil {
		t.Fatal(err)
	}
	if sealed {
		if err := s.SetSecretSetting(t.Context(), k.Data(), "a", []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.Rotate(t.Context(), keys.Names...); err != nil {
		t.Fatal(err)
	}
	return &oldKeys{&kept{config: &config.Config{}, keys: k}, s}
}

// TestOldKeysThatAreNeeded: a version goes when nothing needs it, and not before.
func TestOldKeysThatAreNeeded(t *testing.T) {
	k := openOldKeys(t, true)
	ctx := t.Context()
	pepper := apikey.NewPepper(k.keys.MAC(keys.Pepper).Derive(pepperPurpose)[1])
	if err := k.store.AddKey(ctx, &store.Key{ID: "a", Environment: "live", Hash: []byte{1}, Pepper: pepper.ID(), Created: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if _, err := k.store.KeepOwners(ctx, []store.Owned{{Object: store.OwnerHash{1}, Owner: store.OwnerHash{2}, Version: 1}, {Object: store.OwnerHash{3}, Owner: store.OwnerHash{2}, Version: 1}}); err != nil {
		t.Fatal(err)
	}
	because := func(step string, want map[keys.Name]string) {
		t.Helper()
		list := k.old()
		if len(list) != len(want) {
			t.Fatalf("%s: %+v", step, list)
		}
		for i := range list {
			o := &list[i]
			if err := k.destroy(ctx, o, true, time.Now()); err != nil {
				t.Fatal(step, err)
			}
			if o.Because != want[o.Key] || o.Destroyed != (o.Because == "") || o.Destroyed == (o.Hint != "") {
				t.Errorf("%s: %+v", step, o)
			}
		}
	}
	because("all", map[keys.Name]string{keys.Pepper: "1 API key needs it", keys.Owners: "2 objects need it", keys.Data: "1 sealed value needs it", keys.Nonces: "", keys.Callers: "", keys.Tokens: ""})
	if err := k.store.RevokeKey(ctx, "a", time.Now().Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
	because("the key is void", map[keys.Name]string{keys.Pepper: "", keys.Owners: "2 objects need it", keys.Data: "1 sealed value needs it"})
	if err := k.store.ForgetOwners(ctx, []store.Owned{{Object: store.OwnerHash{1}}, {Object: store.OwnerHash{3}}}); err != nil {
		t.Fatal(err)
	}
	because("the objects are gone", map[keys.Name]string{keys.Owners: "", keys.Data: "1 sealed value needs it"})
	if p, err := seal.Reseal(ctx, k.keys.Ring(), k.store.Secrets(), seal.Progress{}, nil); err != nil || p.Resealed != 1 {
		t.Fatal(p, err)
	}
	because("it is sealed anew", map[keys.Name]string{keys.Data: ""})
	if v, err := k.store.SecretSetting(ctx, k.keys.Data(), "a"); err != nil || string(v) != "x" {
		t.Errorf("%q, %v", v, err)
	}
	because("nothing", map[keys.Name]string{})
	for _, s := range k.keys.Status() {
		if len(s.Versions) != 1 || s.Name != keys.Data && s.Versions[0].Version != 2 {
			t.Errorf("%+v", s)
		}
	}
}

// TestOldKeysThatAreYoung: what a gate may still make something with is kept.
func TestOldKeysThatAreYoung(t *testing.T) {
	k := openOldKeys(t, false)
	for _, row := range []struct {
		after time.Duration
		gone  int // of six
	}{{0, 0}, {50 * time.Second, 0}, {70 * time.Second, 4}, {59 * time.Minute, 0}, {61 * time.Minute, 2}} {
		gone := 0
		list := k.old()
		for i := range list {
			o := &list[i]
			if err := k.destroy(t.Context(), o, false, time.Now().Add(row.after)); err != nil {
				t.Fatal(err)
			}
			if o.Destroyed {
				gone++
			} else if !strings.Contains(o.Because, "the next version was made ") {
				t.Errorf("%+v", o)
			}
		}
		if gone != row.gone {
			t.Errorf("after %v: %d are gone, want %d", row.after, gone, row.gone)
		}
	}
}

// TestOldKeysOfNames: a version stays while events are kept that are found by name
// with it.
func TestOldKeysOfNames(t *testing.T) {
	k := openOldKeys(t, false)
	k.config.Record = config.Record{Pseudonyms: &config.Pseudonyms{}, Archive: &config.Archive{MaxAge: 7 * 24 * time.Hour}}
	o := OldKey{Key: keys.Callers, Version: "1", number: 1}
	for _, row := range []struct {
		after time.Duration
		gone  bool
	}{{time.Hour, false}, {6 * 24 * time.Hour, false}, {8 * 24 * time.Hour, true}} {
		o.Because, o.Hint = "", ""
		if err := k.destroy(t.Context(), &o, false, time.Now().Add(row.after)); err != nil {
			t.Fatal(err)
		}
		if o.Destroyed != row.gone || !row.gone && (o.Because != "1 record of events needs it" || !strings.Contains(o.Hint, "7 days old")) {
			t.Errorf("after %v: %+v", row.after, o)
		}
	}
}

// TestPickedVersions: the newest stays, and what there is not is named.
func TestPickedVersions(t *testing.T) {
	all := []keys.Status{{Name: keys.Pepper, Versions: []keys.VersionStatus{{Version: 3, Text: "3"}, {Version: 1, Text: "1"}}}, {Name: keys.Owners, Versions: []keys.VersionStatus{{Version: 1, Text: "1"}}}}
	old := []OldKey{{Key: keys.Pepper, Version: "1"}}
	for _, row := range [][3]string{
		{"pepper", "1", ""},
		{"pepper", "3", "version 3 of pepper is the newest, and stays"},
		{"pepper", "2", "pepper has no version of this name"},
		{"owners", "1", "is the newest, and stays"},
		{"owners", "7", "owners has no earlier versions"},
	} {
		found, complaint := pick(old, Destruction{Key: row[0], Version: row[1]}, all)
		if (found != nil) != (row[2] == "") || complaint != nil && !strings.Contains(complaint.Text, row[2]) {
			t.Errorf("%v: %v %v", row, found, complaint)
		}
	}
}
