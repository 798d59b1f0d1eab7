// Package testdata gives tests their data: folders that are shared between
// projects and are no part of this repository, the order document that
// several packages measure themselves with, the corpus of hostile requests, and
// certificates. Only tests and benchmarks import it; it knows nothing of what is
// tested.
package testdata

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// Path returns the folder that the environment variable env names, otherwise
// ../shared/testdata/<folder> beside the repository. When there is none the
// test is skipped, or fails when GATEHOUSE_REQUIRE is "all".
func Path(t testing.TB, env, folder string) string {
	t.Helper()
	path := os.Getenv(env)
	if path == "" {
		path = filepath.Join(root(), "..", "shared", "testdata", filepath.FromSlash(folder))
	}
	if _, err := os.Stat(path); err == nil {
		return path
	}
	Lack(t, "%s is missing: set %s to the folder that holds it", folder, env)
	return ""
}

// Program returns the path of a program that a test runs; when it is not
// installed, the test lacks the Debian package that brings it.
func Program(t testing.TB, name, debianPackage string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		Lack(t, "the program %s is missing: install the Debian package %s", name, debianPackage)
	}
	return path
}

// Lack ends a test that cannot run here: it is skipped and says why, or fails
// when GATEHOUSE_REQUIRE is "all".
func Lack(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("GATEHOUSE_REQUIRE") == "all" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// root returns the repository's folder, two above this file.
func root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}
