package origin

import (
	"bytes"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/gate"
)

// preflight answers the request by which a browser asks whether a page may
// make a call. What is not permitted gets an answer without any permission, not
// only without the method: browsers let pages use GET, HEAD and POST whatever
// Access-Control-Allow-Methods says (Fetch standard, CORS-preflight fetch).
func (g *Guard) preflight(x *gate.Exchange, origin, method []byte) {
	x.Reply.Status = 204
	x.Reply.Close = x.Incoming != nil // nobody reads a body
	x.Reply.Fields = append(x.Reply.Fields, varyPreflight)
	to, methods := g.find(origin), g.method(x, method)
	if to == nil || methods == nil || !g.sets(x.Fields) {
		return
	}
	x.Reply.Fields = append(x.Reply.Fields, to.preflight...)
	x.Reply.Fields = append(x.Reply.Fields, gate.Field{Name: allowMethods, Value: methods})
	x.Reply.Fields = append(x.Reply.Fields, g.permitted...)
}

// method returns what is said of methods to whoever asks for one; nil when it
// is not permitted. Methods are told apart by case (RFC 9110 section 9.1). Of
// those of the path the one that was asked for is enough: a browser that wants
// another one asks again.
func (g *Guard) method(x *gate.Exchange, asked []byte) []byte {
	for _, m := range g.methods {
		if !bytes.Equal(m, asked) {
			continue
		}
		if g.listed != nil {
			return g.listed
		}
		if x.Serves(asked) {
			return m
		}
	}
	return nil
}

// sets reports whether pages may set the request fields that a preflight names
// (Fetch standard, CORS-preflight fetch). A browser names each
// once (CORS-unsafe request-header names), so that a longer list than that of
// the permitted ones is not looked at.
func (g *Guard) sets(fields []gate.Field) bool {
	names := 0
	for i := range fields {
		f := &fields[i]
		if f.Gone || !gate.EqualFold(f.Name, "Access-Control-Request-Headers") {
			continue
		}
		for rest := f.Value; len(rest) > 0; {
			var name []byte
			name, rest, _ = bytes.Cut(rest, comma)
			if names++; names > len(g.headers) {
				return false
			}
			// Empty elements mean nothing (RFC 9110 section 5.6.1.2).
			if name = bytes.Trim(name, " \t"); len(name) > 0 && !g.permits(name) {
				return false
			}
		}
	}
	return true
}

var comma = []byte(",")

func (g *Guard) permits(name []byte) bool {
	for _, h := range g.headers {
		if len(h) == len(name) && bytes.EqualFold(h, name) {
			return true
		}
	}
	return false
}

// methodsOf returns the methods of a list with HEAD where GET stands, and the
// list as one value; for an empty list all methods of the contract, and no
// value.
func methodsOf(c *contract.Contract, list []string) (methods [][]byte, value []byte) {
	listed := len(list) > 0
	if !listed {
		for _, op := range c.Operations {
			list = append(list, op.Method)
		}
	}
	var names []string
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
			methods = append(methods, []byte(name))
		}
	}
	for _, name := range list {
		add(name)
		if name == "GET" {
			add("HEAD")
		}
	}
	if listed {
		value = []byte(strings.Join(names, ", "))
	}
	return methods, value
}

// headersOf returns the names of the request fields that the contract
// describes, once each: those of operations and those that hold keys.
// Authorization and Content-Type are described in other ways than by name.
func headersOf(c *contract.Contract) []string {
	names := []string{"Authorization", "Content-Type"}
	add := func(name string) {
		if !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) }) {
			names = append(names, strings.Clone(name))
		}
	}
	for _, s := range c.Schemes {
		if s.Type == contract.APIKey && s.In == contract.Header {
			add(s.Param)
		}
	}
	for _, op := range c.Operations {
		for _, p := range op.Parameters {
			if p.In == contract.Header {
				add(p.Name)
			}
		}
	}
	return names
}
