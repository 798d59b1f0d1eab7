package gate_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/route"
	"github.com/gatehouse-api/gatehouse/gate"
)

// origin is a policy that answers OPTIONS and adds a field to all else.
type origin struct{ deny bool }

func (o origin) Head(x *gate.Exchange) gate.Verdict {
	x.AddFields = append(x.AddFields, field("Allow-Origin", "a"), field("Vary", "Origin"))
	switch {
	case o.deny:
		return x.Deny(gate.Refusal{Code: gate.CredentialMissing})
	case string(x.Method) == "OPTIONS":
		x.Reply.Status = 204
		return gate.Respond
	}
	return gate.Allow
}

func (origin) Permits([]byte) bool { return false }

func (origin) AnswerHead(x *gate.Exchange) gate.Verdict {
	for i := range x.Answer.Fields {
		if strings.HasPrefix(string(x.Answer.Fields[i].Name), "Allow-") {
			x.Answer.Fields[i].Gone = true
		}
	}
	return gate.Allow
}

// TestMeet: what is decided as soon as the API is known.
func TestMeet(t *testing.T) {
	redirect := &gate.Listener{Redirect: true, HTTPSPort: 443}
	proving := &gate.Listener{Redirect: true, HTTPSPort: 443, Challenge: func(host, path []byte) []byte {
		if string(host) == "c.test" && string(path) == "/.well-known/proof" {
			return []byte("here it is")
		}
		return nil
	}}
	rows := []struct {
		name, method, host, target string
		listener                   *gate.Listener
		secure                     bool
		status                     int
		fields                     map[string]string
		sent                       string // target that the API saw
	}{
		{"passes", "POST", "a.test", "/shop/pets/1?a=1", nil, false, 200, map[string]string{"Allow-Origin": "a;", "Vary": "Accept;Origin;", "Always": "1;", "Hsts": "", "Absent": "api;"}, "/pets/1?a=1"},
		{"secure", "POST", "a.test", "/shop/pets/1", nil, true, 200, map[string]string{"Hsts": "1;"}, "/pets/1"},
		{"prefix-in-escapes", "POST", "a.test", "/%73hop/pets/1", nil, false, 200, nil, "/pets/1"},
		{"preflight-before-guards", "OPTIONS", "a.test", "/shop/pets/1", nil, false, 204, map[string]string{"Allow-Origin": "a", "Always": "1"}, ""},
		{"unknown-path", "POST", "a.test", "/shop/cats", nil, false, 404, map[string]string{"Allow-Origin": "a", "Always": "1", "Absent": "1"}, ""},
		{"wrong-method", "PUT", "a.test", "/shop/pets/1", nil, false, 405, map[string]string{"Allow-Origin": "a", "Allow": "POST"}, ""},
		{"refused-by-a-guard", "POST", "a.test", "/shop/pets/deny", nil, false, 401, map[string]string{"Allow-Origin": "a"}, ""},
		{"no-api", "POST", "b.test", "/shop/pets/1", nil, false, 404, map[string]string{"Allow-Origin": "", "Always": ""}, ""},
		{"redirect", "POST", "a.test:8080", "/shop/pets/1?a=1", redirect, false, 308, map[string]string{"Location": "https://a.test/shop/pets/1?a=1", "Always": "1", "Hsts": ""}, ""},
		{"redirect-to-a-port", "POST", "a.test", "/shop/pets/1", &gate.Listener{Redirect: true, HTTPSPort: 8443}, false, 308, map[string]string{"Location": "https://a.test:8443/shop/pets/1"}, ""},
		{"redirect-of-an-unknown-path", "POST", "a.test", "/shop/cats", redirect, false, 308, map[string]string{"Location": "https://a.test/shop/cats"}, ""},
		{"redirect-of-an-unknown-host", "POST", "b.test", "/shop/pets/1", redirect, false, 404, map[string]string{"Location": ""}, ""},
		{"redirect-of-a-bad-path", "POST", "a.test", "/shop//pets", redirect, false, 400, map[string]string{"Location": ""}, ""},
		{"proof-for-a-host-of-no-api", "GET", "c.test", "/.well-known/proof?a=1", proving, false, 200, map[string]string{"Content-Type": "application/octet-stream"}, ""},
		{"no-proof-for-another-host", "GET", "a.test", "/.well-known/proof", proving, false, 404, nil, ""},
		{"redirect-beside-proofs", "POST", "a.test", "/shop/pets/1", proving, false, 308, map[string]string{"Location": "https://a.test/shop/pets/1"}, ""},
		{"no-redirect-of-the-secure", "POST", "a.test", "/shop/pets/1", redirect, true, 200, nil, "/pets/1"},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			h := build(t, gate.Enforce, gate.Step{Name: "a", Head: head(func(x *gate.Exchange) gate.Verdict {
				if strings.HasSuffix(string(x.Path), "deny") {
					return x.Deny(gate.Refusal{Code: gate.CredentialMissing})
				}
				return gate.Allow
			})})
			p := h.gate.Plan()
			routes, problems := route.Build([]route.Entry{{Hosts: []string{"a.test"}, Prefix: "/shop", Template: "/pets/{id}", Method: "POST"}})
			if problems.Err() != nil {
				t.Fatal(problems)
			}
			p.Routes = routes
			p.APIs[0].Origin, p.APIs[0].StripSegments = origin{}, 1
			p.APIs[0].Fields = []gate.APIField{{Field: field("Always", "1")}, {Field: field("Hsts", "1"), Secure: true}, {Field: field("Absent", "1"), Absent: true}}
			up := &replies{answer: gate.Answer{Status: 200, Fields: []gate.Field{field("Allow-Evil", "x"), field("always", "no"), field("Vary", "Accept"), field("Absent", "api")}}}
			var sent string
			c := &receiver{}
			x := h.gate.Acquire()
			x.Method, x.Target, x.Host, x.Listener = []byte(r.method), []byte(r.target), []byte(r.host), r.listener
			x.ClientSecure, x.Upstream, x.Client = r.secure, up, netip.MustParseAddr("198.51.100.7")
			h.gate.Serve(x, c)
			if up.answer.Status == x.Answer.Status {
				sent = string(x.OutTarget)
			}
			h.gate.Release(x)
			if c.status != r.status || sent != r.sent {
				t.Errorf("status %d, sent %q", c.status, sent)
			}
			for name, want := range r.fields {
				if c.fields[name] != want {
					t.Errorf("%s is %q, want %q", name, c.fields[name], want)
				}
			}
			if c.fields["Allow-Evil"] != "" || c.fields["always"] != "" {
				t.Error(c.fields)
			}
			if e := h.last(); e.Client.String() != "198.51.100.0/24" {
				t.Error(e.Client)
			}
		})
	}
	h := build(t, gate.Enforce, gate.Step{Name: "a", Head: verdict(gate.Allow)})
	h.gate.Plan().APIs[0].Origin = origin{deny: true}
	if c := h.ask(&replies{}, "POST"); c.status != 401 || h.last().Code != gate.CredentialMissing || h.last().Guard != "origin" || c.fields["Allow-Origin"] != "a" {
		t.Errorf("%d %v", c.status, h.last())
	}
}

// TestServes asks for another method on the same path.
func TestServes(t *testing.T) {
	h := build(t, gate.Enforce, gate.Step{Name: "a", Head: head(func(x *gate.Exchange) gate.Verdict {
		if !x.Serves([]byte("POST")) || x.Serves([]byte("PUT")) || x.Match.Values[0].Name != "id" {
			return gate.Deny
		}
		return gate.Allow
	})})
	if c := h.ask(&replies{answer: gate.Answer{Status: 200}}, "POST"); c.status != 200 {
		t.Error(c.status)
	}
}
