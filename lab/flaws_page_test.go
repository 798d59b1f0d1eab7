package lab

import (
	"strings"
	"testing"
)

// TestPageIsReadWhole breaks FLAWS.md in each way and expects to be told.
func TestPageIsReadWhole(t *testing.T) {
	const row = "| [API9-pin](#api9-pin) | `POST /login/pin` | deprecated and still open: login with four digits | deprecated operations are retired by date | open: the gate cannot do this yet |"
	const head = "### API1-order\n"
	for _, test := range []struct{ name, old, new, want string }{
		{"row-of-another-form", row, strings.Replace(row, "open: the", "open, the", 1), "rows that are not written"},
		{"example-elsewhere", "closed in [the example](../examples/shop/README.md): `owners`", "closed in [the example](README.md): `owners`", "rows that are not written"},
		{"row-twice", row, row + "\n" + row, "has two rows"},
		{"row-without-section", head, "## API1-order\n", "rows and"},
		{"section-without-row", head, "### API1-other\n", "no row of its own"},
		{"section-twice", head, "### API1-file\n", "no row of its own"},
		{"section-without-evidence", "Evidence: `HTTP/1.1 200` and `\"customer_id\":2`", "", "a section is not written"},
		{"section-without-script", "```sh\ncurl -si $SHOP/orders/1001", "```\ncurl", "a section is not written"},
		{"nothing", page, "", "0 rows"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if !strings.Contains(page, test.old) {
				t.Fatalf("FLAWS.md has no %q any more", test.old)
			}
			_, err := parse(strings.Replace(page, test.old, test.new, 1))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
	if _, err := shell("# A page\n"); err == nil {
		t.Error("a page without lines to begin with is taken")
	}
}

func TestEvidence(t *testing.T) {
	f := Flaw{Evidence: []string{"HTTP/1.1 200", "secret"}}
	for _, test := range []struct {
		name, output string
		succeeded    bool
		left         int
	}{
		{"both", "HTTP/1.1 200 OK\n\nsecret", true, 1},
		{"status-alone", "HTTP/1.1 200 OK\n\n", false, 0},
		{"text-alone", "HTTP/1.1 403 Forbidden\n\nsecret", false, 1},
		{"none", "", false, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := f.Succeeded(test.output); got != test.succeeded {
				t.Errorf("succeeded: %v", got)
			}
			if got := f.Left(test.output); len(got) != test.left {
				t.Errorf("left: %q", got)
			}
		})
	}
	if (&Flaw{}).Succeeded("anything") {
		t.Error("no evidence is taken for success")
	}
}
