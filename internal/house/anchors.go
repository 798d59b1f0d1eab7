package house

import (
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
)

var (
	anyLink  = regexp.MustCompile(`!?\[[^\]]*\]\(([^()\s]*(?:\([^()]*\))?[^()\s]*)\)`)
	heading  = regexp.MustCompile(`^#{1,6} +(.*?) *#*$`)
	anchorID = regexp.MustCompile(`<a id="([^"]+)">`)
	// inText is what a heading is written with and its anchor has not: links,
	// and everything that is neither letter, digit, space, "_" nor "-".
	linkWords = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	notInSlug = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// Links demands that each relative link of the Markdown file at name leads to
// a file of the repository, and its fragment to a heading or an anchor there.
// Code is not looked at.
func Links(tree fs.FS, name, text string) (complaints []string) {
	anchors := map[string]map[string]bool{name: anchorsOf(text)}
	for _, m := range anyLink.FindAllStringSubmatch(withoutCode(text), -1) {
		path, fragment, _ := strings.Cut(m[1], "#")
		if strings.Contains(path, ":") {
			continue // of the web
		}
		target := name
		if path != "" {
			target = pathJoin(name, path)
		}
		if _, err := fs.Stat(tree, target); err != nil && target != name {
			complaints = append(complaints, fmt.Sprintf("%s: links to %s, which is not there", name, target))
			continue
		}
		if fragment == "" || !strings.HasSuffix(target, ".md") {
			continue
		}
		if anchors[target] == nil {
			there, _ := fs.ReadFile(tree, target)
			anchors[target] = anchorsOf(string(there))
		}
		if !anchors[target][fragment] {
			complaints = append(complaints, fmt.Sprintf("%s: links to #%s of %s, which has no such heading", name, fragment, target))
		}
	}
	return complaints
}

// anchorsOf returns the fragments that lead into a Markdown file: those of its
// headings, as GitHub makes them, and those that it sets itself.
func anchorsOf(text string) map[string]bool {
	list := map[string]bool{}
	for _, m := range anchorID.FindAllStringSubmatch(text, -1) {
		list[m[1]] = true
	}
	for line := range strings.Lines(withoutBlocks(text)) {
		m := heading.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil {
			continue
		}
		words := notInSlug.ReplaceAllString(linkWords.ReplaceAllString(m[1], "$1"), "")
		slug := strings.ReplaceAll(strings.ToLower(words), " ", "-")
		for n := 0; ; n++ {
			s := slug
			if n > 0 {
				s += "-" + strconv.Itoa(n)
			}
			if !list[s] {
				list[s] = true
				break
			}
		}
	}
	return list
}

var (
	fenced = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
	inline = regexp.MustCompile("`[^`\n]+`")
)

func withoutBlocks(text string) string { return fenced.ReplaceAllString(text, "") }

func withoutCode(text string) string {
	return inline.ReplaceAllString(withoutBlocks(text), "code")
}
