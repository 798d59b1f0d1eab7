package config

import (
	"maps"
	"slices"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// Broken returns the rules that a configuration breaks, with all problems.
func Broken(name string, text []byte, look Environment) ([]string, source.Problems) {
	hit := make(map[string]bool)
	_, problems := parse(name, text, look, hit)
	return slices.Sorted(maps.Keys(hit)), problems
}

// RuleNames are the names of all rules.
func RuleNames() []string { return slices.Sorted(maps.Keys(rules)) }
