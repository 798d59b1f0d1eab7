package demo_test

import (
	"cmp"
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
	for _, g := range d.Groups() {
		for _, c := range g.Calls {
			t.Run(strings.ReplaceAll(c.Text, " ", "-"), func(t *testing.T) {
				before := d.Calls()
				r, err := d.Send(c)
				if err != nil {
					t.Fatal(err)
				}
				if !r.AsMeant || r.Fate != c.Fate {
					t.Errorf("status %d, code %q, %s", r.Status, r.Code, r.Why)
				}
				if saw := d.Calls() > before; saw != (c.Fate != demo.Refused) {
					t.Errorf("the shop saw it: %v", saw)
				}
				if c.Fate == demo.Open && (c.Flaw.ID == "" || !strings.Contains(r.Why, cmp.Or(c.Flaw.Example, c.Flaw.Rule, c.Flaw.Closer))) {
					t.Errorf("it names no row of FLAWS.md: %q", r.Why)
				}
			})
		}
		if len(g.Calls) == 0 {
			t.Errorf("%s: no calls", g.Text)
		}
	}
}

// TestWhatIsNotMeantShows turns calls round: none becomes what it does not
// say.
func TestWhatIsNotMeantShows(t *testing.T) {
	d, err := demo.Start(new(strings.Builder))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, g := range d.Groups() {
		for _, c := range g.Calls {
			other := c
			switch c.Fate {
			case demo.Passed, demo.Trimmed:
				other.Fate = demo.Refused
			case demo.Withheld:
				other.Fate, other.Code = demo.Refused, c.Code
			default:
				other.Fate = demo.Passed
			}
			r, err := d.Send(other)
			if err != nil {
				t.Fatal(err)
			}
			if r.AsMeant && c.Fate != demo.Open {
				t.Errorf("%s: taken for what it is not", c.Text)
			}
		}
	}
}
