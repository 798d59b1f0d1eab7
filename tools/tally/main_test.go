package main

import (
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const source = `package x

import "testing"

func TestPlain(t *testing.T) {}

func TestCases(t *testing.T) {
	for range 0 {
		t.Run("a", func(t *testing.T) {})
	}
}

` + "func FuzzText(f *testing.F) {}\n" // not at the start of a line, where make fuzz would find it

func TestRun(t *testing.T) {
	const plain = `{"Action":"pass","Package":"m/x","Test":"TestPlain"}` + "\n"
	const end = `{"Action":"output","Package":"m/x","Output":"ok  \tm/x\t0.1s\n"}` + "\n" + `{"Action":"pass","Package":"m/x"}` + "\n"
	tests := []struct {
		name, in   string
		out, wrong string // parts that must appear; "" for wrong means success
	}{
		{"all-pass", plain + `{"Action":"pass","Package":"m/x","Test":"TestCases/a"}
{"Action":"pass","Package":"m/x","Test":"TestCases"}
` + end, "3 passed, 0 failed, 0 skipped", ""},
		{"the-package-line-is-kept", plain + end, "ok  \tm/x\t0.1s\n", ""},
		{"no-cases", `{"Action":"pass","Package":"m/x","Test":"TestCases"}` + "\n" + end, "1 passed", "m/x TestCases makes cases and ran none"},
		{"no-seeds", `{"Action":"pass","Package":"m/x","Test":"FuzzText"}` + "\n" + end, "1 passed", "m/x FuzzText makes cases and ran none"},
		{"skipped-is-no-failure", plain + `{"Action":"output","Package":"m/x","Test":"TestCases","Output":"why\n"}
{"Action":"skip","Package":"m/x","Test":"TestCases"}
` + end, "why\n", ""},
		{"package-without-tests", end, "0 passed", "m/x ran no test"},
		{"package-without-test-files", plain + end + `{"Action":"output","Package":"m/y","Output":"?   \tm/y\t[no test files]\n"}
{"Action":"skip","Package":"m/y"}
`, "1 passed", ""},
		{"nothing", "", "0 passed", "no test ran"},
		{"a-failure", `{"Action":"output","Package":"m/x","Test":"TestPlain","Output":"boom\n"}
{"Action":"fail","Package":"m/x","Test":"TestPlain"}
{"Action":"fail","Package":"m/x"}
`, "boom\n0 passed, 1 failed", "m/x failed"},
		{"planted-secret", `{"Action":"output","Package":"m/x","Test":"TestPlain","Output":"key zqx7-planted-1\n"}` + "\n" + plain + end, "1 passed", "m/x TestPlain writes a planted secret"},
		{"planted-secret-of-a-package", `{"Action":"output","Package":"m/x","Output":"key zqx7-planted-1\n"}` + "\n" + plain + end, "(a line with a planted secret)", "m/x writes a planted secret"},
		{"planted-on-purpose", `{"Action":"output","Package":"m/x","Test":"TestPlantedSecretsAreFound/a","Output":"key zqx7-planted-1\n"}` + "\n" + plain + end, "1 passed", ""},
		{"does-not-build", `{"Action":"build-output","ImportPath":"m/x","Output":"x.go:1: bad\n"}
{"Action":"fail","Package":"m/x"}
`, "x.go:1: bad", "m/x failed"},
	}
	folder := t.TempDir()
	write(t, filepath.Join(folder, "go.mod"), "module m\n")
	write(t, filepath.Join(folder, "x", "x_test.go"), source)
	write(t, filepath.Join(folder, "nested", "go.mod"), "module n\n")
	write(t, filepath.Join(folder, "nested", "broken_test.go"), "not go")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			err := run(folder, strings.NewReader(test.in), &out)
			if !strings.Contains(out.String(), test.out) {
				t.Errorf("printed %q, want %q in it", out.String(), test.out)
			}
			if (err == nil) != (test.wrong == "") || err != nil && !strings.Contains(err.Error(), test.wrong) {
				t.Errorf("error %v, want %q", err, test.wrong)
			}
		})
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestFormsOfSecrets finds the mark in whatever stands around it.
func TestFormsOfSecrets(t *testing.T) {
	for n := range 4 {
		text := strings.Repeat("-", n) + mark + " and more"
		for _, written := range []string{text, fmt.Sprintf("%x", text), fmt.Sprintf("%X", text), base64.StdEncoding.EncodeToString([]byte(text)), base64.RawURLEncoding.EncodeToString([]byte(text))} {
			found := newTally(io.Discard)
			if found.search(&event{Package: "m/x", Test: "TestPlain", Output: written}); len(found.failures) != 1 {
				t.Errorf("not found in %s", written)
			}
		}
	}
}
