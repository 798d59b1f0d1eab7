package lab

import (
	"net/http"
	"net/url"
	"strings"
)

// What frameworks do by themselves and nobody switched off.

// boast tells everybody which versions to look up.
func boast(w http.ResponseWriter) {
	w.Header().Set("Server", "CornerShop/1.4.0 (Debian 11)")
	w.Header().Set("X-Powered-By", "Go 1.12.4")
}

// reflectOrigin lets every page of the web read answers with its visitor's
// credentials. It reports whether the call was a preflight and is done.
func reflectOrigin(w http.ResponseWriter, r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Credentials", "true")
	if r.Method != http.MethodOptions {
		return false
	}
	h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
	h.Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
	w.WriteHeader(http.StatusNoContent)
	return true
}

// rewritten returns the request with the method and the path that header
// fields give it, as proxies of old wanted it.
func rewritten(r *http.Request) *http.Request {
	method, path := r.Header.Get("X-Http-Method-Override"), r.Header.Get("X-Original-Url")
	if method == "" && path == "" {
		return r
	}
	r = r.Clone(r.Context())
	if method != "" {
		r.Method = strings.ToUpper(method)
	}
	if target, err := url.ParseRequestURI(path); err == nil {
		r.URL, r.RequestURI = target, path
	}
	return r
}
