// Package testdata gives tests their data: folders that are shared between
// projects and are no part of this repository, the order document that
// several packages measure themselves with, and certificates. Only tests and benchmarks import
// it; it knows nothing of what is tested.
package testdata

import (
	"os"
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
	if os.Getenv("GATEHOUSE_REQUIRE") == "all" {
		t.Fatalf("%s is missing: set %s to the folder that holds it", folder, env)
	}
	t.Skipf("%s is missing: set %s to the folder that holds it", folder, env)
	return ""
}

// root returns the repository's folder, two above this file.
func root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}
