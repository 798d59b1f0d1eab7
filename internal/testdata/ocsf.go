package testdata

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// OCSF is the published schema of events of the Open Cybersecurity Schema
// Framework, as its repository holds it.
type OCSF struct {
	Version    string
	attributes map[string]*ocsfAttribute // of the dictionary
	types      map[string]*ocsfType
	categories map[string]int
	classes    map[string]*ocsfGroup
	objects    map[string]*ocsfGroup
	profiles   map[string]*ocsfGroup
	byUID      map[int]*ocsfGroup
}

// ocsfGroup is a class of events, an object or a profile: attributes by name.
type ocsfGroup struct {
	Name        string                     `json:"name"`
	UID         *int                       `json:"uid"`
	Caption     string                     `json:"caption"`
	Category    string                     `json:"category"`
	Extends     string                     `json:"extends"`
	Raw         map[string]json.RawMessage `json:"attributes"`
	Constraints map[string][]string        `json:"constraints"`
	Profiles    []string                   `json:"profiles"`

	resolved   bool
	attributes map[string]*ocsfAttribute
}

type ocsfAttribute struct {
	Type        string             `json:"type"`
	IsArray     bool               `json:"is_array"`
	Requirement string             `json:"requirement"`
	Enum        map[string]ocsfTag `json:"enum"`
	Sibling     string             `json:"sibling"`
	Deprecated  *struct{}          `json:"@deprecated"`
	// Profile is that which the attribute belongs to; JSON null takes it out of
	// the profile, so that it is always there.
	Profile json.RawMessage `json:"profile"`
}

type ocsfTag struct {
	Caption string `json:"caption"`
}

type ocsfType struct {
	Type   string  `json:"type"`
	Regex  string  `json:"regex"`
	MaxLen int     `json:"max_len"`
	Range  []int64 `json:"range"`

	regex *regexp.Regexp
}

// LoadOCSF reads the schema from the folder that GATEHOUSE_OCSF names, otherwise
// ../shared/testdata/ocsf.
func LoadOCSF(t testing.TB) *OCSF {
	t.Helper()
	folder := Path(t, "GATEHOUSE_OCSF", "ocsf")
	s := &OCSF{categories: map[string]int{}, byUID: map[int]*ocsfGroup{}}
	var dictionary struct {
		Attributes map[string]*ocsfAttribute
		Types      struct{ Attributes map[string]*ocsfType }
	}
	var categories struct{ Attributes map[string]struct{ UID int } }
	read(t, filepath.Join(folder, "dictionary.json"), &dictionary)
	read(t, filepath.Join(folder, "categories.json"), &categories)
	read(t, filepath.Join(folder, "version.json"), s)
	s.attributes, s.types = dictionary.Attributes, dictionary.Types.Attributes
	for name, c := range categories.Attributes {
		s.categories[name] = c.UID
	}
	for name, k := range s.types {
		if k.Regex == "" {
			continue
		}
		var err error
		if k.regex, err = regexp.Compile(k.Regex); err != nil {
			t.Fatalf("the type %s: %v", name, err)
		}
	}
	s.classes, s.objects, s.profiles = groups(t, folder, "events"), groups(t, folder, "objects"), groups(t, folder, "profiles")
	for _, list := range []map[string]*ocsfGroup{s.classes, s.objects} {
		for _, g := range list {
			s.resolve(t, g, list)
		}
	}
	for _, g := range s.classes {
		if g.UID != nil {
			s.byUID[s.categories[g.Category]*1000+*g.UID] = g
		}
	}
	if len(s.byUID) < 50 || len(s.objects) < 100 || len(s.attributes) < 500 {
		t.Fatalf("the schema has %d classes, %d objects and %d attributes: it is not whole", len(s.byUID), len(s.objects), len(s.attributes))
	}
	return s
}

func read(t testing.TB, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// groups reads all files below a folder, by their names.
func groups(t testing.TB, folder, kind string) map[string]*ocsfGroup {
	t.Helper()
	list := map[string]*ocsfGroup{}
	err := filepath.WalkDir(filepath.Join(folder, kind), func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".json") {
			g := new(ocsfGroup)
			read(t, path, g)
			list[g.Name] = g
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// resolve gives g the attributes of what it extends and includes: the nearer
// says over the farther, and enumerations are joined.
func (s *OCSF) resolve(t testing.TB, g *ocsfGroup, among map[string]*ocsfGroup) {
	t.Helper()
	if g.resolved {
		return
	}
	g.resolved, g.attributes = true, map[string]*ocsfAttribute{}
	if base := among[g.Extends]; base != nil {
		s.resolve(t, base, among)
		for name, a := range base.attributes {
			g.attributes[name] = a
		}
		if g.Category == "" {
			g.Category = base.Category
		}
		if g.Constraints == nil {
			g.Constraints = base.Constraints
		}
		g.Profiles = append(g.Profiles, base.Profiles...)
	} else if g.Extends != "" {
		t.Fatalf("%s extends %s, which is not there", g.Name, g.Extends)
	}
	var includes []string
	if raw, ok := g.Raw["$include"]; ok {
		if err := json.Unmarshal(raw, &includes); err != nil {
			t.Fatalf("%s: %v", g.Name, err)
		}
	}
	for _, file := range includes {
		p := s.profiles[strings.TrimSuffix(filepath.Base(file), ".json")]
		if p == nil {
			t.Fatalf("%s includes %s, which is not there", g.Name, file)
		}
		for name, raw := range p.Raw {
			s.add(t, g, name, raw, json.RawMessage(`"`+p.Name+`"`))
		}
	}
	for name, raw := range g.Raw {
		if name != "$include" {
			s.add(t, g, name, raw, nil)
		}
	}
}

// add gives g an attribute, over what the dictionary and those before say.
func (s *OCSF) add(t testing.TB, g *ocsfGroup, name string, raw, profile json.RawMessage) {
	t.Helper()
	var a ocsfAttribute
	known := s.attributes[name]
	if before := g.attributes[name]; before != nil {
		known = before
	}
	if known != nil {
		a = *known
		a.Enum, a.Profile = maps.Clone(a.Enum), bytes.Clone(a.Profile) // decoding writes into both
	}
	if profile != nil {
		a.Profile = profile
	}
	if err := json.Unmarshal(raw, &a); err != nil {
		t.Fatalf("%s of %s: %v", name, g.Name, err)
	}
	if a.Type == "" {
		t.Fatalf("%s of %s is not in the dictionary", name, g.Name)
	}
	g.attributes[name] = &a
}
