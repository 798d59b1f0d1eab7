package source

import "strings"

// syntaxWords are what the parser of YAML says most, and what that means for
// whoever wrote the text.
var syntaxWords = []struct{ said, words, hint string }{
	{"tab character that violates", "a tab stands where spaces indent", "indent with spaces, not with tabs"},
	{"cannot start any token", "no value begins with this character", "put text that begins so into quotes"},
	{"mapping values are not allowed", "a colon stands where no key can be", "put text that holds a colon and a space into quotes; keys of one group begin in one column"},
	{"unknown anchor", "unknown anchor", "put text that begins with * into quotes"},
	{"did not find expected '-' indicator", "a dash is expected, in the column of those above", "look at the indentation: keys of one group, and dashes of one list, begin in one column"},
	{"did not find expected key", "a key is expected, in the column of those above", "look at the indentation: keys of one group, and dashes of one list, begin in one column"},
	{"did not find expected ',' or ']'", "a list in brackets goes on with a comma or ends with ]", "close the list that begins here"},
	{"did not find expected ',' or '}'", "a group in braces goes on with a comma or ends with }", "close the group that begins here, or put text that holds braces into quotes"},
	{"could not find expected ':'", "a key has no colon behind it", "write a colon and a space behind the key above"},
	{"unexpected end of stream while scanning a quoted", "text in quotes has no end", "close the quotes"},
	{"unexpected document indicator while scanning a quoted", "text in quotes has no end", "close the quotes"},
}

// plainSyntax puts what the parser says into words; rest is the text from the
// place on.
func plainSyntax(said, rest string) (words, hint string) {
	if strings.HasPrefix(rest, "\t") && strings.Contains(said, "cannot start any token") {
		return "a tab stands where spaces indent", "indent with spaces, not with tabs"
	}
	for _, w := range syntaxWords {
		if strings.Contains(said, w.said) {
			return w.words, w.hint
		}
	}
	return said, ""
}
