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

// A slip in a security requirement never makes an operation public, nor does
// it leave in force what it was to replace.
func TestSlipsAreNotPublic(t *testing.T) {
	for _, row := range []struct {
		name, security string
		met            bool // something meets it, though the document is in error
	}{
		{"no-list", "{}", false}, {"no-list-but-an-object", "{key: []}", false}, {"null", "null", false}, {"text", "none", false}, {"list-of-text", "[key]", false},
		{"list-of-null", "[null]", false}, {"unknown-scheme", "[{keys: []}]", false}, {"broken-scheme", "[{broken: []}]", false}, {"unknown-beside-known", "[{key: [], keys: []}]", false},
		{"scopes-of-wrong-kind", "[{key: 1}]", true},
	} {
		for _, outer := range []string{"[]", "[{key: []}]"} {
			t.Run(row.name+"-within-"+outer, func(t *testing.T) {
				c, problems := read(t, `openapi: 3.0.3
security: `+outer+`
paths: {/a: {get: {security: `+row.security+`}}}
components: {securitySchemes: {key: {type: apiKey, in: header, name: k}, broken: 1}}`)
				if problems.Err() == nil {
					t.Error("no error")
				}
				op := c.Operations[0]
				if op.Public() || len(op.Security) == 0 || op.SecurityFrom != contract.SecurityOperation {
					t.Errorf("public: %v, from %v", op.Public(), op.SecurityFrom)
				}
				for _, r := range op.Security {
					met := true
					for _, use := range r {
						met = met && use.Scheme != nil && !use.Scheme.Broken
					}
					if met != row.met {
						t.Errorf("something meets it: %v", met)
					}
				}
			})
		}
	}
}

// A server's URL is a place and nothing more.
func TestServerURLs(t *testing.T) {
	const query = "a query or a fragment has no place in it"
	for _, row := range []struct{ name, url, want string }{
		{"path", "/v1", ""}, {"host", "https://a.example/v1/", ""}, {"query", "/v1?a=b", query}, {"empty-query", "/v1?", query}, {"empty-query-of-a-host", "https://a.example?", query},
		{"fragment", "/v1#f", query}, {"fragment-alone", "#f", query}, {"query-and-fragment", "/v1?#f", query}, {"no-scheme", "a.example:80", "a host needs a scheme"},
		{"two-slashes", "/a//b", `its path holds "//"`}, {"no-url", "/%zz", "it is not a URL"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, problems := read(t, fmt.Sprintf("openapi: 3.0.3\ninfo: {title: a, version: '1'}\nservers: [{url: %q}]\npaths: {/a: {get: {responses: {default: {description: d}}}}}", row.url))
			switch err := problems.Err(); {
			case row.want == "" && (len(problems) > 0 || c.Operations[0].BasePaths[0] != "/v1"):
				t.Error(c.Operations[0].BasePaths, problems)
			case row.want != "" && (err == nil || !strings.Contains(problems.Error(), row.want)):
				t.Errorf("got %v, want %q", problems, row.want)
			}
		})
	}
}

// What is broken is reported where it stands, once, however many refer to it.
func TestBrokenPartsAreReportedOnce(t *testing.T) {
	const parameter, body, response = "parameters: [{$ref: '#/components/parameters/x'}], ", "requestBody: {$ref: '#/components/requestBodies/x'}, ", "responses: {'200': {$ref: '#/components/responses/x'}}, x-"
	for _, row := range []struct{ name, use, section, part string }{
		{"parameter-without-a-name", parameter, "parameters", "{in: query, schema: {}}"}, {"parameter-elsewhere", parameter, "parameters", "{name: a, in: elsewhere, schema: {}}"},
		{"parameter-with-a-bad-style", parameter, "parameters", "{name: a, in: query, style: matrix, schema: {}}"}, {"parameter-of-text", parameter, "parameters", "x"},
		{"header-of-a-bad-name", parameter, "parameters", "{name: 'a b', in: header, schema: {}}"},
		{"body-without-content", body, "requestBodies", "{}"}, {"body-of-text", body, "requestBodies", "x"}, {"body-of-a-bad-type", body, "requestBodies", "{content: {a: {}}}"},
		{"response-without-a-description", response, "responses", "{content: {a: {}}}"}, {"response-of-text", response, "responses", "x"},
	} {
		t.Run(row.name, func(t *testing.T) {
			problems := func(operations int) source.Problems {
				text := "openapi: 3.0.3\ninfo: {title: a, version: '1'}\npaths:\n"
				for i := range operations {
					text += fmt.Sprintf("  /a%d: {post: {%sresponses: {default: {description: d}}}}\n", i, row.use)
				}
				_, list := read(t, text+"components: {"+row.section+": {x: "+row.part+"}}")
				return list
			}
			about := func(list source.Problems) (n int) {
				for _, p := range list {
					if strings.Contains(p.Pointer, "components") {
						n++
					}
				}
				return n
			}
			one, many := about(problems(1)), problems(1100) // more than are listed
			if one == 0 || about(many) != one {
				t.Errorf("%d problems for one operation, %d for many: %v", one, about(many), many[:3])
			}
			if strings.Contains(many.Error(), "more problems than are listed") {
				t.Error("they hide what else is wrong")
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
