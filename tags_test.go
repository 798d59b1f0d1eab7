package gatehouse

import (
	"os"
	"regexp"
	"testing"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/fields"
	"github.com/gatehouse-api/gatehouse/guard/login"
	"github.com/gatehouse-api/gatehouse/guard/owner"
	"github.com/gatehouse-api/gatehouse/guard/ssrf"
)

const tagged = `openapi: 3.1.0
info: {title: Tags, version: 1.0.0}
security: []
paths:
  /login:
    post:
      operationId: login
      requestBody: {required: true, content: {application/json: {schema: {type: object, properties: {email: {type: string}, password: {type: string}}}}}}
      responses: {"204": {description: Done}}
  /notes:
    post:
      operationId: addNote
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}
      responses: {"204": {description: Done}}
components:
  schemas:
    Note:
      type: object
      properties:
        id: {type: string}
        text: {type: string, x-gatehouse-read: [clerk], x-gatehouse-write: [clerk]}
        callback: {type: string, format: url}
`

// TestTags holds apart the tags of guards: a span that two of them took for
// their own would be judged by the wrong one.
func TestTags(t *testing.T) {
	file, problems := source.ParseString("tags.yaml", tagged)
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	c, problems := openapi.Read(source.NewSet(file), file)
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	a := API{Contract: c, Owners: owner.NewKeeper(owner.KeeperOptions{}), Options: Options{
		Settings:   Settings{SSRF: &SSRF{}},
		Owners:     map[string]config.OwnerRule{"note": {IDs: []string{"Note/id"}, Creates: []string{"addNote"}}},
		Operations: map[string]Operation{"login": {Login: &config.Login{Account: "/email", Password: "/password"}}},
	}}
	b := newBuilder(a, &Callers{Roles: map[string]config.Rights{"clerk": {}}}, nil, &gate.Plan{})
	guards := []struct {
		name        string
		first, last schema.Tag
		tags        func(*source.Node) []schema.Tag
	}{
		{"fields", fields.FirstTag, fields.LastTag, b.rules.Tags},
		{"owner", owner.FirstTag, owner.LastTag, b.owners.Tags},
		{"ssrf", ssrf.FirstTag, ssrf.LastTag, b.urls.Tags},
		{"login", login.FirstTag, login.LastTag, b.logins.Tags},
		{"inspect", schema.FirstText, schema.LastText, b.inspected.Tags},
	}
	text, err := os.ReadFile("tags.go")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(regexp.MustCompile(`\.Tags\(n\)`).FindAll(text, -1)); n != len(guards) {
		t.Errorf("tags.go asks %d guards for tags, and this table has %d", n, len(guards))
	}
	for i, g := range guards {
		if g.first > g.last || g.first <= schema.TagDrop {
			t.Errorf("%s has the tags %#x to %#x", g.name, g.first, g.last)
		}
		for _, other := range guards[:i] {
			if g.first <= other.last && other.first <= g.last {
				t.Errorf("%s (%#x to %#x) and %s (%#x to %#x) share tags", g.name, g.first, g.last, other.name, other.first, other.last)
			}
		}
		given := 0
		each(c.Root, func(n *source.Node) {
			for _, tag := range g.tags(n) {
				if given++; tag < g.first || tag > g.last {
					t.Errorf("%s gives out %#x, and has %#x to %#x", g.name, tag, g.first, g.last)
				}
			}
		})
		if given == 0 {
			t.Errorf("%s gave out no tag", g.name)
		}
	}
}

// each calls f with n and all below it.
func each(n *source.Node, f func(*source.Node)) {
	f(n)
	for _, below := range n.Members() {
		each(below, f)
	}
	for _, below := range n.Items() {
		each(below, f)
	}
}
