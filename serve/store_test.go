package serve

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/store"
)

// TestStoreOfAGate keeps state in a folder of its own, which no second gate may
// use, and which checking does not make.
func TestStoreOfAGate(t *testing.T) {
	api, _ := upstreamOf(t)
	text := one("a.yaml", api) + "store: {}\n"
	h := openHouse(t, text)
	file := filepath.Join(h.dir, "state", "gatehouse.db")
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
	second := Config{File: filepath.Join(h.dir, "gatehouse.yaml"), Stderr: &h.log, Poll: -1}
	if p, err := Start(second); err == nil {
		p.Stop()
		t.Error("two gates keep their state in one folder")
	} else if !strings.Contains(err.Error(), "another gate that runs keeps its state in") || !strings.Contains(err.Error(), "gatehouse.yaml:8") {
		t.Error(err)
	}
	h.write("gatehouse.yaml", strings.Replace(text, "store: {}", "store: {sqlite: {path: other.db}}", 1))
	h.reload("another store", true)
	h.said("the store is not the one that the gate was started with")
	h.write("gatehouse.yaml", strings.Replace(text, "a.yaml", "b.yaml", 1))
	h.reload("the same store", true)
	if h.count != 2 {
		t.Error("a reload with the same store is refused: ", h.log.String())
	}
	h.Stop()
	p, err := Start(second) // of what h has left
	if err != nil {
		t.Fatal("the folder is not free after the gate has ended: ", err)
	}
	p.Stop()
}

func TestCheckMakesNoStore(t *testing.T) {
	dir := t.TempDir()
	h := &house{t: t, dir: dir}
	h.write("a.yaml", contractOf("A", "/a"))
	h.write("planted", planted)
	h.write("gatehouse.yaml", one("a.yaml", "http://127.0.0.1:9")+"store: {}\n")
	if found := Check(filepath.Join(dir, "gatehouse.yaml")); found.Problems.Err() != nil {
		t.Error(found.Problems)
	}
	if _, err := os.Stat(filepath.Join(dir, "state")); !os.IsNotExist(err) {
		t.Error("checking made a store: ", err)
	}
}

func TestStoresThatAreNone(t *testing.T) {
	api, _ := upstreamOf(t)
	for _, row := range []struct{ name, store, want string }{
		{"a-file-of-something-else", "store: {sqlite: {path: a.yaml}}\n", "file is not a database"},
		{"a-folder", "store: {sqlite: {path: .}}\n", "is a directory"},
		{"no-url", "store: {postgres: {url: \"${file:planted}\"}}\n", "the address is no URL of PostgreSQL"},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := &house{t: t, dir: t.TempDir()}
			h.write("a.yaml", contractOf("A", "/a")+"# "+strings.Repeat("no database ", 100)+"\n")
			h.write("planted", planted)
			h.write("gatehouse.yaml", one("a.yaml", api)+row.store)
			p, err := Start(Config{File: filepath.Join(h.dir, "gatehouse.yaml"), Stderr: &h.log, Poll: -1})
			if err == nil {
				p.Stop()
				t.Fatal("it starts")
			}
			if !strings.Contains(err.Error(), row.want) || plantedIn(err.Error()) != "" {
				t.Error(err)
			}
		})
	}
}

// TestStoreThatIsAway starts all the same.
func TestStoreThatIsAway(t *testing.T) {
	api, _ := upstreamOf(t)
	t.Setenv("STORE_URL", "postgres://u:planted-password@127.0.0.1:1/d?sslmode=disable")
	h := openHouse(t, one("a.yaml", api)+"store: {postgres: {url: \"${env:STORE_URL}\"}, timeout: 1s}\n")
	defer h.Stop()
	h.said("the store does not answer")
	if status(t, h.URL()+"/a") != 200 {
		t.Error("a call that needs no store is refused")
	}
	if strings.Contains(h.log.String(), "planted-password") {
		t.Error("the log holds the password")
	}
}

// TestHandoverOfTheStore has a gate take over from another one, which still has
// the folder: it serves at once, and gets the folder when the other has ended.
func TestHandoverOfTheStore(t *testing.T) {
	api, _ := upstreamOf(t)
	h := &house{t: t, dir: t.TempDir()}
	h.write("a.yaml", contractOf("A", "/a"))
	h.write("planted", planted)
	h.write("gatehouse.yaml", one("a.yaml", api)+"handover: handover.sock\nstore: {}\n")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	first := waitingAt(t, ctx, filepath.Join(h.dir, "gatehouse.yaml"))
	second := waitingAt(t, ctx, filepath.Join(h.dir, "gatehouse.yaml"))
	if err := <-first.ended; err != nil {
		t.Error(err)
	}
	if s := status(t, second.URL()+"/a"); s != 200 {
		t.Errorf("status %d", s)
	}
	lock := filepath.Join(h.dir, "state", "gate.lock")
	for held := false; !held; {
		free, err := store.TryLock(lock)
		if held = errors.Is(err, store.ErrHeld); err == nil {
			free.Release()
		} else if !held {
			t.Fatal(err)
		}
		if t.Context().Err() != nil {
			t.Fatal("the second gate never holds the folder")
		}
	}
	cancel()
	if err := <-second.ended; err != nil {
		t.Error(err)
	}
	free, err := store.TryLock(lock)
	if err != nil {
		t.Fatal("nobody runs and the folder is held: ", err)
	}
	free.Release()
}
