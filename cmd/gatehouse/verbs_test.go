package main

import (
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestREADMENamesTheCommands holds the line of the README about the command to
// the commands that there are.
func TestREADMENamesTheCommands(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, line, _ := strings.Cut(string(text), "\n| `cmd/gatehouse` |")
	line, _, _ = strings.Cut(line, "\n")
	n := 0
	for _, g := range groups {
		for _, v := range g.verbs {
			n++
			if name := v(&world{}).Name(); !strings.Contains(line, "`"+name+"`") {
				t.Errorf("the README does not name %s", name)
			}
		}
	}
	if n == 0 || strings.Count(line, "`") != 2*n {
		t.Errorf("the README names other commands than the %d that there are:%s", n, line)
	}
}

// TestEveryCommandSaysWhatItDoes wants every command in a group of the help, and
// every one that does something without an argument list of its own to refuse
// arguments.
func TestEveryCommandSaysWhatItDoes(t *testing.T) {
	root := newRoot(&world{})
	for _, cmd := range root.Commands() {
		if cmd.GroupID == "" {
			t.Errorf("%s stands in no group", cmd.CommandPath())
		}
	}
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.Short == "" || cmd.Args == nil && cmd.Name() != "help" && !strings.Contains(cmd.Use, "...]") {
			t.Errorf("%s does not say what it does, or takes any argument", cmd.CommandPath())
		}
		for _, below := range cmd.Commands() {
			walk(below)
		}
	}
	walk(root)
}
