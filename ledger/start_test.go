package ledger

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestOpenRefuses damages what a start needs. Nothing is begun anew over it.
func TestOpenRefuses(t *testing.T) {
	ring := newRing(t)
	for name, harm := range map[string]func(d *memDisk){
		"no-keys":           func(d *memDisk) { must(t, d.Remove(keysFile)) },
		"no-checkpoint":     func(d *memDisk) { must(t, d.Remove(checkpointFile)) },
		"another-key":       func(d *memDisk) { d.find(keysFile).text[20] ^= 1 },
		"checkpoint":        func(d *memDisk) { d.find(checkpointFile).text[20] ^= 1 },
		"tile":              func(d *memDisk) { d.find("tile/0/001.p/44").text[3] ^= 1 },
		"no-tile":           func(d *memDisk) { must(t, d.Remove("tile/1/000.p/1")) },
		"bundle":            func(d *memDisk) { d.find("tile/entries/001.p/44").text[9] ^= 1 },
		"pending":           func(d *memDisk) { d.find(segmentName(1)).text[segmentHead+9] ^= 1 },
		"pending-head":      func(d *memDisk) { d.find(segmentName(1)).text[3] ^= 1 },
		"a-pending-between": func(d *memDisk) { must(t, d.Remove(segmentName(1))) },
	} {
		t.Run(name, func(t *testing.T) {
			disk := newDisk()
			synctest.Test(t, func(t *testing.T) {
				l, err := Open(Options{Files: disk, Origin: origin, Keys: ring})
				must(t, err)
				fill(t, l, 300)
				must(t, l.Close())
				l, err = Open(Options{Files: disk, Origin: origin, Keys: ring, Every: time.Hour})
				must(t, err)
				time.Sleep(time.Second)
				disk.mu.Lock() // from here on nothing gets into the tree
				disk.fail = func(call string) error {
					if strings.HasPrefix(call, "create tile") || strings.HasPrefix(call, "remove pending") {
						return errDisk
					}
					return nil
				}
				disk.mu.Unlock()
				record(t, l, "one")
				record(t, l, "two")
				l.pen.size = segmentBytes // the next begins a segment
				record(t, l, "three")
				record(t, l, "four")
				l.Close()
			})
			disk.fail = nil
			before := len(disk.signed)
			harm(disk)
			_, err := Open(Options{Files: disk, Origin: origin, Keys: ring})
			if err == nil || len(disk.signed) != before {
				t.Errorf("it was opened: %v, and signed %d times", err, len(disk.signed)-before)
			}
		})
	}
}

// TestRepairsAreSaid stops a gate with entries that are only pending.
func TestRepairsAreSaid(t *testing.T) {
	ring, disk := newRing(t), newDisk()
	synctest.Test(t, func(t *testing.T) {
		l, err := Open(Options{Files: disk, Origin: origin, Keys: ring, Every: time.Hour})
		must(t, err)
		record(t, l, "first")
		time.Sleep(time.Second)
		record(t, l, "second")
		disk.mu.Lock()
		disk.stopAt = 1
		disk.mu.Unlock()
		l.Close()
	})
	disk.stopAt = 0
	n := disk.find(segmentName(1))
	n.text = append(n.text, "torn"...)
	l, err := Open(Options{Files: disk, Origin: origin, Keys: ring})
	must(t, err)
	must(t, l.Close())
	got := strings.Join(l.Stats().Repairs, "\n")
	want := "4 bytes that were being written when the gate stopped were left out; nothing in them was acknowledged\n1 entries that were recorded when the gate stopped were brought into the tree, from 1 on"
	if got != want {
		t.Errorf("it said %q", got)
	}
	hold(t, disk, l.keys, []string{"first", "second"})
}
