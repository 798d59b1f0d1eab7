package challenge

import (
	_ "embed"

	"github.com/gatehouse-api/gatehouse/gate"
)

// ScriptPath is where browsers find the script of the page, and ScriptType what
// it is.
const (
	ScriptPath = "/.well-known/gatehouse-challenge.js"
	ScriptType = "text/javascript; charset=utf-8"
)

// Script solves puzzles in a browser.
//
//go:embed solve.js
var Script []byte

// policy lets the page run that script and nothing else (Content Security
// Policy Level 3).
var policy = []byte("default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")

const (
	pageHead = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="gatehouse-puzzle" content="`
	pageTail = `">
<title>One moment</title>
<p id="gatehouse">Your browser does a little work before this page opens. It takes a few seconds.</p>
<noscript><p>The work needs JavaScript.</p></noscript>
<script src="` + ScriptPath + `"></script>
</html>
`
)

// page is what a browser gets. Nothing of the request is in it.
func page(puzzle []byte) []byte {
	b := make([]byte, 0, len(pageHead)+len(puzzle)+len(pageTail))
	return append(append(append(b, pageHead...), puzzle...), pageTail...)
}

// navigates reports whether a browser opens a page (Fetch Metadata Request
// Headers): a script that calls wants the problem document.
func navigates(x *gate.Exchange) bool {
	if string(x.Method) != "GET" {
		return false
	}
	mode, n := x.Field("Sec-Fetch-Mode")
	return n == 1 && string(mode) == "navigate"
}
