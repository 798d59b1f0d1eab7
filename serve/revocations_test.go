package serve

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/trust/revocation"
)

// TestNoRoomForRevocations: what the gate cannot hold is not taken by its API of
// administration, and raises an alarm when it comes from elsewhere, for as long
// as there is no room.
func TestNoRoomForRevocations(t *testing.T) {
	api, _ := upstreamOf(t)
	h := openHouse(t, one("keyed.yaml", api)+administered, func(c *Config) {
		c.revocations = 2
		for name, text := range map[string]string{"pepper": pepperOfTests, "keyed.yaml": keyed} {
			(&house{t: t, dir: filepath.Dir(c.File)}).write(name, text)
		}
	})
	defer h.Stop()
	text, err := os.ReadFile(filepath.Join(h.dir, "first.txt"))
	if err != nil {
		t.Fatal(err)
	}
	o := &office{h, strings.TrimSpace(string(text))}
	revoke := func(name string) (int, any) {
		status, answer := o.call("POST", "/v1/revocations", o.first, `{"kind":"subject","value":"`+name+`"}`)
		return status, answer["code"]
	}
	table := h.reader.credentials.revocations
	held := func(n int) {
		t.Helper()
		for limit := time.Now().Add(10 * time.Second); table.Len() != n; time.Sleep(time.Millisecond) {
			if time.Now().After(limit) {
				t.Fatalf("%d are held, not %d", table.Len(), n)
			}
		}
	}
	for i, name := range []string{"ann", "bob"} {
		if status, code := revoke(name); status != 201 {
			t.Fatal(name, status, code)
		}
		held(i + 1)
	}
	if status, code := revoke("cid"); status != 507 || code != "revocations-full" {
		t.Errorf("one too many: %d %v", status, code)
	}
	if status, code := revoke("ann"); status != 201 {
		t.Errorf("one that is there: %d %v", status, code)
	}
	var names []string
	s := h.reader.keeper.Store
	err = s.Revocations(t.Context(), 0, func(r store.Revocation) error { names = append(names, r.Value); return nil })
	if slices.Sort(names); err != nil || !slices.Equal(names, []string{"ann", "bob"}) {
		t.Errorf("the store has %v, %v", names, err)
	}

	// Another gate, with more room, takes something back.
	if err := s.Revoke(t.Context(), store.Revocation{Kind: store.RevokedSubject, Value: "dan", At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	h.said("credentials were taken back and are good all the same")
	if n := h.snapshot().Unrevoked; n != 1 {
		t.Errorf("%d are missing, says the metric", n)
	}
	if strings.Contains(h.log.String(), "dan") {
		t.Error("the log names a person")
	}
	table.Lift(revocation.Subject, "", "ann", time.Now())
	if _, err := h.reader.keeper.revocations(t.Context(), 0, table, h.Program.log); err != nil {
		t.Fatal(err)
	}
	if n := h.snapshot().Unrevoked; n != 1 { // ann is back, or dan is there
		t.Errorf("%d are missing, says the metric", n)
	}
	// ann lapses, and there is room.
	if err := s.Revoke(t.Context(), store.Revocation{Kind: store.RevokedSubject, Value: "eve", At: time.Now(), Expires: time.Now().Add(-time.Second)}); err != nil {
		t.Fatal(err)
	}
	table.Lift(revocation.Subject, "", "ann", time.Now())
	big := revocation.New(0)
	if _, err := h.reader.keeper.revocations(t.Context(), 0, big, h.Program.log); err != nil || big.Missing() != 0 || big.Len() != 3 {
		t.Errorf("where there is room, %d are held and %d missing: %v", big.Len(), big.Missing(), err)
	}
}
