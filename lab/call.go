package lab

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"strconv"
	"unicode/utf8"
)

// call is one call of an operation.
type call struct {
	*http.Request
	body []byte
	who  int64 // the number of the user whom the token names
}

// id is the number in the path; what is no number is 0, which nobody has.
func (c *call) id() int64 {
	n, _ := strconv.ParseInt(c.PathValue("id"), 10, 64)
	return n
}

// limit is how many things a list may have: as many as the client likes.
func (c *call) limit() int {
	if n, err := strconv.Atoi(c.URL.Query().Get("limit")); err == nil {
		return n
	}
	return 20
}

// read fills a thing with the body, whatever properties that has. The
// database cuts off what is too long.
func (c *call) read(thing any) {
	var tree any
	if err := json.Unmarshal(c.body, &tree); err != nil {
		panic(err)
	}
	short, err := json.Marshal(cut(tree))
	if err == nil {
		err = json.Unmarshal(short, thing)
	}
	if err != nil {
		panic(err)
	}
}

// cut shortens what is longer than the shop can keep.
func cut(v any) any {
	switch v := v.(type) {
	case string:
		return cutText(v, maxText)
	case []any:
		v = v[:min(len(v), maxElements)]
		for i := range v {
			v[i] = cut(v[i])
		}
		return v
	case map[string]any:
		for name := range v {
			v[name] = cut(v[name])
		}
	}
	return v
}

// cutText returns at most n bytes of s, whole characters.
func cutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// answer is what an operation answers.
type answer struct {
	status   int
	kind     string // the content type; JSON when empty
	location string
	body     any // marshalled unless it is text; nil for none
}

// problem is a declared error (RFC 9457).
func problem(status int, detail string) answer {
	return answer{status: status, kind: "application/problem+json", body: struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail,omitempty"`
	}{"about:blank", http.StatusText(status), status, cutText(detail, 400)}}
}

func ok(body any) answer      { return answer{status: http.StatusOK, body: body} }
func created(body any) answer { return answer{status: http.StatusCreated, body: body} }

// missing is the answer when there is no such thing.
func missing() answer { return problem(http.StatusNotFound, "") }

// serve makes a handler of a route.
func (s *Shop) serve(r route) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		defer explain(w)
		c := &call{Request: req}
		body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxBody))
		if err != nil {
			panic(err)
		}
		c.body = body
		c.Body = io.NopCloser(bytes.NewReader(body))
		if c.who = s.caller(req); c.who == 0 && !r.open {
			problem(http.StatusUnauthorized, "log in first").write(w)
			return
		}
		r.do(s, c).write(w)
	}
}

// explain answers a panic with everything that a developer wants to know.
func explain(w http.ResponseWriter) {
	if fault := recover(); fault != nil {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprintf(w, "panic: %v\n\n%s", fault, debug.Stack())
	}
}

func (a answer) write(w http.ResponseWriter) {
	kind := a.kind
	if kind == "" {
		kind = "application/json"
	}
	var text []byte
	switch body := a.body.(type) {
	case nil:
		w.WriteHeader(a.status)
		return
	case string:
		text = []byte(body)
	default:
		var err error
		if text, err = json.Marshal(body); err != nil {
			panic(err)
		}
	}
	if a.location != "" {
		w.Header().Set("Location", a.location)
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(a.status)
	w.Write(text)
}
