package policy

import (
	"strings"

	"github.com/cedar-policy/cedar-go"
	public "github.com/cedar-policy/cedar-go/ast"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
)

// smallest finds the smallest expression of a rule of which the library says
// the same, and where it stands; the beginning of the rule for none.
func (c *checker) smallest(r *rule, said string) (at int, text string) {
	at = r.start
	var best string
	judge := c.judgeOf(r)
	for _, condition := range r.ast.Conditions {
		ast.Inspect(ast.NewNode(condition.Body), func(n ast.IsNode) bool {
			alone := *r.ast
			alone.Conditions = []ast.ConditionType{{Condition: ast.ConditionWhen, Body: n}}
			err := judge.Policy("", &alone)
			if err == nil {
				return false
			}
			for _, one := range flat(err) {
				if one.Error() == said {
					if written := expression(n); best == "" || len(written) <= len(best) {
						best = written
					}
					return true
				}
			}
			return false
		})
	}
	if best == "" {
		return r.start, ""
	}
	if found := r.search(best); found >= 0 {
		at = found
	}
	return at, shown(best)
}

// expression writes a part of a rule in Cedar.
func expression(n ast.IsNode) string {
	p := ast.Permit().When(ast.NewNode(n))
	written := string(cedar.NewPolicyFromAST((*public.Policy)(p)).MarshalCedar())
	_, written, _ = strings.Cut(written, "when {")
	end := strings.LastIndexByte(written, '}')
	return strings.Join(strings.Fields(written[:max(0, end)]), " ")
}

// maxShown bounds what is shown of an expression.
const maxShown = 120

func shown(s string) string {
	if len(s) > maxShown {
		return strings.ToValidUTF8(s[:maxShown], "") + "…"
	}
	return s
}

// search returns where an expression stands in the rule, whatever brackets and
// white space are around its words; -1 when it is written otherwise.
func (r *rule) search(written string) int {
	want, have := signs(written), signs(string(r.file.Text[r.start:r.end]))
	for i := range len(have) - len(want) + 1 {
		found := true
		for k := range want {
			if have[i+k].text != want[k].text || have[i+k].quoted != want[k].quoted {
				found = false
				break
			}
		}
		if found && len(want) > 0 {
			return r.start + have[i].at
		}
	}
	return -1
}

// signs are the tokens of a text but for round brackets.
func signs(s string) (list []token) {
	for _, t := range tokens(s) {
		if t.quoted || t.text != "(" && t.text != ")" {
			list = append(list, t)
		}
	}
	return list
}
