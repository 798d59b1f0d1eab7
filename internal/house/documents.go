package house

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// dependency is a module that go.mod may require, with the record that argues
// for it.
var dependencies = map[string]string{
	"go.yaml.in/yaml/v4":                         "docs/decisions/dependencies.md",
	"github.com/prometheus/client_golang":        "docs/decisions/dependencies.md",
	"github.com/prometheus/client_model":         "docs/decisions/dependencies.md",
	"go.opentelemetry.io/proto/otlp":             "docs/decisions/dependencies.md",
	"github.com/prometheus/common":               "docs/decisions/dependencies.md",
	"github.com/spf13/cobra":                     "docs/decisions/dependencies.md",
	"github.com/spf13/pflag":                     "docs/decisions/dependencies.md",
	"github.com/twmb/franz-go":                   "docs/decisions/sinks.md",
	"github.com/twmb/franz-go/pkg/kfake":         "docs/decisions/dependencies.md",
	"github.com/twmb/franz-go/pkg/kmsg":          "docs/decisions/dependencies.md",
	"github.com/rogpeppe/go-internal":            "docs/decisions/dependencies.md",
	"golang.org/x/crypto":                        "docs/decisions/dependencies.md",
	"golang.org/x/mod":                           "docs/decisions/dependencies.md",
	"github.com/transparency-dev/merkle":         "docs/decisions/dependencies.md",
	"golang.org/x/net":                           "docs/decisions/dependencies.md",
	"golang.org/x/text":                          "docs/decisions/dependencies.md",
	"github.com/cedar-policy/cedar-go":           "docs/decisions/dependencies.md",
	"github.com/vektah/gqlparser/v2":             "docs/decisions/dependencies.md",
	"github.com/oschwald/maxminddb-golang/v2":    "docs/decisions/dependencies.md",
	"github.com/maxmind/mmdbwriter":              "docs/decisions/dependencies.md",
	"github.com/go-jose/go-jose/v4":              "docs/decisions/dependencies.md",
	"github.com/go-json-experiment/json":         "docs/decisions/dependencies.md",
	"github.com/caddyserver/certmagic":           "docs/decisions/dependencies.md",
	"google.golang.org/protobuf":                 "docs/decisions/dependencies.md",
	"github.com/redis/rueidis":                   "docs/decisions/dependencies.md",
	"github.com/tink-crypto/tink-go/v2":          "docs/decisions/dependencies.md",
	"github.com/ebitengine/purego":               "docs/decisions/dependencies.md",
	"go.uber.org/zap":                            "docs/decisions/dependencies.md",
	"github.com/jackc/pgx/v5":                    "docs/decisions/dependencies.md",
	"github.com/pressly/goose/v3":                "docs/decisions/dependencies.md",
	"modernc.org/sqlite":                         "docs/decisions/dependencies.md",
	"github.com/corazawaf/coraza/v3":             "docs/decisions/dependencies.md",
	"github.com/corazawaf/coraza-coreruleset/v4": "docs/decisions/dependencies.md",
}

var requireLine = regexp.MustCompile(`^(?:require )?\s*([a-z][^\s]*\.[^\s]+) v\S+( // indirect)?$`)

// Dependencies demands that each direct requirement of go.mod is argued for in
// its record.
func Dependencies(tree fs.FS) (complaints []string) {
	mod, err := fs.ReadFile(tree, "go.mod")
	if err != nil {
		return []string{err.Error()}
	}
	for line := range strings.Lines(string(mod)) {
		m := requireLine.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil || m[2] != "" {
			continue
		}
		record, ok := dependencies[m[1]]
		if !ok {
			complaints = append(complaints, fmt.Sprintf("go.mod: requires %s, which is in no list (internal/house/documents.go)", m[1]))
			continue
		}
		text, err := fs.ReadFile(tree, record)
		if err != nil || !strings.Contains(string(text), m[1]) {
			complaints = append(complaints, fmt.Sprintf("go.mod: requires %s, but %s does not argue for it", m[1], record))
		}
	}
	return complaints
}

var (
	release = regexp.MustCompile(`^## (Unreleased|v\d+\.\d+\.\d+ \(\d{4}-\d{2}-\d{2}\))$`)
	change  = regexp.MustCompile("^- \\[(add|change|fix|remove|security)\\] [a-z`].*[^.]$")
)

// Changelog holds CHANGELOG.md to its form: a heading per release, one typed
// line per change, nothing else after the first heading.
func Changelog(text string) (complaints []string) {
	n, releases, changes := 0, 0, 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimRight(line, "\n")
		switch {
		case release.MatchString(line):
			releases++
		case releases == 0 || line == "":
		case change.MatchString(line):
			changes++
		default:
			complaints = append(complaints, fmt.Sprintf("CHANGELOG.md:%d: must be a release (## v1.2.3 (2026-01-31)) or a change (- [add|change|fix|remove|security] words without a full stop)", n))
		}
	}
	if releases == 0 || changes == 0 {
		complaints = append(complaints, "CHANGELOG.md: names no release or no change")
	}
	return complaints
}

// Code is what docs/refusals.md says of one refusal.
type Code struct {
	Name, Title string
	Status      int
}

var codeRow = regexp.MustCompile("^\\| <a id=\"([a-z-]+)\"></a>`([a-z-]+)` \\| (\\d{3}) \\| ([^|]+) \\|")

// Refusals holds docs/refusals.md against the codes of the program, in order.
func Refusals(text string, codes []Code) (complaints []string) {
	var rows []Code
	for line := range strings.Lines(text) {
		if m := codeRow.FindStringSubmatch(line); m != nil {
			status, _ := strconv.Atoi(m[3])
			rows = append(rows, Code{m[2], strings.TrimSpace(m[4]), status})
			if m[1] != m[2] {
				complaints = append(complaints, fmt.Sprintf("docs/refusals.md: the anchor of `%s` is %q, links of problems would miss it", m[2], m[1]))
			}
		}
	}
	for i, c := range codes {
		if i >= len(rows) || rows[i] != c {
			return []string{fmt.Sprintf("docs/refusals.md: row %d must be | `%s` | %d | %s |", i+1, c.Name, c.Status, c.Title)}
		}
	}
	if len(rows) != len(codes) || len(codes) == 0 {
		return []string{fmt.Sprintf("docs/refusals.md: has %d rows, the program has %d codes", len(rows), len(codes))}
	}
	return complaints
}

var boundRow = regexp.MustCompile("^\\| .* \\| `([^`]+)` `([^`]+)` \\|$")

// Bounds holds docs/reference/bounds.md against the code: each row names a file
// and a piece of its text that says the bound.
func Bounds(tree fs.FS, text string) (complaints []string) {
	rows, table, n := 0, 0, 0 // table counts the lines of one
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimRight(line, "\n")
		if !strings.HasPrefix(line, "|") {
			table = 0
			continue
		}
		if table++; table <= 2 { // the head and the line below it
			continue
		}
		m := boundRow.FindStringSubmatch(line)
		if m == nil {
			complaints = append(complaints, fmt.Sprintf("docs/reference/bounds.md:%d: the row must end with a file and a piece of its text that says the bound", n))
			continue
		}
		rows++
		if code, err := fs.ReadFile(tree, m[1]); err != nil || !strings.Contains(string(code), m[2]) {
			complaints = append(complaints, fmt.Sprintf("docs/reference/bounds.md: %s does not say %q any more", m[1], m[2]))
		}
	}
	if rows == 0 && len(complaints) == 0 {
		complaints = append(complaints, "docs/reference/bounds.md: has no row")
	}
	return complaints
}

// pathJoin resolves a link that stands in the file at name.
func pathJoin(name, target string) string {
	return strings.TrimSuffix(path.Join(path.Dir(name), target), "/")
}

var (
	floorRow = regexp.MustCompile(`(?m)^\| (\d+) \| ([^|]+) \|`)
	floored  = regexp.MustCompile("`([a-z0-9/]+)`|\\broot\\b")
)

// Listed holds the list of packages in README.md against those that there are:
// it names all but those that only others of ours may import.
func Listed(text string, rooms map[string]room) (complaints []string) {
	for folder, r := range rooms {
		hidden := r.helper || folder == "." || strings.Contains("/"+folder, "/internal/") || strings.HasPrefix(folder, "cmd/gatehouse/")
		if !hidden && !strings.Contains(text, "`"+folder+"`") {
			complaints = append(complaints, "README.md: does not name "+folder)
		}
	}
	slices.Sort(complaints)
	return complaints
}

// Architecture demands that docs/architecture.md names every package of the
// plan, those in its table on the floor where they stand.
func Architecture(text string, rooms map[string]room) (complaints []string) {
	const document = "docs/architecture.md: "
	named := map[string]bool{}
	for _, row := range floorRow.FindAllStringSubmatch(text, -1) {
		for _, m := range floored.FindAllStringSubmatch(row[2], -1) {
			folder := m[1]
			if folder == "" {
				folder = "."
			}
			named[folder] = true
			if r, ok := rooms[folder]; !ok {
				complaints = append(complaints, document+folder+" is no package")
			} else if strconv.Itoa(r.floor) != row[1] {
				complaints = append(complaints, fmt.Sprintf("%s%s stands on floor %d, not %s", document, folder, r.floor, row[1]))
			}
		}
	}
	for folder, r := range rooms {
		if !r.helper && !named[folder] && !strings.Contains(text, "`"+folder+"`") {
			complaints = append(complaints, document+"does not name "+folder)
		}
	}
	slices.Sort(complaints)
	return complaints
}
