package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// TestBars runs the command without Coraza, which costs most of its time.
func TestBars(t *testing.T) {
	if _, err := os.Stat(attacks()); err != nil {
		if os.Getenv("GATEHOUSE_REQUIRE") == "all" {
			t.Fatal(err)
		}
		t.Skipf("the labelled values are missing: set GATEHOUSE_ATTACKS to the folder that holds them")
	}
	var out, problems bytes.Buffer
	if status := run([]string{"-sample", "0"}, &out, &problems); status != 0 {
		t.Errorf("status %d\n%s%s", status, &out, &problems)
	}
}

// TestCoraza sees that the rule set refuses and lets through at all: beside a
// rule set that is off, every figure would look well.
func TestCoraza(t *testing.T) {
	waf, err := ruleSet(1)
	if err != nil {
		t.Fatal(err)
	}
	if !interrupted(waf, "1' union select password from users-- ") {
		t.Error("lets an attack through")
	}
	if interrupted(waf, "a green bicycle") {
		t.Error("refuses a green bicycle")
	}
}

// TestMutations sees that each mutation changes something.
func TestMutations(t *testing.T) {
	attack := value{"1' or 1234=1234 and 'abcd'='abcd<img src=x onerror=1>", "sqli", true}
	seen := map[string]bool{}
	for seed := range uint64(200) {
		seen[mutate([]value{attack}, seed)[0].text] = true
	}
	for _, sign := range []string{"/**/", "/*!", "%27", "%2527", "&#39;", `\u0027`, "＇", "\t", "0x", "ab'||'cd", "+or+"} {
		found := false
		for text := range seen {
			found = found || strings.Contains(text, sign)
		}
		if !found {
			t.Errorf("no mutation with %q", sign)
		}
	}
}
