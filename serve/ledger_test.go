package serve

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/ledger"
	"github.com/gatehouse-api/gatehouse/record"
)

// recorded is a configuration of a gate with a ledger, whose operations are
// recorded as audit says.
func recorded(api, audit string) string {
	return strings.Replace(one("a.yaml", api), "record: {events: none}", "record: {events: none, ledger: {name: test.example/gate-1}}\ntrust: {keys_file: gate.keys, key: {passphrase: \"${file:passphrase}\"}}", 1) +
		"handover: handover.sock\n" + audit
}

func recordedHouse(t *testing.T, audit string) *house {
	t.Helper()
	api, _ := upstreamOf(t)
	h := &house{t: t, dir: t.TempDir()}
	h.write("a.yaml", contractOf("A", "/a", "/b"))
	h.write("planted", planted)
	h.write("passphrase", "a passphrase of many words, for tests alone")
	h.write("gatehouse.yaml", strings.Replace(recorded(api, ""), "    upstreams:", audit+"    upstreams:", 1))
	return h
}

// text is what a file holds.
func (h *house) text(name string) string {
	h.t.Helper()
	b, err := os.ReadFile(filepath.Join(h.dir, name))
	if err != nil {
		h.t.Fatal(err)
	}
	return string(b)
}

// entries are the kinds of event, and paths, of the entries of a ledger that are
// about calls, the oldest first.
func (h *house) entries(t *testing.T, p *Program) (list []string) {
	t.Helper()
	h.eachEntry(t, p, func(e *gate.Event, l *record.Line) {
		if l.Event != "change" {
			list = append(list, l.Event+" "+l.Path)
		}
	})
	return list
}

// changes are what the ledger has of what happened to the gate.
func (h *house) changes(t *testing.T, p *Program) (list []*gate.Event) {
	t.Helper()
	h.eachEntry(t, p, func(e *gate.Event, l *record.Line) {
		if l.Event == "change" {
			list = append(list, e)
		}
	})
	return list
}

// eachEntry reads a ledger.
func (h *house) eachEntry(t *testing.T, p *Program, each func(*gate.Event, *record.Line)) {
	t.Helper()
	folder, err := ledger.ReadFolder(p.reader.book.options.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	open, err := ledger.Opener(folder, p.reader.custody.keys.Data())
	if err != nil {
		t.Fatal(err)
	}
	if err := ledger.Entries(folder, 0, 1<<40, func(_ int64, sealed []byte) error {
		entry, err := open(sealed)
		if err != nil {
			return err
		}
		_, err = record.Read(strings.NewReader(string(entry)), func(l *record.Line) error {
			e := &gate.Event{}
			if l.Event == "change" {
				if err := record.ParseEvent(entry, e); err != nil {
					return err
				}
			}
			each(e, l)
			return nil
		})
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// TestLedger: what is to be recorded is, as the operation says, and nothing else.
func TestLedger(t *testing.T) {
	h := recordedHouse(t, "    audit: record\n    operations: {\"GET /b\": {audit: durable}}\n")
	p, err := Start(Config{File: filepath.Join(h.dir, "gatehouse.yaml"), Stderr: &h.log, Poll: -1})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/a", "/b", "/nowhere"} {
		status(t, p.URL()+path)
	}
	if s := p.snapshot().Ledger; s == nil || s.Recorded != 2 || !s.Up || s.Synced < 2 || s.Room == 0 {
		t.Errorf("%+v", s)
	}
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	list := h.entries(t, p)
	slices.Sort(list)
	if want := []string{"exchange /a", "exchange /b", "intent /b", "outcome /b"}; !slices.Equal(list, want) {
		t.Errorf("%q, want %q", list, want)
	}
}

// TestLedgerByDefault: where nothing is said, calls that change nothing are not
// recorded.
func TestLedgerByDefault(t *testing.T) {
	h := recordedHouse(t, "")
	h.write("a.yaml", strings.Replace(contractOf("A", "/a"), "  /a: {get", "  /b: {post: {responses: {\"200\": {description: OK, content: {text/plain: {}}}}}}\n  /a: {get", 1))
	p, err := Start(Config{File: filepath.Join(h.dir, "gatehouse.yaml"), Stderr: &h.log, Poll: -1})
	if err != nil {
		t.Fatal(err)
	}
	status(t, p.URL()+"/a")
	answer, err := http.Post(p.URL()+"/b", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	if list := h.entries(t, p); !slices.Equal(list, []string{"exchange /b"}) {
		t.Errorf("%q", list)
	}
}

// TestLedgerWithoutRoom: calls that must be recorded are refused, and others are
// not.
func TestLedgerWithoutRoom(t *testing.T) {
	h := recordedHouse(t, "    operations: {\"GET /b\": {audit: record}}\n")
	text := strings.Replace(h.text("gatehouse.yaml"), "gate-1}", "gate-1, keep_free: 1024GiB}", 1)
	h.write("gatehouse.yaml", text)
	p, err := Start(Config{File: filepath.Join(h.dir, "gatehouse.yaml"), Stderr: &h.log, Poll: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Stop()
	if a, b := status(t, p.URL()+"/a"), status(t, p.URL()+"/b"); a != 200 || b != 503 {
		t.Errorf("%d and %d", a, b)
	}
	h.said("the ledger has no room on its disk")
}

// TestLedgerStays: a reload cannot put another ledger in the place of the one
// that is open.
func TestLedgerStays(t *testing.T) {
	h := recordedHouse(t, "    audit: durable\n")
	p, err := Start(Config{File: filepath.Join(h.dir, "gatehouse.yaml"), Stderr: &h.log, Poll: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Stop()
	h.write("gatehouse.yaml", strings.Replace(h.text("gatehouse.yaml"), "gate-1", "gate-2", 1))
	p.reload("a test", false)
	h.said("the ledger is not the one that the gate was started with")
	if s := status(t, p.URL()+"/a"); s != 200 {
		t.Error(s)
	}
}

// TestLedgerAfterAMistake: a ledger that a refused reload named was never opened,
// so that the next one may name another.
func TestLedgerAfterAMistake(t *testing.T) {
	h := recordedHouse(t, "    audit: durable\n")
	text := h.text("gatehouse.yaml")
	h.write("gatehouse.yaml", strings.Replace(strings.Replace(text, ", ledger: {name: test.example/gate-1}", "", 1), "    audit: durable\n", "", 1))
	p, err := Start(Config{File: filepath.Join(h.dir, "gatehouse.yaml"), Stderr: &h.log, Poll: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Stop()
	h.write("gatehouse.yaml", strings.Replace(text, "    audit: durable\n", "    audit: durable\n    policies: [missing.cedar]\n", 1))
	if p.Reload() {
		t.Fatal("the mistake was taken over")
	}
	h.write("gatehouse.yaml", strings.Replace(text, "gate-1", "gate-2", 1))
	if !p.Reload() {
		t.Fatal("another ledger is refused, and none is open")
	}
	if s := status(t, p.URL()+"/a"); s != 200 || p.snapshot().Ledger.Recorded != 1 {
		t.Errorf("%d, %+v", s, p.snapshot().Ledger)
	}
}

// TestHandoverOfTheLedger: the gate that takes over waits for the ledger, and
// refuses no call meanwhile.
func TestHandoverOfTheLedger(t *testing.T) {
	h := recordedHouse(t, "    audit: durable\n")
	file := filepath.Join(h.dir, "gatehouse.yaml")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	first := waitingAt(t, ctx, file)
	status(t, first.URL()+"/a")
	second := waitingAt(t, ctx, file)
	if s := status(t, second.URL()+"/a"); s != 200 {
		t.Error(s)
	}
	if err := <-first.ended; err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-second.ended; err != nil {
		t.Error(err)
	}
	if list := h.entries(t, second.Program); fmt.Sprint(list) != "[intent /a outcome /a exchange /a intent /a outcome /a exchange /a]" {
		t.Errorf("%q", list)
	}
}
