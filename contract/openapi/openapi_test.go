package openapi_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract"

	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

func goodDocuments(t *testing.T) []string {
	docs, err := filepath.Glob("testdata/good/*.yaml")
	if err != nil || len(docs) == 0 {
		t.Fatal("no documents:", err)
	}
	return append(docs, "testdata/good/multi/openapi.yaml")
}

// The whole model of every document under testdata/good stands beside it.
func TestGoodDocuments(t *testing.T) {
	for _, doc := range goodDocuments(t) {
		t.Run(strings.ReplaceAll(filepath.Base(doc), ".", "-"), func(t *testing.T) {
			c, problems := openapi.Load(doc)
			if len(problems) > 0 {
				t.Error(problems)
			}
			got, golden := dump(c, true), doc+".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("model of %s:\n%s\nwant:\n%s", doc, got, want)
			}
		})
	}
}

// A document means the same in YAML and in JSON.
func TestFormsAreEqual(t *testing.T) {
	for _, doc := range goodDocuments(t) {
		t.Run(strings.ReplaceAll(filepath.Base(filepath.Dir(doc))+"-"+filepath.Base(doc), ".", "-"), func(t *testing.T) {
			folder := t.TempDir()
			if err := os.CopyFS(folder, os.DirFS(filepath.Dir(doc))); err != nil {
				t.Fatal(err)
			}
			yaml, problems := openapi.Load(doc)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			twin := filepath.Join(folder, "twin.json")
			if err := os.WriteFile(twin, []byte(plainJSON(yaml.Root)), 0o644); err != nil {
				t.Fatal(err)
			}
			json, problems := openapi.Load(twin)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			if !source.Equal(yaml.Root, json.Root) {
				t.Error("the trees differ")
			}
			if a, b := dump(yaml, false), dump(json, false); a != b {
				t.Errorf("as YAML:\n%s\nas JSON:\n%s", a, b)
			}
		})
	}
}

func read(t *testing.T, text string) (*contract.Contract, source.Problems) {
	t.Helper()
	f, problems := source.ParseString("api.yaml", text)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return openapi.Read(source.NewSet(f), f)
}

const secured = `openapi: 3.0.3
info: {title: a, version: "1"}
%s
paths:
  /a:
    get: {operationId: a, security: [{oauth: [read], key: []}], responses: {default: {description: d}}}
    put: {responses: {default: {description: d}}}
    post: {security: [], responses: {default: {description: d}}}
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
    oauth: {type: oauth2, flows: {password: {tokenUrl: "https://a", scopes: {read: r}}}}
`

func TestSecurity(t *testing.T) {
	for _, row := range []struct{ name, document, want string }{
		{"an-operation-without", "", "api.yaml:7:10: #/paths/~1a/put: PUT /a says nothing of security, in a contract that requires it elsewhere\n" +
			"  hint: add to the operation security: [{oauth: [read], key: []}], or security: [] when everybody may call it"},
		{"the-document-says", "security: [{key: []}]", ""},
		{"the-document-is-public", "security: []", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, problems := read(t, fmt.Sprintf(secured, row.document))
			if len(problems) > 0 || !c.Secured {
				t.Fatal(c.Secured, problems)
			}
			if got := openapi.Security(c).Error(); got != row.want {
				t.Errorf("got %s\nwant %s", got, row.want)
			}
		})
	}
	t.Run("no-requirement-at-all", func(t *testing.T) {
		c, _ := read(t, "openapi: 3.0.3\npaths: {/a: {get: {}}}")
		if c.Secured || len(openapi.Security(c)) > 0 {
			t.Error(c.Secured, openapi.Security(c))
		}
	})
}

// A slip in a security requirement never makes an operation public.
func TestSlipsAreNotPublic(t *testing.T) {
	for _, row := range []struct{ name, security string }{
		{"no-list", "{}"}, {"null", "null"}, {"text", "none"}, {"list-of-text", "[key]"}, {"list-of-null", "[null]"},
		{"unknown-scheme", "[{keys: []}]"}, {"broken-scheme", "[{broken: []}]"}, {"scopes-of-wrong-kind", "[{key: 1}]"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, problems := read(t, `openapi: 3.0.3
paths: {/a: {get: {security: `+row.security+`}}}
components: {securitySchemes: {key: {type: apiKey, in: header, name: k}, broken: 1}}`)
			if problems.Err() == nil {
				t.Error("no error")
			}
			if c.Operations[0].Public() {
				t.Error("the operation is public")
			}
			for _, r := range c.Operations[0].Security {
				for _, use := range r {
					if use.Scheme == nil {
						t.Error("a use without a scheme")
					}
				}
			}
		})
	}
}

// Schemas follow references between files through the contract's files.
func TestSchemasOfManyFiles(t *testing.T) {
	c, problems := openapi.Load("testdata/good/multi/openapi.yaml")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	compiler := schema.NewCompiler(schema.Options{Dialect: c.Dialect, Load: c.Files.Load})
	pet := compiler.Compile(c.Operations[0].Responses[0].Media[0].Schema)
	if problems := append(compiler.Problems(), c.Files.Problems()...); len(problems) > 0 {
		t.Fatal(problems)
	}
	for text, want := range map[string]bool{`{"owner": {"name": "Ada"}}`: true, `{"owner": {"nam": "Ada"}}`: false} {
		if got := pet.Read(new(schema.State), []byte(text)); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}
