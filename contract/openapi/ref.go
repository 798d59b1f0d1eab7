package openapi

import (
	"net/url"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// maxHops bounds a chain of references.
const maxHops = 100

// deref follows the references that stand in place of an object and returns
// what is meant: nil, after a report, when there is nothing at the end.
func (r *reader) deref(n *source.Node) *source.Node {
	for hops := 0; ; hops++ {
		ref := n.Get("$ref")
		if ref == nil {
			return n
		}
		if hops == maxHops {
			r.once(ref, "make one of them a plain object", "the reference leads back to itself")
			return nil
		}
		r.siblings(n)
		if n = r.follow(ref); n == nil {
			return nil
		}
	}
}

// once reports at a reference that several parts may reach.
func (r *reader) once(ref *source.Node, hint, format string, args ...any) {
	if !r.seenRefs[ref] {
		r.seenRefs[ref] = true
		r.fail(ref, hint, format, args...)
	}
}

// siblings warns of fields beside $ref. OpenAPI 3.1.1 section 4.8.23 lets
// summary and description stand there; everything else is ignored.
func (r *reader) siblings(n *source.Node) {
	if n.Len() == 1 || r.seenRefs[n] {
		return
	}
	r.seenRefs[n] = true
	for i := range n.Len() {
		m := n.Member(i)
		switch {
		case m.Name == "$ref" || strings.HasPrefix(m.Name, "x-"):
		case r.version&from31 != 0 && (m.Name == "summary" || m.Name == "description"):
		default:
			r.warnAt(m, "move it to where the reference points", "%q stands beside $ref and is ignored", m.Name)
		}
	}
}

// follow returns the node that a reference names, nil after a report.
func (r *reader) follow(ref *source.Node) *source.Node {
	if !ref.Is(source.String) {
		r.once(ref, "", "$ref must be a string, not %s", article(ref.Kind().String()))
		return nil
	}
	name, fragment, _ := strings.Cut(ref.Str(), "#")
	file := ref.File()
	if name != "" {
		var err error
		if file, err = r.set.Refer(file, name); err != nil {
			r.once(ref, "references reach files in the contract's folder and below", "%v", err)
			return nil
		}
	}
	if file.Root == nil {
		r.once(ref, "", "%s could not be read", file.Name)
		return nil
	}
	// RFC 6901 section 6: a pointer in a fragment is percent-encoded.
	pointer, err := url.PathUnescape(fragment)
	if err != nil || pointer != "" && pointer[0] != '/' {
		r.once(ref, `write it like "#/components/parameters/limit"`, "what follows # must be a JSON pointer")
		return nil
	}
	target := file.Root.Lookup(pointer)
	if target == nil {
		if !r.full() {
			r.once(ref, nearTarget(file.Root, pointer), "there is nothing at %q", ref.Str())
		}
	}
	return target
}

// nearTarget looks for what a pointer that leads nowhere was meant to name.
func nearTarget(n *source.Node, pointer string) string {
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		next := n.Lookup("/" + token)
		if next == nil {
			token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
			return source.DidYouMean("", token, names(n)...)
		}
		n = next
	}
	return ""
}

// names lists the names of an object's members.
func names(n *source.Node) []string {
	list := make([]string, 0, n.Len())
	for name := range n.Members() {
		list = append(list, name)
	}
	return list
}
