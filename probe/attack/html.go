package attack

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"strings"
)

// style is that of the page.
const style = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}` +
	`table{border-collapse:collapse;width:100%}caption{font-weight:bold;text-align:left;padding:1rem 0 .25rem}` +
	`th,td{padding:.25rem .75rem .25rem 0;text-align:right;border-bottom:1px solid #8888}th:first-child{text-align:left}` +
	`.left td{text-align:left}.left th{text-align:left}[tabindex]{overflow-x:auto}[tabindex]:focus-visible{outline:3px solid #06c}code{overflow-wrap:anywhere}`

// HTML writes the report as one page without scripts, which may load nothing
// (Content Security Policy Level 3 section 3.3).
func (r *Report) HTML(out io.Writer) error {
	var b strings.Builder
	sum := sha256.Sum256([]byte(style))
	policy := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
	fmt.Fprintf(&b, "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"%s\">\n"+
		"<meta name=\"viewport\" content=\"width=device-width\">\n<title>gatehouse attack</title>\n<style>%s</style>\n<main>\n<h1>What the gate refuses</h1>\n", policy, style)
	for _, line := range r.Summary() {
		fmt.Fprintf(&b, "<p>%s</p>\n", html.EscapeString(line))
	}
	rows(&b, "By class", "class", append([]Row{r.Total}, r.Classes...))
	rows(&b, "By place", "place", r.Places)
	if len(r.Missed) > 0 {
		begin(&b, "Attacks that were let through", ` class="left"`, "value", "class", "place", "text")
		for _, m := range r.Missed {
			fmt.Fprintf(&b, "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td><td><code>%s</code></td></tr>\n",
				html.EscapeString(m.From), html.EscapeString(m.Class), html.EscapeString(m.Place), html.EscapeString(Quoted(m.Value)))
		}
		b.WriteString(end)
	}
	if len(r.Untried) > 0 {
		begin(&b, "Not tried", ` class="left"`, "what", "why")
		for _, u := range r.Untried {
			fmt.Fprintf(&b, "<tr><th scope=\"row\">%s</th><td>%s</td></tr>\n", html.EscapeString(u.What), html.EscapeString(u.Why))
		}
		b.WriteString(end)
	}
	b.WriteString("</main>\n</html>\n")
	_, err := io.WriteString(out, b.String())
	return err
}

const end = "</tbody></table></div>\n"

func begin(b *strings.Builder, caption, class string, heads ...string) {
	fmt.Fprintf(b, "<div role=\"region\" aria-label=\"%s\" tabindex=\"0\"><table%s><caption>%s</caption><thead><tr>", caption, class, caption)
	for _, h := range heads {
		fmt.Fprintf(b, "<th scope=\"col\">%s</th>", h)
	}
	b.WriteString("</tr></thead><tbody>\n")
}

func rows(b *strings.Builder, caption, first string, list []Row) {
	begin(b, caption, "", append([]string{first}, Columns...)...)
	for i := range list {
		fmt.Fprintf(b, "<tr><th scope=\"row\">%s</th>", html.EscapeString(list[i].Name))
		for _, cell := range list[i].Cells() {
			fmt.Fprintf(b, "<td>%s</td>", html.EscapeString(cell))
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString(end)
}
