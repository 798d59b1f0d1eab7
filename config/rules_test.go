package config_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/config"
)

var update = flag.Bool("update", false, "write the expected messages anew")

// TestRules reads, for each rule, the file that breaks it, and compares all
// messages with those that are expected.
func TestRules(t *testing.T) {
	files, err := filepath.Glob("testdata/*.bad.yaml")
	if err != nil {
		t.Fatal(err)
	}
	rules := config.RuleNames()
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".bad.yaml")
		t.Run(name, func(t *testing.T) {
			if !slices.Contains(rules, name) {
				t.Fatal("there is no such rule")
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			broken, problems := config.Broken(filepath.Base(file), text, environment)
			if !slices.Contains(broken, name) {
				t.Errorf("breaks %q and not the rule that it is for", broken)
			}
			golden(t, strings.TrimSuffix(file, ".bad.yaml")+".want", problems.Error()+"\n")
			if strings.Contains(problems.Error(), "planted") {
				t.Error("the messages hold a secret")
			}
			for _, p := range problems {
				if p.Line == 0 || p.Pointer == "" {
					t.Error("has no place: ", p)
				}
			}
		})
	}
	for _, rule := range rules {
		if !slices.Contains(files, filepath.Join("testdata", rule+".bad.yaml")) {
			t.Errorf("no file breaks the rule %s", rule)
		}
	}
	if len(files) == 0 {
		t.Error("there is no file")
	}
}

// TestFilesHaveRows finds files that no test reads.
func TestFilesHaveRows(t *testing.T) {
	all, err := os.ReadDir("testdata")
	if err != nil || len(all) == 0 {
		t.Fatal(all, err)
	}
	for _, f := range all {
		name, kind, _ := strings.Cut(f.Name(), ".")
		switch kind {
		case "good.yaml":
		case "bad.yaml", "want":
			if !slices.Contains(config.RuleNames(), name) {
				t.Errorf("%s is for no rule", f.Name())
			}
		default:
			if f.Name() != "introduction.txt" && f.Name() != "fuzz" {
				t.Errorf("%s is read by no test", f.Name())
			}
		}
	}
}

// golden compares got with a file, or writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}
