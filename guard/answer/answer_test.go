package answer_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/answer"
)

// things describes the answers that the tests lie about.
const things = `
"200":
  description: OK
  headers:
    X-Total: {required: true, schema: {type: integer, minimum: 0}}
    X-Tags: {schema: {type: array, items: {type: string, maxLength: 3}}}
    Server: {schema: {type: string}}
  content:
    application/json: {schema: {$ref: "#/components/schemas/Thing"}}
    text/plain: {schema: {type: string, maxLength: 5}}
    application/xml: {schema: {type: object, xml: {name: thing}, required: [id], properties: {id: {type: integer}, secret: {type: string, writeOnly: true}}}}
    application/octet-stream: {schema: {type: string, format: binary}}
    text/event-stream: {schema: {type: string, maxLength: 1}}
    application/vnd.any+json: {}
"201": {description: Created}
"204": {description: Nothing}
"404": {description: Not there, content: {application/problem+json: {schema: {type: object, required: [title], properties: {title: {type: string}}}}}}
5XX: {description: Broken, content: {application/json: {schema: {type: object, properties: {message: {type: string}}}}}}
`

func describe(responses string) string {
	return strings.ReplaceAll(responses, `{$ref: "#/components/schemas/Thing"}`, `{type: object, required: [id], properties: {id: {type: integer}, name: {type: string}, secret: {type: string, writeOnly: true}, tags: {type: array, uniqueItems: true, items: {type: object, properties: {n: {type: integer}}}}}}`)
}

// total is the field that every 200 needs, beside its type.
func total(media string, more ...[2]string) [][2]string {
	return append([][2]string{{"Content-Type", media}, {"X-Total", "1"}}, more...)
}

// row is one lie and what the client gets.
type row struct {
	name   string
	lie    lie
	status int
	code   gate.Code // 0 when the answer passes
	body   string    // all of it when it passes, a part of the problem otherwise
}

var (
	drop   = answer.Options{Undeclared: schema.Drop, MaxAnswerBytes: 2048}
	strict = answer.Options{Undeclared: schema.Refuse, MaxAnswerBytes: 2048}
	loose  = answer.Options{Undeclared: schema.Allow, MaxAnswerBytes: 2048}
	keep   = answer.Options{Undeclared: schema.Drop, KeepErrors: true}
)

func run(t *testing.T, o answer.Options, rows []row) {
	t.Helper()
	s := newStage(t, describe(things), o)
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			s.call("GET", r.lie)
			if s.status != r.status || s.event.Code != r.code {
				t.Fatalf("got %d %v, want %d %v: %s", s.status, s.event.Code, r.status, r.code, s.body)
			}
			switch {
			case r.code == 0 && s.body != r.body:
				t.Errorf("got %q, want %q", s.body, r.body)
			case r.code != 0 && (!strings.Contains(s.body, r.body) || s.fields["Content-Type"] != "application/problem+json"):
				t.Errorf("got %s, want %s", s.body, r.body)
			}
			if r.code != 0 && (strings.Contains(s.body, "SEKRIT") || s.event.Outcome != gate.Failed || s.event.Guard != "answer") {
				t.Errorf("event %+v, body %s", s.event, s.body)
			}
		})
	}
}

// TestDeclared: answers that the contract describes are checked and trimmed.
func TestDeclared(t *testing.T) {
	long := strings.Repeat("x", 3000)
	run(t, drop, []row{
		{"as-described", lie{status: 200, fields: total("application/json"), body: `{"id":1,"name":"a"}`}, 200, 0, `{"id":1,"name":"a"}`},
		{"spaces-stay", lie{status: 200, fields: total("application/json; charset=UTF-8"), body: " { \"id\" : 1 } \n"}, 200, 0, " { \"id\" : 1 } \n"},
		{"of-unknown-length", lie{status: 200, fields: total("application/json"), body: `{"id":1}`, length: -1}, 200, 0, `{"id":1}`},
		{"undeclared-first", lie{status: 200, fields: total("application/json"), body: `{"hash":"SEKRIT","id":1}`}, 200, 0, `{"id":1}`},
		{"undeclared-last", lie{status: 200, fields: total("application/json"), body: `{"id":1, "hash": {"a":["SEKRIT"]} }`}, 200, 0, `{"id":1 }`},
		{"undeclared-within", lie{status: 200, fields: total("application/json"), body: `{"id":1,"tags":[{"n":1,"x":2},{"y":1}]}`}, 200, 0, `{"id":1,"tags":[{"n":1},{}]}`},
		{"write-only", lie{status: 200, fields: total("application/json"), body: `{"secret":"SEKRIT","id":1}`}, 200, 0, `{"id":1}`},
		{"what-is-left-is-judged", lie{status: 200, fields: total("application/json"), body: `{"id":1,"tags":[{"n":1,"x":2},{"n":1,"x":3}]}`}, 502, gate.AnswerSchema, `"keyword":"uniqueItems"`},
		{"a-required-one-is-missing", lie{status: 200, fields: total("application/json"), body: `{"name":"a"}`}, 502, gate.AnswerSchema, `"keyword":"required"`},
		{"of-another-type", lie{status: 200, fields: total("application/json"), body: `{"id":"SEKRIT"}`}, 502, gate.AnswerSchema, `"pointer":"/id"`},
		{"in-other-case", lie{status: 200, fields: total("application/json"), body: `{"ID":1,"id":1}`}, 502, gate.AnswerSchema, ``},
		{"twice", lie{status: 200, fields: total("application/json"), body: `{"id":1,"id":2}`}, 502, gate.AnswerSyntax, `"in":"answer"`},
		{"no-json", lie{status: 200, fields: total("application/json"), body: `<html>SEKRIT`}, 502, gate.AnswerSyntax, `the call may have been performed`},
		{"two-texts", lie{status: 200, fields: total("application/json"), body: `{"id":1}{"id":2}`}, 502, gate.AnswerSyntax, ``},
		{"empty-json", lie{status: 200, fields: total("application/json"), length: -1}, 502, gate.AnswerSyntax, ``},
		{"no-type", lie{status: 200, fields: [][2]string{{"X-Total", "1"}}, body: `{"id":1}`}, 502, gate.AnswerMedia, `Content-Type`},
		{"two-types", lie{status: 200, fields: total("application/json", [2]string{"content-type", "text/plain"}), body: `{"id":1}`}, 502, gate.AnswerMedia, ``},
		{"broken-type", lie{status: 200, fields: total("json"), body: `{"id":1}`}, 502, gate.AnswerMedia, ``},
		{"another-type", lie{status: 200, fields: total("text/html"), body: `{"id":1}`}, 502, gate.AnswerMedia, ``},
		{"another-charset", lie{status: 200, fields: total("application/json; charset=utf-16"), body: `{"id":1}`}, 502, gate.AnswerMedia, `charset`},
		{"coded", lie{status: 200, fields: total("application/json", [2]string{"Content-Encoding", "gzip"}), body: `SEKRIT`}, 502, gate.AnswerCoding, ``},
		{"identity-is-no-coding", lie{status: 200, fields: total("application/json", [2]string{"Content-Encoding", "identity"}), body: `{"id":1}`}, 200, 0, `{"id":1}`},
		{"stated-too-large", lie{status: 200, fields: total("application/json"), body: `{"id":1,"name":"` + long + `"}`}, 502, gate.AnswerTooLarge, ``},
		{"too-large", lie{status: 200, fields: total("application/json"), body: `{"id":1,"name":"` + long + `"}`, length: -1}, 502, gate.AnswerTooLarge, ``},
		{"shorter-than-stated", lie{status: 200, fields: total("application/json"), body: `{"id":1}`, length: 9}, 502, gate.UpstreamBroken, ``},
		{"text", lie{status: 200, fields: total("text/plain"), body: "hello"}, 200, 0, "hello"},
		{"text-with-a-mark", lie{status: 200, fields: total("text/plain"), body: "\xef\xbb\xbfhello"}, 200, 0, "\xef\xbb\xbfhello"},
		{"text-too-long", lie{status: 200, fields: total("text/plain"), body: "SEKRIT"}, 502, gate.AnswerSchema, `"keyword":"maxLength"`},
		{"text-of-other-bytes", lie{status: 200, fields: total("text/plain"), body: "\xff"}, 502, gate.AnswerSyntax, ``},
		{"xml", lie{status: 200, fields: total("application/xml"), body: "<thing><id>1</id></thing>"}, 200, 0, "<thing><id>1</id></thing>"},
		{"xml-trimmed", lie{status: 200, fields: total("application/xml"), body: "<thing><hash>SEKRIT</hash><id>1</id><secret>s</secret></thing>"}, 200, 0, "<thing><id>1</id></thing>"},
		{"xml-of-another-type", lie{status: 200, fields: total("application/xml"), body: "<thing><id>SEKRIT</id></thing>"}, 502, gate.AnswerSchema, `"pointer":"/id"`},
		{"xml-with-a-document-type", lie{status: 200, fields: total("application/xml"), body: `<!DOCTYPE thing [<!ENTITY x SYSTEM "file:///etc/passwd">]><thing><id>&x;</id></thing>`}, 502, gate.AnswerSyntax, ``},
		{"bytes", lie{status: 200, fields: total("application/octet-stream"), body: "\x00" + long}, 200, 0, "\x00" + long},
		{"coded-bytes", lie{status: 200, fields: total("application/octet-stream", [2]string{"Content-Encoding", "gzip"}), body: "\x00"}, 200, 0, "\x00"},
		{"events", lie{status: 200, fields: total("text/event-stream"), body: "data: 1\n\n", length: -1}, 200, 0, "data: 1\n\n"},
		{"without-schema", lie{status: 200, fields: total("application/vnd.any+json"), body: long}, 200, 0, long},
	})
}

// TestDeclaredFields of answers.
func TestDeclaredFields(t *testing.T) {
	with := func(fields ...[2]string) lie {
		return lie{status: 200, fields: append(typed("application/json"), fields...), body: `{"id":1}`}
	}
	run(t, drop, []row{
		{"missing", with(), 502, gate.AnswerHeader, `"name":"X-Total"`},
		{"of-another-type", with([2]string{"x-total", "SEKRIT"}), 502, gate.AnswerHeader, `"keyword":"type"`},
		{"below-its-bound", with([2]string{"X-Total", "-1"}), 502, gate.AnswerHeader, `"keyword":"minimum"`},
		{"twice", with([2]string{"X-Total", "1"}, [2]string{"X-Total", "2"}), 502, gate.AnswerHeader, `X-Total`},
		{"a-list", with([2]string{"X-Total", "1"}, [2]string{"X-Tags", "a, b"}, [2]string{"X-Tags", "c"}), 200, 0, `{"id":1}`},
		{"a-list-with-a-long-item", with([2]string{"X-Total", "1"}, [2]string{"X-Tags", "a, SEKRIT"}), 502, gate.AnswerHeader, `X-Tags`},
		{"undeclared-ones-pass", with([2]string{"X-Total", "1"}, [2]string{"X-Other", "1"}), 200, 0, `{"id":1}`},
	})
}

// TestStatus: what becomes of statuses, described and not.
func TestStatus(t *testing.T) {
	problem := typed("application/problem+json")
	run(t, drop, []row{
		{"undeclared-success", lie{status: 202, fields: typed("application/json"), body: `"SEKRIT"`}, 502, gate.AnswerStatus, `the call may have been performed`},
		{"undeclared-redirect", lie{status: 302, fields: [][2]string{{"Location", "http://SEKRIT"}}}, 502, gate.AnswerStatus, ``},
		{"undeclared-error", lie{status: 409, fields: typed("text/html"), body: `SEKRIT`}, 409, gate.AnswerError, `"status":409`},
		{"undeclared-error-coded", lie{status: 418, fields: [][2]string{{"Content-Encoding", "br"}}, body: `SEKRIT`}, 418, gate.AnswerError, ``},
		{"declared-error", lie{status: 404, fields: problem, body: `{"title":"no","trace":"SEKRIT"}`}, 404, 0, `{"title":"no"}`},
		{"declared-error-of-another-form", lie{status: 404, fields: typed("text/html"), body: `SEKRIT`}, 502, gate.AnswerMedia, ``},
		{"class", lie{status: 503, fields: typed("application/json"), body: `{"message":"busy"}`}, 503, 0, `{"message":"busy"}`},
		{"class-with-a-stack", lie{status: 500, fields: typed("application/json"), body: `{"message":"goroutine 7 [running] SEKRIT"}`}, 500, gate.AnswerInternals, `"status":500`},
		{"not-modified", lie{status: 304, fields: [][2]string{{"ETag", `"a"`}}}, 304, 0, ``},
		{"precondition-failed", lie{status: 412, fields: typed("text/plain"), body: "changed"}, 412, 0, "changed"},
		{"range-not-satisfiable", lie{status: 416, fields: [][2]string{{"Content-Range", "bytes */9"}}}, 416, 0, ""},
		{"range-that-shows-a-path", lie{status: 416, fields: typed("text/plain"), body: "no such part of /var/lib/SEKRIT"}, 416, gate.AnswerInternals, ``},
		{"nothing", lie{status: 204}, 204, 0, ``},
		{"content-that-is-not-described", lie{status: 201, fields: typed("application/json"), body: `"SEKRIT"`}, 201, 0, ``},
		{"no-content-that-is-not-described", lie{status: 201}, 201, 0, ``},
		{"no-content-in-chunks", lie{status: 201, length: -1}, 201, 0, ``},
		{"a-part-nobody-asked-for", lie{status: 206, fields: typed("application/json"), body: `{"id"`}, 502, gate.AnswerStatus, ``},
	})
	t.Run("strict", func(t *testing.T) {
		run(t, strict, []row{
			{"undeclared", lie{status: 200, fields: total("application/json"), body: `{"id":1,"hash":"SEKRIT"}`}, 502, gate.AnswerSchema, `unevaluatedProperties`},
			{"write-only", lie{status: 200, fields: total("application/json"), body: `{"id":1,"secret":"s"}`}, 200, 0, `{"id":1}`},
			{"undeclared-in-xml", lie{status: 200, fields: total("application/xml"), body: "<thing><hash>SEKRIT</hash><id>1</id></thing>"}, 502, gate.AnswerSchema, ``},
			{"content-that-is-not-described", lie{status: 201, fields: typed("application/json"), body: `"SEKRIT"`}, 502, gate.AnswerMedia, `no content`},
		})
	})
	t.Run("loose", func(t *testing.T) {
		run(t, loose, []row{
			{"undeclared", lie{status: 200, fields: total("application/json"), body: `{"id":1,"more":2}`}, 200, 0, `{"id":1,"more":2}`},
			{"content-that-is-not-described", lie{status: 201, fields: typed("application/json"), body: `"more"`}, 201, 0, `"more"`},
		})
	})
	t.Run("kept", func(t *testing.T) {
		run(t, keep, []row{
			{"undeclared-error", lie{status: 409, fields: typed("text/html"), body: `busy`}, 409, 0, `busy`},
			{"undeclared-error-that-shows-a-stack", lie{status: 409, body: "Traceback (most recent call last): SEKRIT"}, 409, gate.AnswerInternals, `"status":409`},
			{"undeclared-error-coded", lie{status: 409, fields: [][2]string{{"Content-Encoding", "gzip"}}, body: `SEKRIT`}, 409, gate.AnswerError, ``},
			{"undeclared-success", lie{status: 202}, 502, gate.AnswerStatus, ``},
		})
	})
}
