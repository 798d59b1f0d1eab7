package serve

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/store"
)

// storedOn is a configuration of a gate that is administered, whose store is on a
// disk.
func storedOn(api, folder string) string {
	return one("keyed.yaml", api) + strings.Replace(administered, "store: {}", fmt.Sprintf("store: {sqlite: {path: %q}}", filepath.Join(folder, "gatehouse.db")), 1) + "locks: {disabled: true}\n"
}

// TestStoreOnAFullDisk fills the disk of the store: who may call is known as
// before, no change is acknowledged, and all goes on by itself once there is room.
func TestStoreOnAFullDisk(t *testing.T) {
	disk := testdata.NewDisk(t, 32<<20)
	api, _ := upstreamOf(t)
	h := openHouse(t, storedOn(api, disk.Path), func(c *Config) {
		for name, text := range map[string]string{"pepper": pepperOfTests, "keyed.yaml": keyed} {
			if err := os.WriteFile(filepath.Join(filepath.Dir(c.File), name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	})
	o := &office{h, strings.TrimSpace(h.text("first.txt"))}
	o.until(200, "GET", "/v1/status", o.first, "")
	const keys = "/v1/environments/live/keys"
	make := func() (secret, id string) {
		t.Helper()
		status, found := o.call("POST", keys, o.first, `{"name":"a client"}`)
		if status != 201 {
			t.Fatal(status, found)
		}
		secret, id = o.made(found)
		eventually(t, func() bool { return answerTo(t, o.URL()+"/orders", secret) == "200" })
		return secret, id
	}
	good, id := make()
	void, voidID := make()
	if status, found := o.call("POST", keys+"/"+voidID+"/revoke", o.first, ""); status >= 300 {
		t.Fatal(status, found)
	}
	eventually(t, func() bool { return answerTo(t, o.URL()+"/orders", void) == "401" })

	disk.Fill()
	for range 3 {
		for path, body := range map[string]string{keys: `{"name":"n"}`, keys + "/" + id + "/rotate": `{"overlap_seconds":1}`, keys + "/" + id + "/revoke": "", "/v1/revocations": `{"kind":"subject","value":"somebody"}`, "/v1/admins": `{"name":"n","role":"viewer"}`} {
			if status, found := o.call("POST", path, o.first, body); status != 503 || found["code"] != "store-unavailable" || found["secret"] != nil {
				t.Errorf("POST %s: %d %v", path, status, found)
			}
		}
		if a, b := answerTo(t, o.URL()+"/orders", good), answerTo(t, o.URL()+"/orders", void); a != "200" || b != "401" {
			t.Errorf("a good key gets %s, a void one %s", a, b)
		}
	}
	h.said("changes cannot be kept in the store")
	h.said("there is no room on the disk of " + filepath.Join(disk.Path, "gatehouse.db") + ": make room, and the store goes on by itself")
	if _, found := o.call("GET", keys+"/"+id, o.first, ""); found["state"] != "good" {
		t.Errorf("a key that was not revoked: %v", found)
	}

	disk.Empty()
	fresh, _ := make()
	h.said("changes are kept in the store again")
	if status, found := o.call("POST", keys+"/"+id+"/revoke", o.first, ""); status >= 300 {
		t.Error(status, found)
	}
	eventually(t, func() bool { return answerTo(t, o.URL()+"/orders", good) == "401" })
	if err := h.Stop(); err != nil {
		t.Error(err)
	}
	p := h.open()
	defer p.Stop()
	for key, want := range map[string]string{good: "401", void: "401", fresh: "200"} {
		if got := answerTo(t, p.URL()+"/orders", key); got != want {
			t.Errorf("after the next start %s, want %s", got, want)
		}
	}
}

// TestStartOnAFullDisk starts no gate where its store finds no room, and says what
// to do.
func TestStartOnAFullDisk(t *testing.T) {
	disk := testdata.NewDisk(t, 16<<20)
	disk.Fill()
	h := &house{t: t, dir: t.TempDir()}
	h.write("planted", planted)
	h.write("pepper", pepperOfTests)
	h.write("keyed.yaml", keyed)
	h.write("gatehouse.yaml", storedOn("http://127.0.0.1:1", disk.Path))
	p, err := Start(Config{File: filepath.Join(h.dir, "gatehouse.yaml"), Stderr: &h.log, Poll: -1})
	if err == nil {
		p.Stop()
		t.Fatal("a gate started without a store")
	}
	for _, want := range []string{"gatehouse.yaml:", store.ErrUnavailable.Error(), "no room on the disk of " + filepath.Join(disk.Path, "gatehouse.db") + ": make room"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
	disk.Empty()
	h.open().Stop()
}
