package schema

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// requiredCases is how many cases of draft 2020-12 the public suite demands.
const requiredCases = 1299

type suiteGroup struct {
	Description string
	Schema      json.RawMessage
	Tests       []struct {
		Description string
		Data        json.RawMessage
		Valid       bool
	}
}

func suite(t *testing.T) string {
	return testdata.Path(t, "GATEHOUSE_SCHEMA_SUITE", "json-schema-test-suite")
}

// remotes serves the suite's remote schemas from its folder.
func remotes(folder string) func(string) (*source.File, error) {
	files := make(map[string]*source.File)
	return func(uri string) (*source.File, error) {
		if f := files[uri]; f != nil {
			return f, nil
		}
		name, ok := strings.CutPrefix(uri, "http://localhost:1234/")
		if !ok {
			return nil, fs.ErrNotExist
		}
		text, err := os.ReadFile(filepath.Join(folder, "remotes", filepath.FromSlash(name)))
		if err != nil {
			return nil, fs.ErrNotExist
		}
		f, _ := source.Parse(name, text)
		f.URI = uri
		files[uri] = f
		return f, nil
	}
}

// runSuite runs every file that the pattern names and returns how many cases
// ran. excepted holds reasons by "file/group/case" or a prefix of that.
func runSuite(t *testing.T, pattern string, o Options, excepted map[string]string) int {
	folder := suite(t)
	o.Load = remotes(folder)
	files, err := filepath.Glob(filepath.Join(folder, "tests", "draft2020-12", filepath.FromSlash(pattern)))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files match %s", pattern)
	}
	ran, used := 0, make(map[string]bool)
	var st State
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var groups []suiteGroup
		if err := json.Unmarshal(text, &groups); err != nil {
			t.Fatal(err)
		}
		base := strings.TrimSuffix(filepath.Base(file), ".json")
		for _, g := range groups {
			f, _ := source.Parse("schema", g.Schema)
			c := NewCompiler(o)
			s := c.Compile(f.Root)
			for _, c2 := range g.Tests {
				name := base + "/" + g.Description + "/" + c2.Description
				if key := exception(excepted, name); key != "" {
					used[key] = true
					continue
				}
				ran++
				got := s.Read(&st, c2.Data)
				if got != c2.Valid {
					t.Errorf("%s: got %v, want %v\nschema %s\ndata %s\nfault %+v\nproblems %v",
						name, got, c2.Valid, g.Schema, c2.Data, st.Fault(), c.Problems())
				}
				if !got {
					st.Fault()
				}
			}
		}
	}
	for key, reason := range excepted {
		if !used[key] {
			t.Errorf("the exception %q (%s) matches no case", key, reason)
		}
	}
	return ran
}

func exception(excepted map[string]string, name string) string {
	for key := range excepted {
		if strings.HasPrefix(name, key) {
			return key
		}
	}
	return ""
}

func TestSuiteRequired(t *testing.T) {
	ran := runSuite(t, "*.json", Options{Pure: true}, nil)
	if ran != requiredCases {
		t.Errorf("%d cases ran, want %d", ran, requiredCases)
	}
	t.Logf("%d required cases of draft 2020-12 ran", ran)
}

// Optional cases: all of those for formats, and all others but one.
const formatCases, otherCases = 764, 162

func TestSuiteFormats(t *testing.T) {
	ran := runSuite(t, "optional/format/*.json", Options{Pure: true, AssertFormats: true}, nil)
	if ran != formatCases {
		t.Errorf("%d cases ran, want %d", ran, formatCases)
	}
	t.Logf("%d optional cases of formats ran", ran)
}

func TestSuiteOptional(t *testing.T) {
	ran := runSuite(t, "optional/*.json", Options{Pure: true}, map[string]string{
		"cross-draft/": "schemas of older drafts are not read as those drafts",
	})
	if ran != otherCases-1 {
		t.Errorf("%d cases ran, want %d", ran, otherCases-1)
	}
	t.Logf("%d other optional cases ran", ran)
}
