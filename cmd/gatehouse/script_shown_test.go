package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// checkShown demands that a document shows what a program has printed.
func checkShown(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg, args, 1)
	printed := ts.ReadFile("stdout")
	text, err := os.ReadFile(filepath.Join(guideFolder, args[0]))
	ts.Check(err)
	if strings.TrimSpace(printed) == "" || !strings.Contains(sameEverywhere(string(text)), sameEverywhere(printed)) {
		ts.Fatalf("%s does not show this:\n%s", args[0], printed)
	}
}

const guideFolder = "../../docs/guide"

var (
	hashes = regexp.MustCompile(`[A-Za-z0-9+/]{43}=`)
	vkeys  = regexp.MustCompile(`\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}`)
	times  = regexp.MustCompile(`[0-9]+\.[0-9]+ ms`)
	spaces = regexp.MustCompile(` +`)
	ends   = regexp.MustCompile(` +\n`)
)

// sameEverywhere is text without what differs between runs.
func sameEverywhere(text string) string {
	text = vkeys.ReplaceAllString(hashes.ReplaceAllString(text, "HASH"), "+KEY")
	return ends.ReplaceAllString(spaces.ReplaceAllString(times.ReplaceAllString(text, "N ms"), " "), "\n")
}
