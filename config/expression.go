package config

import (
	"regexp"
	"sync"
)

// expression is a regular expression that is compiled when it is used first: most
// files use few of them, and each takes memory for as long as the gate runs.
func expression(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
