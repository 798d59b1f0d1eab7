package gatehouse_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// What a program that embeds the gate links: of other modules these alone, and
// of ours and of the standard library none of those.
var (
	// Rules in Cedar are for programs, too.
	linkedModules = []string{"go.yaml.in/yaml/v4", "github.com/cedar-policy/cedar-go", "github.com/go-json-experiment/json", "golang.org/x/exp/constraints",
		// Names of hosts in letters of the world (guard/ssrf); net/http links a copy of its own.
		"golang.org/x/net/idna", "golang.org/x/text",
		// Queries in GraphQL (guard/graphql).
		"github.com/vektah/gqlparser/v2", "github.com/agnivade/levenshtein",
		// Databases of countries (guard/feed).
		"github.com/oschwald/maxminddb-golang/v2", "golang.org/x/sys",
		// Pools of what each exchange needs; it imports nothing of ours.
		module + "/internal/spare"}

	unlinkedRooms = []string{ // of the whole program, with the folders below
		"cmd", "console", "evidence", "identity", "internal", "lab", "ledger", "probe", "record", "review", "serve", "store", "tools",
		"trust/devca", "trust/revoke", "watch", "wire/edge", "wire/maintenance", "wire/upstream",
	}
	unlinkedStandard = []string{
		"database/sql", "expvar", "html/template", "log/syslog", "net/http/httptest", "net/http/pprof", "net/rpc", "net/smtp", "os/exec",
		"plugin", "testing",
	}
)

const module = "github.com/gatehouse-api/gatehouse"

// overLinked says which packages a program should not have to link.
func overLinked(packages []string) (complaints []string) {
	for _, p := range packages {
		first, _, _ := strings.Cut(p, "/")
		inside, ours := strings.CutPrefix(p, module+"/")
		switch {
		case p == module || below(p, linkedModules):
		case ours && below(inside, unlinkedRooms):
			complaints = append(complaints, p+" is of the whole program")
		case ours:
		case strings.Contains(first, "."):
			complaints = append(complaints, p+" is of another module")
		case below(p, unlinkedStandard):
			complaints = append(complaints, p+" is not for a library")
		}
	}
	return complaints
}

// below reports whether a package is one of the folders, or stands below one.
func below(p string, folders []string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return p == f || strings.HasPrefix(p, f+"/") })
}

// TestLinked: a program that embeds the gate pays for the gate alone.
func TestLinked(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := strings.Fields(string(out))
	for _, must := range []string{module, module + "/gate", module + "/wire/std", "net/http"} {
		if !slices.Contains(packages, must) {
			t.Errorf("%s is not in the list of %d packages", must, len(packages))
		}
	}
	for _, c := range overLinked(packages) {
		t.Error(c)
	}
}

// TestLinkedGoesRed plants what the issue names.
func TestLinkedGoesRed(t *testing.T) {
	for _, p := range []string{
		"database/sql", "database/sql/driver", "net/http/pprof", module + "/serve", module + "/cmd/gatehouse", module + "/console/pages",
		module + "/wire/upstream", "github.com/caddyserver/certmagic", "golang.org/x/crypto/acme", "modernc.org/sqlite", "github.com/spf13/cobra",
		"go.yaml.in/yaml/v3",
	} {
		if len(overLinked([]string{p})) != 1 {
			t.Errorf("%s may be linked", p)
		}
	}
	if c := overLinked([]string{"vendor/golang.org/x/net/idna", "net/http", "go.yaml.in/yaml/v4", module, module + "/guard/request"}); c != nil {
		t.Error(c)
	}
}
