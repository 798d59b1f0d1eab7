package config_test

import (
	"encoding/json"
	"os"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/gatehouse-api/gatehouse/config"
)

// TestEveryMistakeHasAPlace puts values of other kinds in the place of every
// value of a configuration that has every key: whatever is said then says
// where.
func TestEveryMistakeHasAPlace(t *testing.T) {
	text, err := os.ReadFile("testdata/full.good.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var root any
	if err := yaml.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	tried := 0
	try := func(at string) {
		text, err := json.Marshal(root)
		if err != nil {
			t.Fatal(err)
		}
		tried++
		_, problems := config.Broken("full.yaml", text, environment)
		for _, p := range problems {
			if p.Line == 0 || p.Pointer == "" {
				t.Errorf("%s: has no place: %v", at, p)
			}
		}
	}
	for _, strange := range []any{true, 7, "", "strange", []any{}, map[string]any{}, nil} {
		replaceEach(root, strange, "", try)
	}
	if tried < 1000 {
		t.Error("only", tried)
	}
}

// replaceEach calls try with each value below at replaced once.
func replaceEach(at, by any, path string, try func(string)) {
	switch at := at.(type) {
	case map[string]any:
		for name, value := range at {
			at[name] = by
			try(path + "/" + name)
			at[name] = value
			replaceEach(value, by, path+"/"+name, try)
		}
	case []any:
		for i, value := range at {
			at[i] = by
			try(path + "/-")
			at[i] = value
			replaceEach(value, by, path+"/-", try)
		}
	}
}
