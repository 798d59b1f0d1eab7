package serve

import (
	"strings"
	"testing"
	"time"
)

// TestArchiveIsCounted: metrics say how large the archive is, and nothing where
// there is none any more.
func TestArchiveIsCounted(t *testing.T) {
	api, _ := upstreamOf(t)
	h := openHouse(t, strings.Replace(one("a.yaml", api), "record: {events: none}", "record: {events: none, archive: {path: archive}}", 1))
	defer h.Stop()
	status(t, h.URL()+"/a")
	for limit := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		a := h.snapshot().Archive
		if a != nil && a.Bytes > 100 && a.Segments == 1 {
			break
		}
		if time.Now().After(limit) {
			t.Fatalf("%+v", a)
		}
	}
	h.write("gatehouse.yaml", one("a.yaml", api))
	h.reload("a test", false)
	if a := h.snapshot().Archive; a != nil {
		t.Errorf("%+v", a)
	}
}
