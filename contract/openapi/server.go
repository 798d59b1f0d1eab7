package openapi

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// maxServerURLs bounds the URLs that the variables of one list of servers
// make.
const maxServerURLs = 256

// root is the base path of a document that names no server
// (OpenAPI 3.1.1 section 4.8.1.1: a server with the url "/").
var root = []string{""}

// documentBase returns the base paths of the document's own level.
func (r *reader) documentBase() []string {
	if r.version != v20 {
		if servers := r.root.Get("servers"); servers != nil {
			return r.servers(servers, root)
		}
		return root
	}
	n := r.root.Get("basePath")
	if n == nil {
		return root
	}
	path, fault := basePath(n.Str())
	if fault == "" && !strings.HasPrefix(n.Str(), "/") {
		fault = `it must begin with "/"`
	}
	if fault != "" {
		r.fail(n, "", "the base path %q cannot be used: %s", n.Str(), fault)
		return root
	}
	return []string{path}
}

// servers returns the paths of a list of servers, each once.
func (r *reader) servers(n *source.Node, outer []string) []string {
	var paths []string
	if r.tooMany(n, maxServerURLs, "servers") {
		return outer
	}
	for _, server := range n.Items() {
		if !r.check(server, &serverShape) {
			continue
		}
		at := server.Get("url")
		for _, u := range r.serverURLs(server) {
			path, fault := basePath(u)
			if fault != "" {
				shown := fmt.Sprintf(" %q", u)
				if strings.Contains(u, "@") { // it may hold a password
					shown = ""
				}
				r.fail(at, "", "the server URL%s cannot be used: %s", shown, fault)
				break
			}
			if !strings.HasPrefix(u, "/") && !strings.Contains(u, "://") && u != "" {
				r.warn(at, `write the path in full, such as "/v1", or a host with its scheme`, "the server URL %q counts from where the document is published; %q is taken", u, path+"/")
			}
			if !slices.Contains(paths, path) {
				paths = append(paths, path)
			}
			if len(paths) > maxServerURLs {
				r.fail(n, "name the servers that are used", "the servers have more than %d base paths", maxServerURLs)
				return outer
			}
		}
	}
	if len(paths) == 0 {
		if n.Is(source.Array) && n.Len() > 0 {
			return outer
		}
		return root
	}
	return paths
}

// serverURLs replaces the variables of a server's URL by their default and
// by each of their values (OpenAPI 3.1.1 section 4.8.6).
func (r *reader) serverURLs(server *source.Node) []string {
	at, variables := server.Get("url"), server.Get("variables")
	urls := []string{""}
	for rest := at.Str(); rest != ""; {
		text, after, open := strings.Cut(rest, "{")
		urls = extend(urls, []string{text})
		if !open {
			break
		}
		name, after, closed := strings.Cut(after, "}")
		if !closed {
			r.fail(at, "", "in the server URL %q a brace is not closed", at.Str())
			return nil
		}
		v := variables.Get(name)
		if v == nil {
			r.fail(at, source.DidYouMean("describe it under variables", name, names(variables)...), "the server variable {%s} is not described", name)
			return nil
		}
		urls = extend(urls, r.variable(v))
		if len(urls) > maxServerURLs {
			r.fail(server, "name the servers that are used, one by one", "its variables make more than %d URLs", maxServerURLs)
			return nil
		}
		rest = after
	}
	return urls
}

func extend(urls, values []string) []string {
	var longer []string
	for _, u := range urls {
		for _, v := range values {
			if longer = append(longer, u+v); len(longer) > maxServerURLs {
				return longer
			}
		}
	}
	return longer
}

// variable returns the values of a server variable, the default first.
func (r *reader) variable(n *source.Node) []string {
	if !r.check(n, &variableShape) {
		return nil
	}
	values := []string{n.Get("default").Text()}
	enum := n.Get("enum")
	if enum.Is(source.Array) && enum.Len() == 0 {
		r.warn(enum, "remove it or name the values", "the list of values is empty")
	}
	known := false
	for _, v := range enum.Items() {
		if !v.Is(source.String) && !v.Is(source.Number) {
			r.fail(v, "", "a value of a server variable must be a string, not %s", article(v.Kind().String()))
			continue
		}
		if v.Text() == values[0] {
			known = true
		} else {
			values = append(values, v.Text())
		}
	}
	if enum.Len() > 0 && !known && n.Get("default") != nil {
		r.warn(n.Get("default"), "", "the default %q is not among the values", values[0])
	}
	return values
}

// basePath returns the path of a server's URL without its trailing slash,
// percent-escapes as written. Relative URLs count from the root.
func basePath(text string) (path, fault string) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "", "it is not a URL"
	case u.Opaque != "":
		return "", "it has no path; a host needs a scheme, as in https://api.example.com"
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "", "a query or a fragment has no place in it"
	case strings.ContainsAny(u.Path, "{}"):
		return "", "it holds a brace"
	}
	u = (&url.URL{Scheme: "http", Host: "h", Path: "/"}).ResolveReference(&url.URL{Path: u.Path, RawPath: u.RawPath})
	path = strings.TrimRight(u.EscapedPath(), "/")
	if strings.Contains(path, "//") {
		return "", `its path holds "//"`
	}
	return path, ""
}
