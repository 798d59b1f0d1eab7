package gate

import (
	"bytes"
	"context"
	"io"
	"reflect"
	"testing"
)

// kept are the fields of an Exchange that may hold something after reset:
// buffers and scratch memory, none of which is read before it is written.
var kept = map[string]bool{"Match": true, "Schema": true, "other": true, "AnswerSchema": true, "Mark": true}

// anyone implements every interface that a field of an Exchange may hold.
type anyone struct {
	context.Context
	io.Reader
	Watch
	Upstream
	Lease
	io.Closer
	error
}

// witness is an Audit, whose End is another than that of a Lease.
type witness struct{ Audit }

// fill sets all of v, exported or not, to something that is not zero.
func fill(t *testing.T, v reflect.Value) {
	t.Helper()
	v = reflect.NewAt(v.Type(), v.Addr().UnsafePointer()).Elem()
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i))
		}
	case reflect.Array:
		fill(t, v.Index(0))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 3, 5))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	case reflect.Interface:
		some := reflect.ValueOf(anyone{})
		if v.Type() == reflect.TypeFor[Audit]() {
			some = reflect.ValueOf(witness{})
		}
		v.Set(some)
	case reflect.String:
		v.SetString("something")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		v.SetUint(1)
	default:
		t.Fatalf("a field is of the kind %s", v.Kind())
	}
}

// empty reports the fields of v that hold something; slices may keep their
// memory.
func empty(t *testing.T, path string, v reflect.Value) (seen int) {
	t.Helper()
	switch {
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; path != "" || !kept[name] {
				seen += empty(t, path+"."+name, v.Field(i))
			}
		}
		return seen
	case v.Kind() == reflect.Slice && v.Len() == 0 || v.IsZero():
	default:
		t.Errorf("%s still holds something", path)
	}
	return 1
}

// TestResetForgets fills an exchange by reflection, so that a field added
// later is looked at too.
func TestResetForgets(t *testing.T) {
	x := new(Exchange)
	v := reflect.ValueOf(x).Elem()
	for i := range v.NumField() {
		if !kept[v.Type().Field(i).Name] {
			fill(t, v.Field(i))
		}
	}
	x.buffer, x.scratch = make([]byte, 9, maxKept), make([]byte, 9, maxKept+1)
	x.reset()
	if seen := empty(t, "", v); seen < 100 {
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
	x := &Exchange{Target: []byte("/a?b=1"), Body: []byte("body"), Edits: []Edit{{Part: OnTarget, Start: 2, End: 6}}}
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
