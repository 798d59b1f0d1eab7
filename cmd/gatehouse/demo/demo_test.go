package demo_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/cmd/gatehouse/demo"
)

// TestEachCall makes every call of the demo, each in a subtest.
func TestEachCall(t *testing.T) {
	var stderr strings.Builder
	d, err := demo.Start(&stderr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		if stderr.Len() > 0 {
			t.Errorf("said %q", stderr.String())
		}
	}()
	for _, c := range append(demo.Good(), demo.Hostile()...) {
		t.Run(strings.ReplaceAll(c.Text, " ", "-"), func(t *testing.T) {
			before := d.Calls()
			r, err := d.Send(c)
			if err != nil {
				t.Fatal(err)
			}
			if !r.AsMeant {
				t.Errorf("status %d, code %q, %s", r.Status, r.Code, r.Why)
			}
			if saw := d.Calls() > before; saw != c.Passes {
				t.Errorf("the shop saw it: %v", saw)
			}
		})
	}
}

// TestTheShopIsWeak shows that the gate makes the difference: without it the
// shop gives a book away and opens its hidden page.
func TestTheShopIsWeak(t *testing.T) {
	d, err := demo.Start(new(strings.Builder))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	answer, err := http.Post(d.API()+"/orders", "application/json", strings.NewReader(`{"isbn":"9780131103627","quantity":1,"price":0}`))
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusCreated {
		t.Errorf("status %d", answer.StatusCode)
	}
	answer.Body.Close()
	answer, err = http.Get(d.API() + "/admin")
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		t.Errorf("status %d", answer.StatusCode)
	}
	answer.Body.Close()
}
