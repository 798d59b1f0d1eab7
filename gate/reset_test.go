package gate

import (
	"bytes"
	"crypto/tls"
	"reflect"
	"strings"
	"testing"
	"time"
)

// kept are the fields of an Exchange that may hold something after reset:
// buffers and scratch memory, none of which is read before it is written.
var kept = map[string]bool{"Match": true, "Schema": true, "other": true, "AnswerSchema": true}

// TestResetForgets fills an exchange by reflection, so that a field added
// later is looked at too.
func TestResetForgets(t *testing.T) {
	x := new(Exchange)
	v := reflect.ValueOf(x).Elem()
	seen := 0
	for i := range v.NumField() {
		f, name := v.Field(i), v.Type().Field(i).Name
		if !f.CanSet() || kept[name] {
			continue
		}
		if f.Kind() == reflect.Slice {
			f.Set(reflect.MakeSlice(f.Type(), 3, 5))
		}
		seen++
	}
	x.Reply, x.Answer = Reply{Status: 200, Fields: make([]Field, 2), Body: []byte("b"), Close: true}, Answer{Status: 200, Fields: make([]Field, 2)}
	x.TLS, x.Secure, x.Refused, x.Received, x.Plan = new(tls.ConnectionState), true, true, time.Now(), new(Plan)
	x.Incoming, x.failed, x.reserved = strings.NewReader(""), 1, 2
	x.buffer, x.scratch, x.reply = make([]byte, 9, maxKept), make([]byte, 9, maxKept+1), make([]byte, 9)
	x.reset()
	for i := range v.NumField() {
		f, name := v.Field(i), v.Type().Field(i).Name
		switch {
		case kept[name]:
		case name == "Reply" || name == "Answer":
			if f.FieldByName("Fields").Len() != 0 || f.FieldByName("Status").Int() != 0 || !f.FieldByName("Body").IsZero() {
				t.Errorf("%s is %+v", name, f)
			}
		case f.Kind() == reflect.Slice:
			if f.Len() != 0 {
				t.Errorf("%s holds %d", name, f.Len())
			}
		case !f.IsZero():
			t.Errorf("%s is %v", name, f)
		}
	}
	if seen < 30 {
		t.Errorf("only %d fields were looked at", seen)
	}
	if cap(x.buffer) != maxKept || x.scratch != nil {
		t.Errorf("kept buffers of %d and %d bytes, at most %d may be", cap(x.buffer), cap(x.scratch), maxKept)
	}
}

func TestManyEditsAreNotKept(t *testing.T) {
	x := &Exchange{Edits: make([]Edit, maxKeptEdits+1)}
	if x.reset(); cap(x.Edits) != 0 {
		t.Errorf("room for %d edits is kept", cap(x.Edits))
	}
}

func TestPoisonReachesEveryBuffer(t *testing.T) {
	x := &Exchange{buffer: make([]byte, 3, 8), scratch: make([]byte, 3, 8), reply: make([]byte, 3, 8)}
	x.poison()
	for i, b := range [][]byte{x.buffer, x.scratch, x.reply} {
		if !bytes.Equal(b[:8], bytes.Repeat([]byte{0xDB}, 8)) {
			t.Errorf("buffer %d holds %x", i, b[:8])
		}
	}
}

// TestEditedTargetEnds sees to it that nobody who appends to the target writes
// into the body.
func TestEditedTargetEnds(t *testing.T) {
	x := &Exchange{Target: []byte("/a?b=1"), Body: []byte("body"), Edits: []Edit{{OnTarget, 2, 6, nil}}}
	if err := x.applyEdits(); err != nil {
		t.Fatal(err)
	}
	_ = append(x.OutTarget, "xyz"...)
	if string(x.OutTarget) != "/a" || string(x.OutBody) != "body" {
		t.Errorf("target %q, body %q", x.OutTarget, x.OutBody)
	}
}

func TestRemovedFieldsAreNotFound(t *testing.T) {
	fields := []Field{{Name: []byte("a"), Value: []byte("1"), Gone: true}, {Name: []byte("A"), Value: []byte("2")}, {Name: []byte("a"), Value: []byte("3")}}
	if v, n := FindField(fields, "a"); string(v) != "2" || n != 2 {
		t.Errorf("found %q, %d of them", v, n)
	}
}

// TestReservedRoomIsGivenBack grows buffers in several steps, some of them in
// vain, and wants all of the room back.
func TestReservedRoomIsGivenBack(t *testing.T) {
	const room = 1 << 20
	g := New(Options{MaxBuffered: room})
	sizes := []int{maxKept, 2 * maxKept, 4 * maxKept, 8 * maxKept, 64 * maxKept}
	for range 10 {
		x := g.Acquire()
		for i := 1; i < len(sizes); i++ {
			if got, want := g.reserve(x, sizes[i]-sizes[i-1], sizes[i]), sizes[i] <= room; got != want {
				t.Fatalf("room for %d bytes of %d: %v", sizes[i], room, got)
			}
		}
		if n := g.buffered.Load(); n != x.reserved || n != int64(sizes[3]-sizes[0]) {
			t.Errorf("%d bytes in use, %d of them reserved", n, x.reserved)
		}
		if g.Release(x); g.buffered.Load() != 0 {
			t.Fatalf("%d bytes are not given back", g.buffered.Load())
		}
	}
}
