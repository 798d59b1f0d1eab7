package testdata

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestOrderSizes(t *testing.T) {
	for _, size := range []int{0, 1024, 16 * 1024} {
		doc := Order(size)
		if !json.Valid(doc) || !json.Valid(Indented(doc)) {
			t.Errorf("Order(%d) is not JSON", size)
		}
		if len(doc) < size || size > 0 && len(doc) > size+60 {
			t.Errorf("Order(%d) has %d bytes", size, len(doc))
		}
	}
	if n := strings.Count(string(Order(1024)), "sku"); n != 13 {
		t.Errorf("the order of 1 KiB has %d items, want 13", n)
	}
	for _, s := range [][]byte{OrderSchema30(), OrderSchema31()} {
		if !json.Valid(s) {
			t.Errorf("a schema is not JSON: %s", s)
		}
	}
}
