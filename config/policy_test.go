package config_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
)

// TestCheck holds policies that programs write to the rules of the file.
func TestCheck(t *testing.T) {
	for _, row := range []struct {
		name   string
		policy config.Policy
		want   []string // what the problems say, in any order
	}{
		{"zero", config.Policy{}, nil},
		{"good", config.Policy{
			Hosts: []string{"a.example"}, Prefix: "/a", StripPrefix: true, Authentication: config.ByUpstream, HSTS: &config.HSTS{Preload: true, IncludeSubdomains: true},
			CORS:       &config.CORS{Origins: []string{"https://a.example"}, Methods: []string{"GET"}},
			Settings:   config.Settings{Mode: config.Observe, Modes: map[string]config.Mode{"authn": config.Enforce}, MaxBodyBytes: 1, ContentEncodings: []string{"gzip"}},
			Operations: map[string]config.Operation{"getPets": {Settings: config.Settings{Mode: config.Enforce}}},
		}, nil},
		{"words", config.Policy{
			Authentication: "none", SecurityHeaders: "strict",
			Settings:   config.Settings{Mode: "off", Modes: map[string]config.Mode{"authn": "on"}, ReadOnly: "x", Errors: "y", Undeclared: config.Undeclared{Answers: "z"}, ContentEncodings: []string{"br"}},
			Operations: map[string]config.Operation{"getPets": {Settings: config.Settings{Mode: "obsreve"}}},
		}, []string{`authentication must be`, `security_headers must be`, `mode must be one of enforce, observe, not "off"`, `not "on"`, `read_only must be`, `errors must be`, `answers must be`, `content_encodings must be gzip, not "br"`, `not "obsreve"`}},
		{"forms", config.Policy{Name: "a\n", Prefix: "a/", Hosts: []string{"A.example"}}, []string{`the name "a\n"`, `the prefix "a/"`, `"A.example" is not in lower case`}},
		{"bounds", config.Policy{Settings: config.Settings{MaxBodyBytes: -1, MaxAnswerBytes: 1 << 40}, Hosts: []string{"a.example"}, HSTS: &config.HSTS{MaxAge: -time.Second}},
			[]string{"max_body_bytes must be from 1 to 1GiB, not -1", "max_answer_bytes must be from 1 to 256MiB, not 1024GiB", "max_age must be from 1s to 3650d, not -1s"}},
		{"large", config.Policy{Operations: map[string]config.Operation{"a": {Settings: config.Settings{MaxBodyBytes: 1 << 30}}}}, []string{"wait in memory"}},
		{"prefix", config.Policy{StripPrefix: true}, []string{"no prefix to remove"}},
		{"hsts", config.Policy{HSTS: &config.HSTS{Preload: true}}, []string{"names none", "without a year"}},
		{"cors-without-origins", config.Policy{CORS: &config.CORS{}}, []string{"origins is missing"}},
		{"cors-of-nobody", config.Policy{CORS: &config.CORS{Origins: []string{}}}, []string{"list origins is empty"}},
		{"cors-any", config.Policy{CORS: &config.CORS{Origins: []string{"*"}, Credentials: true}}, []string{"any page could call"}},
		{"cors-any-and-more", config.Policy{CORS: &config.CORS{Origins: []string{"*", "https://a.example"}}}, []string{"is any origin"}},
		{"repeated", config.Policy{CORS: &config.CORS{Origins: []string{"https://a.example", "https://a.example"}}}, []string{"stands twice"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			problems := row.policy.Check(config.Place{})
			if len(problems) != len(row.want) {
				t.Errorf("%d problems, want %d:\n%v", len(problems), len(row.want), problems)
			}
			for _, want := range row.want {
				if !slices.ContainsFunc(problems, func(p problem) bool { return strings.Contains(p.Text, want) }) {
					t.Errorf("nothing says %q:\n%v", want, problems)
				}
			}
		})
	}
}

// TestCheckOfLoaded says nothing more of what was loaded, and in its place.
func TestCheckOfLoaded(t *testing.T) {
	c := good(t, "full.good.yaml")
	api := &c.APIs[0]
	if problems := api.Policy.Check(api.Place); len(problems) > 0 {
		t.Error(problems)
	}
	api.Hosts[1] = "LOCALHOST"
	api.Operations["createPet"] = config.Operation{Settings: config.Settings{Undeclared: config.Undeclared{Requests: "no"}}}
	got := api.Policy.Check(api.Place).Error()
	want := `testdata/full.good.yaml:51:31: #/apis/0/hosts/1: "LOCALHOST" is not in lower case
  hint: write localhost
testdata/full.good.yaml:118:32: #/apis/0/operations/createPet/undeclared/requests: requests must be one of refuse, drop, allow, not "no"`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestPlace(t *testing.T) {
	c := good(t, "full.good.yaml")
	for _, row := range []struct {
		name string
		at   config.Place
		want string
	}{
		{"nowhere", config.Place{}.At("a").Item(1), ""},
		{"api", c.APIs[1].Place, "#/apis/1"},
		{"key", c.APIs[0].At("cors", "origins").Item(1), "#/apis/0/cors/origins/1"},
		{"no-such-key", c.APIs[0].At("hsts"), "#/apis/0"},
		{"no-such-item", c.APIs[0].At("hosts").Item(9), "#/apis/0/hosts"},
		{"operation", c.APIs[0].Operations["GET /pets/{id}"].Place, "#/apis/0/operations/GET ~1pets~1{id}"},
		{"upstream", c.APIs[0].Upstreams[0].Place, "#/apis/0/upstreams/0"},
		{"pointer", c.APIs[0].CORS.Place, "#/apis/0/cors"},
		{"tls", c.Listeners[0].TLS.Place, "#/listeners/0/tls"},
		{"absent", c.Maintenance.At("x"), "#/maintenance"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if p := row.at.Problem("do", "is %d", 1); p.Pointer != row.want || p.Text != "is 1" || p.Hint != "do" || row.at.Warning("", "x").Pointer != row.want {
				t.Errorf("%+v, want %s", p, row.want)
			}
		})
	}
}
