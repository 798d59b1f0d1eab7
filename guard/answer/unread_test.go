package answer_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/answer"
)

// TestRangesOfTypes: under a range whose schema is no string, a type that
// nobody reads is no way past the schema.
func TestRangesOfTypes(t *testing.T) {
	const object = `{type: object, properties: {a: {type: integer}}}`
	for _, r := range []struct {
		name, media, schema, sent string
		code                      gate.Code
		body                      string
	}{
		{"json", "*/*", object, "application/json", 0, `{"a":1}`},
		{"bytes", "*/*", object, "application/octet-stream", gate.AnswerMedia, ""},
		{"picture", "*/*", object, "image/png", gate.AnswerMedia, ""},
		{"events", "*/*", object, "text/event-stream", gate.AnswerMedia, ""},
		{"parts", "*/*", object, "multipart/mixed; boundary=x", gate.AnswerMedia, ""},
		{"form", "*/*", object, "application/x-www-form-urlencoded", gate.AnswerMedia, ""},
		{"narrower-range", "application/*", object, "application/jsonx", gate.AnswerMedia, ""},
		{"events-as-text", "text/*", object, "text/event-stream", gate.AnswerMedia, ""},
		{"array", "*/*", `{type: [array, "null"], items: {type: integer}}`, "application/octet-stream", gate.AnswerMedia, ""},
		{"binary", "*/*", `{type: string, format: binary}`, "image/png", 0, `{"a":1,"b":2}`},
		{"string", "*/*", `{type: string}`, "image/png", 0, `{"a":1,"b":2}`},
		{"anything", "*/*", `{}`, "image/png", 0, `{"a":1,"b":2}`},
		{"named", "application/octet-stream", object, "application/octet-stream", 0, `{"a":1,"b":2}`}, // check warns
	} {
		t.Run(r.name, func(t *testing.T) {
			s := newStage(t, `"200": {description: OK, content: {"`+r.media+`": {schema: `+r.schema+`}}}`, drop)
			for _, method := range []string{"GET", "HEAD"} {
				s.call(method, lie{status: 200, fields: typed(r.sent), body: `{"a":1,"b":2}`})
				if s.event.Code != r.code || method == "GET" && r.code == 0 && s.body != r.body {
					t.Errorf("%s: %d %v %s", method, s.status, s.event.Code, s.body)
				}
			}
		})
	}
}

// TestDescribedFailures: a 5xx that the contract describes shows no internals
// either, whatever it says of the content.
func TestDescribedFailures(t *testing.T) {
	const trace = `{"at":"goroutine 7 [running]"}`
	const plain = `{"at":"noon"}`
	long := `{"at":"` + strings.Repeat("x", 64<<10) + `"}`
	cut, open := answer.Options{Undeclared: schema.Drop}, answer.Options{Undeclared: schema.Allow}
	for _, r := range []struct {
		name, responses, media string
		o                      answer.Options
	}{
		{"without-schema", `"500": {description: Broken, content: {application/json: {}}}`, "application/json", cut},
		{"page", `"500": {description: Broken, content: {text/html: {}}}`, "text/html", cut},
		{"binary", `5XX: {description: Broken, content: {"*/*": {schema: {type: string, format: binary}}}}`, "application/octet-stream", cut},
		{"by-default", `default: {description: Broken, content: {"*/*": {}}}`, "image/png", cut},
		{"events", `"500": {description: Broken, content: {text/event-stream: {}}}`, "text/event-stream", cut},
		{"no-content", `"500": {description: Broken}`, "application/json", open},
	} {
		t.Run(r.name, func(t *testing.T) {
			s := newStage(t, r.responses, r.o)
			for _, c := range []struct {
				body string
				code gate.Code
			}{{trace, gate.AnswerInternals}, {long, gate.AnswerInternals}, {plain, 0}} {
				s.call("GET", lie{status: 500, fields: typed(r.media), body: c.body}, field("Accept-Encoding", "gzip"))
				if s.status != 500 || s.event.Code != c.code || c.code == 0 && s.body != c.body {
					t.Errorf("%d %v %.80s", s.status, s.event.Code, s.body)
				}
				if s.asked["Accept-Encoding"] != "identity" {
					t.Errorf("the API was asked for %q", s.asked["Accept-Encoding"])
				}
			}
			s.call("GET", lie{status: 500, fields: append(typed(r.media), [2]string{"Content-Encoding", "gzip"}), body: plain})
			if s.status != 500 || s.event.Code != gate.AnswerError {
				t.Errorf("coded: %d %v", s.status, s.event.Code)
			}
		})
	}
}

// TestUnmodified: a 304 tells nothing of bytes that are cut out of a 200,
// unless the client knows it.
func TestUnmodified(t *testing.T) {
	fields := [][2]string{{"ETag", `W/"of-all"`}, {"Content-Digest", "d"}, {"Last-Modified", "m"}}
	const declared = "\"200\": {description: OK, content: {application/json: {schema: {type: integer}}}}\n\"304\": {description: As before}"
	for _, r := range []struct {
		name, responses string
		o               answer.Options
		asked           string
		kept            bool
	}{
		{"any", things, drop, `*`, false},
		{"declared", declared, drop, `*`, false},
		{"another", things, drop, `"of-a", "all"`, false},
		{"known", things, drop, `"x", "of-all"`, true},
		{"nothing-is-cut", things, strict, `*`, true},
		{"observed", things, answer.Options{Undeclared: schema.Drop, Observe: true}, `*`, true},
		{"unread", `"200": {description: OK, content: {image/png: {}}}`, drop, `*`, true},
	} {
		t.Run(r.name, func(t *testing.T) {
			s := newStage(t, describe(r.responses), r.o)
			s.call("GET", lie{status: 304, fields: fields}, field("If-None-Match", r.asked))
			_, tag := s.fields["ETag"]
			_, digest := s.fields["Content-Digest"]
			if s.status != 304 || tag != r.kept || digest != r.kept || s.fields["Last-Modified"] != "m" {
				t.Errorf("%d %v", s.status, s.fields)
			}
		})
	}
}

// TestHeadOfCutContent: HEAD tells nothing of content that GET does not get.
func TestHeadOfCutContent(t *testing.T) {
	fields := [][2]string{{"ETag", `"a"`}, {"Content-Digest", "d"}}
	for _, r := range []struct {
		name   string
		lie    lie
		fields int
	}{
		{"no-content-described", lie{status: 201, fields: append(typed("text/plain"), fields...), length: 9}, 0},
		{"no-type", lie{status: 200, fields: append([][2]string{{"X-Total", "1"}}, fields...), length: 9}, 1},
		{"never-content", lie{status: 204, fields: fields}, 2},
		{"unread", lie{status: 200, fields: total("application/octet-stream", fields...), length: 9}, 4},
	} {
		t.Run(r.name, func(t *testing.T) {
			s := newStage(t, describe(things), drop)
			s.call("HEAD", r.lie)
			if s.status != r.lie.status || len(s.fields) != r.fields {
				t.Errorf("%d %v", s.status, s.fields)
			}
		})
	}
}
