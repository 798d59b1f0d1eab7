package config

import (
	_ "embed" // the template is text
	"strconv"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// template is what gatehouse init writes, with places for what it knows. It is
// written by go test ./config -update from the tags and comments of the types,
// and a test holds it to them.
//
//go:embed template.txt
var template string

// Template returns a gatehouse.yaml to begin with: one listener, one API, and
// every other key as a comment that explains it, with its default. Removing
// "#" from a line makes it part of the configuration. Any text may be given
// and is quoted where YAML needs it; what is wrong with it is for Load to say.
// Without authentication its line stays a comment.
func Template(contract, upstream, listen string, authentication Authentication) []byte {
	line := "#authentication: " + string(ByUpstream)
	if authentication != "" {
		line = "authentication: " + scalar(string(authentication))
	}
	return []byte(strings.NewReplacer(
		"$contract", scalar(contract), "$upstream", scalar(upstream), "$listen", scalar(listen), "$authentication", line,
	).Replace(template))
}

// bare is text that may stand in YAML without quotes if it is not read as
// another kind of value.
var bare = expression(`^[A-Za-z0-9./][A-Za-z0-9_./:@-]*$`)

// scalar writes a text in YAML.
func scalar(text string) string {
	if bare().MatchString(text) {
		if file, _ := source.ParseString("", text); file.Root.Str() == text {
			return text
		}
	}
	return quoteYAML(text)
}

// quoteYAML writes a text in double quotes (YAML 1.2.2 section 7.3.1), whose
// escapes those of Go's ASCII form are but for bytes that are no UTF-8.
func quoteYAML(text string) string {
	return strconv.QuoteToASCII(strings.ToValidUTF8(text, "\uFFFD"))
}
