package origin_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/origin"
)

// find returns the values of the fields of a name.
func find(fields []gate.Field, name string) (values []string) {
	for _, f := range fields {
		if strings.EqualFold(string(f.Name), name) {
			values = append(values, string(f.Value))
		}
	}
	return values
}

// may says what the guard is to permit, in the plainest words.
func may(policy *origin.Policy, from, method, headers string) bool {
	methods := policy.Methods
	if methods == nil {
		methods = []string{"GET", "POST"} // of /pets
	}
	if slices.Contains(methods, "GET") {
		methods = append(slices.Clone(methods), "HEAD")
	}
	allowed := policy.Headers
	if allowed == nil {
		allowed = []string{"authorization", "content-type", "x-key", "x-trace", "if-match"}
	}
	names := strings.Split(strings.TrimSuffix(headers, ","), ",")
	for _, n := range names {
		if strings.Trim(n, " \t") != "" && !slices.ContainsFunc(allowed, func(a string) bool { return strings.EqualFold(a, strings.Trim(n, " \t")) }) {
			return false
		}
	}
	return isNamed(policy, from) && slices.Contains(methods, method) && len(names) <= max(len(allowed), 1)
}

func isNamed(policy *origin.Policy, from string) bool { return slices.Contains(policy.Origins, from) }

// FuzzOrigin: permission is given to those origins that are named, as they are
// named, and to no other.
func FuzzOrigin(f *testing.F) {
	for _, from := range []string{app, admin, "null", "*", "", app + "/", app + ".evil.example", app + ", " + admin, "HTTPS://APP.EXAMPLE", app + "\x00"} {
		f.Add(from, "GET", "", false)
		f.Add(from, "PATCH", "x-one, X-Two", true)
	}
	f.Add(app, "POST", "authorization,content-type,x-key", false)
	f.Add(app, "post", "x-one,x-one,x-one", true)
	f.Add(app, "HEAD", " ,\t, x-trace ,", false)
	policies := map[bool]*origin.Policy{false: &named, true: &listed}
	guards := map[bool]*origin.Guard{}
	for i, p := range policies {
		guards[i] = origin.New(pets(), *p)
	}
	routes := plan(f)
	f.Fuzz(func(t *testing.T, from, method, headers string, other bool) {
		policy, guard := policies[other], guards[other]
		x := exchange(routes, "OPTIONS", "/pets", "Origin: "+from, "Access-Control-Request-Method: "+method, "Access-Control-Request-Headers: "+headers)
		if v := guard.Head(x); v != gate.Respond || x.Reply.Status != 204 {
			t.Fatalf("verdict %d, status %d", v, x.Reply.Status)
		}
		hold(t, x.Reply.Fields, policy, from, may(policy, from, method, headers))
		if got := find(x.Reply.Fields, "Access-Control-Allow-Methods"); len(got) > 0 && !strings.Contains(", "+got[0]+",", ", "+method+",") {
			t.Errorf("permits %q to a page that wants %q", got, method)
		}
		x = exchange(routes, "POST", "/pets", "Origin: "+from)
		if v := guard.Head(x); v != gate.Allow {
			t.Fatalf("verdict %d", v)
		}
		hold(t, x.AddFields, policy, from, isNamed(policy, from))
	})
}

// hold compares what is said with what is to be permitted.
func hold(t *testing.T, fields []gate.Field, policy *origin.Policy, from string, permitted bool) {
	t.Helper()
	var want, with []string
	if permitted {
		want = []string{from}
		if policy.Credentials {
			with = []string{"true"}
		}
	}
	if got := find(fields, "Access-Control-Allow-Origin"); !slices.Equal(got, want) {
		t.Errorf("origin %q is told %q, want %q", from, got, want)
	}
	if got := find(fields, "Access-Control-Allow-Credentials"); !slices.Equal(got, with) {
		t.Errorf("origin %q is told credentials %q, want %q", from, got, with)
	}
	if got := find(fields, "Vary"); len(got) != 1 || !strings.HasPrefix(got[0], "Origin") {
		t.Errorf("Vary is %q", got)
	}
	for _, f := range fields {
		if !permitted && strings.HasPrefix(string(f.Name), "Access-Control-") {
			t.Errorf("%s for nobody", f.Name)
		}
	}
}
