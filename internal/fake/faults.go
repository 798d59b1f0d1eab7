package fake

import (
	"io"
	"net/http"
	"strings"
)

// Faults are ways in which a service fails, by name, each with whether a client
// is to take it for one that is down rather than one that refuses. What they
// write holds "planted": it must be in no error.
var Faults = map[string]struct {
	Handler http.HandlerFunc
	Down    bool
}{
	"error":     {status(http.StatusInternalServerError), true},
	"sealed":    {status(http.StatusServiceUnavailable), true},
	"throttles": {status(http.StatusTooManyRequests), true},
	"denies":    {status(http.StatusForbidden), false},
	"redirects": {func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "http://127.0.0.1:1/planted")
		w.WriteHeader(http.StatusTemporaryRedirect)
	}, false},
	"breaks-off": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, true},
	"ends-early": {func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		w.Write([]byte(`{"planted":`))
	}, true},
	"is-slow":   {func(_ http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body); <-r.Context().Done() }, true},
	"no-json":   {text("<html>planted</html>"), false},
	"empty":     {text("{}"), false},
	"null":      {text("null"), false},
	"list":      {text("[]"), false},
	"endless":   {text(`{"planted":"` + strings.Repeat("planted", 1<<18) + `"}`), false},
	"other-key": {text(`{"data":{"ciphertext":"vault:v1:cGxhbnRlZA==","plaintext":"cGxhbnRlZA=="},"CiphertextBlob":"cGxhbnRlZA==","Plaintext":"cGxhbnRlZA==","ciphertext":"cGxhbnRlZA==","plaintext":"cGxhbnRlZA=="}`), false},
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		w.Write([]byte(`{"errors":["planted"],"__type":"planted words","error":"planted words"}`))
	}
}

func text(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(body)) }
}
