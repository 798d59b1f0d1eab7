package serve

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/ledger"
	"github.com/gatehouse-api/gatehouse/ledger/checkpoint"
)

// witnessing is a gate with a ledger, which is a witness as well.
func witnessing(t *testing.T, n int) *office {
	t.Helper()
	api, _ := upstreamOf(t)
	file := strings.Replace(one("keyed.yaml", api), "record: {events: none}", fmt.Sprintf("record: {events: none, ledger: {name: test.example/gate-%d}}\ntrust: {keys_file: gate.keys, key: {passphrase: \"${file:passphrase}\"}}", n), 1) + administered
	h := openHouse(t, file, func(c *Config) {
		for name, text := range map[string]string{"pepper": pepperOfTests, "keyed.yaml": keyed, "passphrase": "a passphrase of many words, for tests alone"} {
			if err := os.WriteFile(filepath.Join(filepath.Dir(c.File), name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	})
	return &office{h, strings.TrimSpace(h.text("first.txt"))}
}

// with puts settings into the configuration of a gate, and has it reloaded.
func (o *office) with(old, text string) {
	o.t.Helper()
	o.write("gatehouse.yaml", strings.Replace(o.text("gatehouse.yaml"), old, text, 1))
	if !o.Reload() {
		o.t.Fatal(o.log.String())
	}
}

// TestTwoGatesWitnessEachOther: each has its ledger cosigned by the other, over
// the API of administration, and comes to rest.
func TestTwoGatesWitnessEachOther(t *testing.T) {
	a, b := witnessing(t, 1), witnessing(t, 2)
	for i, one := range []*office{a, b} {
		other := []*office{b, a}[i]
		one.with("admin: {", fmt.Sprintf("admin: {witness: {name: test.example/witness-%d, logs: [%q]}, ", i+1, strings.TrimSpace(other.text("state/ledger/vkey"))))
	}
	for i, one := range []*office{a, b} {
		other := []*office{b, a}[i]
		one.with(fmt.Sprintf("gate-%d}", i+1), fmt.Sprintf("gate-%d, witnesses: [{key: %q, url: %q}]}", i+1, strings.TrimSpace(other.text("state/witness/vkey")), other.AdminURL()+"/v1/witness"))
	}
	for _, one := range []*office{a, b} {
		if status, found := one.call("POST", "/v1/environments/live/keys", one.first, `{"name":"n"}`); status != 201 {
			t.Fatalf("%d %v", status, found)
		}
	}
	for _, one := range []*office{a, b} {
		eventually(t, func() bool {
			one.ask()
			s := one.snapshot().Ledger
			return s.Cosigned > 0 && s.Cosigned == s.Synced && len(s.Witnesses) == 1 && s.Witnesses[0].Up
		})
		n := one.snapshot().Ledger.Synced
		one.ask()
		if now := one.snapshot().Ledger.Synced; now != n {
			t.Errorf("asking has %d entries become %d", n, now)
		}
		folder, err := ledger.ReadFolder(filepath.Join(one.dir, "state", "ledger"))
		if err != nil {
			t.Fatal(err)
		}
		text, err := folder.Read("cosigned", checkpoint.MaxText)
		folder.Close()
		if err != nil || !strings.Contains(string(text), "\n— test.example/witness-") {
			t.Errorf("%s %v", text, err)
		}
	}
}

// ask has the witnesses asked now.
func (o *office) ask() { signal(o.reader.book.askNow) }
