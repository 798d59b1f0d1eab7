package fields

import (
	"net/http"
	"reflect"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

func TestInto(t *testing.T) {
	var l List
	for range 2 { // a list that is used again
		l.Reset()
		h := http.Header{"X-B": {"0"}}
		l.AddAll([]gate.Field{
			{Name: []byte("x-a"), Value: []byte("1")}, {Name: []byte("gone"), Gone: true},
			{Name: []byte("skipped")}, {Name: []byte("x-b"), Value: []byte("2")}, {Name: []byte("X-A"), Value: []byte("3")}, {Name: []byte("empty")},
		}, func(name []byte) bool { return string(name) == "skipped" })
		l.Begin("Built")
		l.Text("a", "b")
		l.Bytes([]byte("c"))
		l.Into(h)
		want := http.Header{"X-A": {"1", "3"}, "X-B": {"0", "2"}, "Empty": {""}, "Built": {"abc"}}
		if !reflect.DeepEqual(h, want) {
			t.Errorf("got %q, want %q", h, want)
		}
	}
}

func TestUsualNamesAreCanonical(t *testing.T) {
	for written, name := range usual {
		if want := http.CanonicalHeaderKey(written); name != want {
			t.Errorf("%q: %q, want %q", written, name, want)
		}
	}
}

func TestUsualNamesAllocateNothing(t *testing.T) {
	name := []byte("content-type")
	if n := testing.AllocsPerRun(100, func() { Name(name) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
