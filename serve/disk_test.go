package serve

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/ledger"
)

// diskHouse is a house that keeps all that it records on a disk of its own. Calls
// of /b are durable, those of /a need no record.
func diskHouse(t *testing.T) (*house, *testdata.Disk) {
	t.Helper()
	disk := testdata.NewDisk(t, 64<<20)
	h := recordedHouse(t, "    operations: {\"GET /b\": {audit: durable}}\n")
	text := strings.NewReplacer("handover: handover.sock\n", "",
		"{events: none, ledger: {name: test.example/gate-1}}", fmt.Sprintf(`
  events: %[1]s/events.jsonl
  archive: {path: %[1]s/archive, max_bytes: 16MiB}
  ledger: {name: test.example/gate-1, path: %[1]s/ledger, keep_free: 16MiB}
  sinks_folder: %[1]s/sinks
  sinks: [{name: late, webhook: {url: "http://127.0.0.1:1/"}}]`, disk.Path)).Replace(h.text("gatehouse.yaml"))
	h.write("gatehouse.yaml", text)
	return h, disk
}

func (h *house) open() *Program {
	h.t.Helper()
	p, err := Start(Config{File: filepath.Join(h.dir, "gatehouse.yaml"), Stderr: &h.log, Poll: -1})
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

// callers makes calls of both kinds until the durable ones have the status that
// is wanted, at least so many. Those that need no record pass all the time. It
// returns how many durable ones were acknowledged.
func callers(t *testing.T, p *Program, want, least int) (acknowledged int) {
	t.Helper()
	for limit := time.Now().Add(time.Minute); least > 0; {
		if time.Now().After(limit) {
			t.Fatalf("durable calls do not end with %d", want)
		}
		if s := status(t, p.URL()+"/a"); s != http.StatusOK {
			t.Errorf("a call that needs no record: %d", s)
		}
		s := status(t, p.URL()+"/b")
		if s != http.StatusOK && s != http.StatusServiceUnavailable {
			t.Errorf("a durable call: %d", s)
		}
		if s == http.StatusOK {
			acknowledged++
		}
		if s == want {
			least--
		}
	}
	return acknowledged
}

// holds looks whether the ledger is whole and has what was acknowledged.
func (h *house) holds(t *testing.T, disk *testdata.Disk, p *Program, acknowledged int) {
	t.Helper()
	dir := filepath.Join(disk.Path, "ledger")
	l, err := ledger.Open(ledger.Options{Dir: dir, Origin: "test.example/gate-1", Keys: p.reader.custody.keys.Data(), KeepFree: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	folder, err := ledger.ReadFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	if report, err := ledger.Verify(folder, ledger.Check{}); err != nil || report.Fault != nil {
		t.Fatal(report, err)
	}
	outcomes := 0
	for _, entry := range h.entries(t, p) {
		if entry == "outcome /b" {
			outcomes++
		}
	}
	t.Logf("%d acknowledged, %d outcomes on record", acknowledged, outcomes)
	if outcomes < acknowledged || acknowledged == 0 {
		t.Errorf("%d calls were acknowledged, %d are on record", acknowledged, outcomes)
	}
}

// TestFullDisk fills the disk that everything is kept on, to its last byte, and
// gives the room back.
func TestFullDisk(t *testing.T) {
	h, disk := diskHouse(t)
	p := h.open()
	acknowledged := callers(t, p, http.StatusOK, 5)
	disk.Fill()
	acknowledged += callers(t, p, http.StatusServiceUnavailable, 20)
	if s := p.snapshot().Ledger; s.Refused == 0 {
		t.Errorf("%+v", s)
	}
	if log := h.log.String(); !strings.Contains(log, "the ledger has no room on its disk") && !strings.Contains(log, "the ledger cannot be written") { // as much as the last block of its file has
		t.Errorf("the program did not say that the disk is full:\n%s", log)
	}
	disk.Empty()
	acknowledged += callers(t, p, http.StatusOK, 5)
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
	h.holds(t, disk, p, acknowledged)
}

// TestDiskTurnsReadOnly has the disk fail under a gate that serves, and come back
// without what was not synced.
func TestDiskTurnsReadOnly(t *testing.T) {
	h, disk := diskHouse(t)
	p := h.open()
	acknowledged := callers(t, p, http.StatusOK, 5)
	disk.Fail()
	acknowledged += callers(t, p, http.StatusServiceUnavailable, 20)
	if s := p.snapshot().Ledger; s.Up || s.Refused == 0 {
		t.Errorf("%+v", s)
	}
	h.said("read-only file system")
	p.Stop() // what it says of the disk is no news

	// A gate that would record nothing does not start.
	disk.Again("ro")
	if q, err := Start(Config{File: filepath.Join(h.dir, "gatehouse.yaml"), Stderr: &h.log, Poll: -1}); err == nil {
		q.Stop()
		t.Error("a gate started on a disk that it cannot write to")
	} else if !strings.Contains(err.Error(), "read-only file system") {
		t.Error(err)
	}
	disk.Again()
	h.holds(t, disk, p, acknowledged)
	p = h.open()
	acknowledged += callers(t, p, http.StatusOK, 5)
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
	h.holds(t, disk, p, acknowledged)
	if list := h.entries(t, p); !slices.Contains(list, "exchange /b") {
		t.Errorf("%q", list)
	}
}
