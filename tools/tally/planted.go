package main

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// mark stands in the secrets that tests plant. What any test or any program that
// it runs writes must not hold it, in whatever form.
const mark = "zqx7-planted"

// writesSecrets are tests that write planted secrets down to see that they are
// found.
var writesSecrets = map[string]bool{"TestPlantedSecretsAreFound": true}

var forms = formsOf(mark)

// formsOf are the ways in which a text may be written within another.
func formsOf(text string) []string {
	b := []byte(text)
	list := []string{text, hex.EncodeToString(b), strings.ToUpper(hex.EncodeToString(b))}
	for skip := range 3 { // what is written before it shifts the letters of base64
		whole := b[skip:]
		list = append(list, base64.RawStdEncoding.EncodeToString(whole[:len(whole)/3*3]))
	}
	return list
}

// search notes a test whose output holds a planted secret, which is not shown.
func (t *tally) search(e *event) {
	top, _, _ := strings.Cut(e.Test, "/")
	if writesSecrets[top] {
		return
	}
	for _, form := range forms {
		if !strings.Contains(e.Output, form) {
			continue
		}
		if where := strings.TrimSpace(e.Package + " " + e.Test); !t.leaked[where] {
			t.leaked[where] = true
			t.failures = append(t.failures, where+" writes a planted secret")
		}
		e.Output = "(a line with a planted secret)\n"
	}
}
