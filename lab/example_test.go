package lab_test

import (
	"os"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/lab"
)

// TestTheExampleHasItsKeys looks for the keys that rows of FLAWS.md name. What
// they close, the scripts shop_*.txt of the command show.
func TestTheExampleHasItsKeys(t *testing.T) {
	text, err := os.ReadFile("../examples/shop/gatehouse.yaml")
	if err != nil {
		t.Fatal(err)
	}
	flaws, err := lab.Flaws()
	if err != nil {
		t.Fatal(err)
	}
	closed := map[string]int{}
	for _, f := range flaws {
		risk, _, _ := strings.Cut(f.ID, "-")
		switch {
		case f.Example != "":
			closed[risk]++
			if !strings.Contains(string(text), "\n    "+f.Example+":") && !strings.Contains(string(text), "\n"+f.Example+":") {
				t.Errorf("%s: gatehouse.yaml of the example has no %s", f.ID, f.Example)
			}
		case f.Open && strings.Contains("API1 API2 API3 API5", risk):
			t.Errorf("%s is open, and the example does not close it", f.ID)
		}
	}
	if len(closed) != 4 {
		t.Errorf("the example closes %v", closed)
	}
}
