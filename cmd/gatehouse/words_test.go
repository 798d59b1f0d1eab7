package main

import (
	"os"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

func TestSize(t *testing.T) {
	tests := []struct {
		text string
		want int64 // 0 for an error
		back string
	}{
		{"1", 1, "1"}, {"4096", 4096, "4KiB"}, {"100", 100, "100"}, {"64KiB", 64 << 10, "64KiB"}, {"1MiB", 1 << 20, "1MiB"}, {"7B", 7, "7"},
		{"1GiB", 1 << 30, "1GiB"}, {"1536KiB", 1536 << 10, "1536KiB"},
		{"", 0, ""}, {"0", 0, ""}, {"-1", 0, ""}, {"1MB", 0, ""}, {"1048577KiB", 0, ""}, {"1 MiB", 0, ""}, {"MiB", 0, ""}, {"9999999999GiB", 0, ""}, {"1e6", 0, ""},
		{"99999999999999999999", 0, ""},
	}
	for _, test := range tests {
		t.Run("size-"+test.text, func(t *testing.T) {
			var s size
			err := s.Set(test.text)
			if int64(s) != test.want || (err == nil) != (test.want > 0) {
				t.Fatalf("%d, %v", s, err)
			}
			if err == nil && s.String() != test.back {
				t.Errorf("written as %s, want %s", s.String(), test.back)
			}
		})
	}
}

func TestChoice(t *testing.T) {
	mode := gate.Observe
	c := &choice[gate.Mode]{&mode, []string{"enforce", "observe"}, []gate.Mode{gate.Enforce, gate.Observe}, "observe"}
	if err := c.Set("enforce"); err != nil || mode != gate.Enforce || c.String() != "enforce" {
		t.Errorf("%v %v %v", err, mode, c)
	}
	if err := c.Set("enforced"); err == nil || !strings.Contains(err.Error(), `did you mean "enforce"?`) || mode != gate.Enforce {
		t.Errorf("%v", err)
	}
}

func TestTable(t *testing.T) {
	p := paint(true)
	got := table([][]string{{"A", "LONG", "C"}, {p.red("é"), "x", ""}, {"abc", "y", "last one"}})
	want := "A    LONG  C\n\x1b[31mé\x1b[0m    x\nabc  y     last one\n"
	if got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestNoColourBeyondTerminals(t *testing.T) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	file, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w := &world{}
	if w.paint(null) || w.paint(file) || w.paint(new(strings.Builder)) {
		t.Error("colours where nobody sees them")
	}
	if got := paint(false).red("x"); got != "x" {
		t.Errorf("%q", got)
	}
}
