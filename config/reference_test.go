package config_test

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

const reference = "../docs/reference/"

// TestReference holds what is written for users to the types, their tags and
// their comments; -update writes it anew.
func TestReference(t *testing.T) {
	golden(t, reference+"gatehouse.schema.json", config.SchemaText())
	_, problems := config.Parse("gatehouse.yaml", []byte("version: 1\nlistners:\n  - address: 127.0.0.1\n"), environment)
	golden(t, reference+"gatehouse.yaml.md", config.ReferenceText(strings.NewReplacer(
		"$minimal", text(t, "minimal.good.yaml"), "$example", text(t, "example.good.yaml"), "$problems", problems.Error(),
	).Replace(text(t, "introduction.txt")+"\n")))
}

// text returns a file of testdata without its last newline.
func text(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(string(b), "\n")
}

// whole is a whole gatehouse.yaml in Markdown.
var whole = regexp.MustCompile("(?s)\n```yaml\n(version: 1\n.*?\n)```\n")

// TestDocumentation reads every gatehouse.yaml that the documentation shows.
func TestDocumentation(t *testing.T) {
	ran := 0
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && len(d.Name()) > 2 && strings.HasPrefix(d.Name(), ".") {
			return cmp.Or(err, fs.SkipDir)
		}
		if filepath.Ext(name) != ".md" {
			return nil
		}
		text, err := os.ReadFile(name)
		for i, m := range whole.FindAllSubmatch(text, -1) {
			ran++
			if c, problems := config.Parse(fmt.Sprintf("%s: example %d", name, i+1), m[1], anything); c == nil || len(problems) > 0 {
				t.Error(problems)
			}
		}
		return err
	})
	if err != nil || ran < 5 {
		t.Errorf("%d examples were read: %v", ran, err)
	}
}

// beyondSchemas are the rules that a JSON Schema cannot say: they compare keys
// with each other, look at more than the form of a text or are warnings.
var beyondSchemas = []string{
	"counters-kind", "counters-plain", "ledger-keys", "witness-keys", "witness-quorum", "witness-twice", "form-witness-key", "audit-ledger", "sink-kind", "sink-pair", "sink-twice", "syslog-plain", "syslog-tls", "kafka-password", "kafka-plain", "kafka-tls",
	"pseudonyms-short", "pseudonyms-key", "pseudonyms-former",
	"alert-acts", "alert-by", "alert-distinct", "alert-kind", "alert-many", "alert-resolved", "alert-sink", "alert-twice",
	"admin-pair", "signals-admin", "admin-listener", "keys-environment", "keys-twice", "credential-twice", "credential-kind", "scheme-credential", "pepper-short", "pepper-needed", "passphrase-short", "store-needed", "store-twice",
	"step-up-empty", "limit-kind", "limit-window", "limit-burst", "limit-unit", "limit-shared", "limit-unknown", "limit-idle", "limit-complexity", "challenge-login", "priority-idle", "tracing-idle", "otlp-tracing", "otlp-url", "locks-first", "overload-bounds", "overload-memory", "overload-credential", "caller-empty", "caller-twice", "caller-key-needed",
	"logins-first", "bots-nothing", "challenge-bits", "challenge-suspicion", "login-place", "login-failed", "login-succeeded", "login-sign",
	"introspection-client", "secret-short", "caller-key-twice", "signature-key",
	"certificate-spiffe", "jwt-keys", "jwt-secret", "jwt-mixed", "jwt-secret-short",
	"ssrf-fields", "feed-source", "countries-geo", "api-name-twice", "body-memory", "cors-any", "cors-twice", "field-twice", "form-value", "handover-listener", "hsts-hosts", "hsts-preload", "listener-everyone", "listener-from", "listener-access", "listener-http2", "listener-plain",
	"listener-port", "listener-redirect", "listener-twice", "listener-all-redirect", "maintenance-listener", "secret-loose", "strip-prefix", "upstream-ca", "upstream-pair", "upstream-plain", "upstream-upgrade",
	"authorizer-api-twice", "authorizer-envoy", "authorizer-http2", "authorizer-listener", "authorizer-proxies",
	"client-hosts", "tls-pair", "role-unknown", "grant-credential",
	"trust-keys", "trust-kind", "trust-login", "trust-pair", "trust-vault",
	"canary-alone", "canary-nobody", "mirror-alone", "mirror-twice", "mirror-weight", "upstream-live", "upstream-twice",
}

// refusedBySchema returns what judges a file as editors do.
func refusedBySchema(t testing.TB) func(t testing.TB, text []byte) bool {
	t.Helper()
	file, problems := source.ParseString("gatehouse.schema.json", config.SchemaText())
	c := schema.NewCompiler(schema.Options{Pure: true})
	s := c.Compile(file.Root)
	if problems = append(problems, c.Problems()...); len(problems) > 0 {
		t.Fatal(problems)
	}
	return func(t testing.TB, text []byte) bool {
		t.Helper()
		document, err := config.JSON(text)
		if err != nil {
			t.Fatal(err)
		}
		var st schema.State
		return !s.Read(&st, document)
	}
}

// TestSchema holds every file of the tests to the JSON Schema: it lets good
// ones pass, and refuses those that break a rule which a schema can say.
func TestSchema(t *testing.T) {
	refused := refusedBySchema(t)
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) < 40 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".yaml"), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			rule, bad := strings.CutSuffix(filepath.Base(name), ".bad.yaml")
			if want := bad && !slices.Contains(beyondSchemas, rule); refused(t, text) != want {
				t.Errorf("refused is %v", !want)
			}
		})
	}
	t.Run("template", func(t *testing.T) {
		if refused(t, config.Template("openapi.yaml", "http://127.0.0.1:9000", "127.0.0.1:8080", config.Public)) {
			t.Error("is refused")
		}
	})
}
