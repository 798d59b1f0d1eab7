package answer_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/answer"
)

// TestWhatTheAPIIsAsked: whole answers without coding, where they are read.
func TestWhatTheAPIIsAsked(t *testing.T) {
	fields := []gate.Field{field("Accept-Encoding", "gzip, br"), field("Range", "bytes=0-1"), field("If-Range", `"a"`), field("If-None-Match", `"a"`), field("Accept", "*/*")}
	const all = "Accept=*/*;Accept-Encoding=gzip, br;If-None-Match=\"a\";If-Range=\"a\";Range=bytes=0-1;"
	const whole = "Accept=*/*;Accept-Encoding=identity;If-None-Match=\"a\";"
	for _, r := range []struct{ name, responses, want string }{
		{"read", `"200": {description: OK, content: {application/json: {schema: {type: integer}}}}`, whole},
		{"bytes", `"200": {description: OK, content: {application/octet-stream: {}}}`, all},
		{"read-errors", `{"200": {description: OK, content: {image/png: {}}}, 4XX: {description: No, content: {application/json: {schema: {type: integer}}}}}`,
			strings.Replace(all, "gzip, br", "identity", 1)},
		{"by-default", `default: {description: OK, content: {application/json: {schema: {type: integer}}}}`, whole},
		{"any-type", `2XX: {description: OK, content: {"*/*": {schema: {type: integer}}}}`, whole},
		{"nothing-described", `"200": {description: OK}`, whole},
	} {
		t.Run(r.name, func(t *testing.T) {
			s := newStage(t, r.responses, answer.Options{})
			s.call("GET", lie{status: 304}, fields...)
			var got strings.Builder
			for _, name := range slices.Sorted(maps.Keys(s.asked)) {
				got.WriteString(name + "=" + s.asked[name] + ";")
			}
			if got.String() != r.want {
				t.Errorf("got  %s\nwant %s", got.String(), r.want)
			}
		})
	}
}

// TestTellingFields go, unless the contract describes them.
func TestTellingFields(t *testing.T) {
	told := [][2]string{{"server", "nginx/1.2"}, {"X-Powered-By", "PHP/5"}, {"X-AspNet-Version", "4"}, {"Date", "today"}, {"Content-Type", "application/json"}, {"X-Total", "1"}}
	for _, r := range []struct {
		name   string
		o      answer.Options
		status int
		want   string
	}{
		{"declared", drop, 200, "Content-Type Date X-Total server"},
		{"not-declared", drop, 304, "Content-Type Date X-Total"},
		{"observed", answer.Options{Observe: true}, 304, "Content-Type Date X-AspNet-Version X-Powered-By X-Total server"},
	} {
		t.Run(r.name, func(t *testing.T) {
			s := newStage(t, describe(things), r.o)
			s.call("GET", lie{status: r.status, fields: told, body: `{"id":1}`})
			if got := strings.Join(slices.Sorted(maps.Keys(s.fields)), " "); got != r.want {
				t.Errorf("got %s, want %s", got, r.want)
			}
		})
	}
}

// TestFieldsOfReplacedErrors: a client needs to know how to go on.
func TestFieldsOfReplacedErrors(t *testing.T) {
	s := newStage(t, describe(things), drop)
	s.call("GET", lie{status: 401, fields: [][2]string{{"www-authenticate", "Bearer"}, {"WWW-Authenticate", "Basic"}, {"Retry-After", "7"}, {"Allow", "GET"}, {"Set-Cookie", "SEKRIT"}, {"X-Debug", "SEKRIT"}}, body: "SEKRIT"})
	if got := strings.Join(slices.Sorted(maps.Keys(s.fields)), " "); got != "Allow Cache-Control Content-Type Retry-After WWW-Authenticate X-Content-Type-Options www-authenticate" || s.status != 401 {
		t.Errorf("%d %s", s.status, got)
	}
}

// TestValidators: an edited answer has other bytes than the API speaks of, and
// HEAD does not know whether GET's would be edited.
func TestValidators(t *testing.T) {
	fields := total("application/json", [2]string{"ETag", `"a"`}, [2]string{"Content-Digest", "d"}, [2]string{"Last-Modified", "m"})
	for _, r := range []struct {
		name, method string
		o            answer.Options
		body         string
		kept         bool
		length       int64
	}{
		{"checked", "GET", drop, `{"id":1}`, true, 0},
		{"edited", "GET", drop, `{"id":1,"x":1}`, false, 0},
		{"head", "HEAD", drop, `{"id":1}`, false, 0},
		{"head-where-nothing-is-dropped", "HEAD", strict, `{"id":1}`, true, 0},
		{"observed", "GET", answer.Options{Undeclared: schema.Drop, Observe: true}, `{"id":1,"x":1}`, true, 0},
		{"observed-head", "HEAD", answer.Options{Undeclared: schema.Drop, Observe: true}, `{"id":1,"x":1}`, true, 0},
	} {
		t.Run(r.name, func(t *testing.T) {
			s := newStage(t, describe(things), r.o)
			s.call(r.method, lie{status: 200, fields: fields, body: r.body})
			_, tag := s.fields["ETag"]
			_, digest := s.fields["Content-Digest"]
			if s.status != 200 || tag != r.kept || digest != r.kept || s.fields["Last-Modified"] != "m" {
				t.Errorf("%d %v", s.status, s.fields)
			}
		})
	}
}

// TestHead: the head of the answer to HEAD is judged as that to GET.
func TestHead(t *testing.T) {
	s := newStage(t, describe(things), drop)
	for _, r := range []struct {
		name string
		lie  lie
		code gate.Code
	}{
		{"as-described", lie{status: 200, fields: total("application/json")}, 0},
		{"without-type", lie{status: 200, fields: [][2]string{{"X-Total", "1"}}}, 0},
		{"another-type", lie{status: 200, fields: total("text/html")}, gate.AnswerMedia},
		{"field-missing", lie{status: 200, fields: typed("application/json")}, gate.AnswerHeader},
		{"undeclared-error", lie{status: 409}, gate.AnswerError},
		{"undeclared-success", lie{status: 202}, gate.AnswerStatus},
	} {
		t.Run(r.name, func(t *testing.T) {
			s.call("HEAD", r.lie)
			if s.event.Code != r.code {
				t.Errorf("%d %v", s.status, s.event.Code)
			}
		})
	}
}

// TestObserved: nothing is changed, and the event says what would have been.
func TestObserved(t *testing.T) {
	s := newStage(t, describe(things), answer.Options{Undeclared: schema.Drop, Observe: true, MaxAnswerBytes: 100})
	for _, r := range []struct {
		name    string
		lie     lie
		would   gate.Code
		trimmed int
	}{
		{"as-described", lie{status: 200, fields: total("application/json"), body: `{"id":1}`}, 0, 0},
		{"trimmed", lie{status: 200, fields: total("application/json"), body: `{"a":1,"id":1,"b":2}`}, 0, 2},
		{"off-schema", lie{status: 200, fields: total("application/json"), body: `{"id":"a"}`}, gate.AnswerSchema, 0},
		{"status", lie{status: 202, fields: total("application/json"), body: `{"id":"a"}`}, gate.AnswerStatus, 0},
		{"error", lie{status: 409, fields: total("application/json"), body: `panic`}, gate.AnswerError, 0},
		{"too-large", lie{status: 200, fields: total("application/json"), body: `{"id":1,"name":"` + strings.Repeat("x", 200) + `"}`}, gate.AnswerTooLarge, 0},
		{"field", lie{status: 200, fields: typed("application/json"), body: `{"id":1}`}, gate.AnswerHeader, 0},
		{"content", lie{status: 201, fields: typed("application/json"), body: `{"id":1}`}, 0, 1},
	} {
		t.Run(r.name, func(t *testing.T) {
			s.call("GET", r.lie)
			if s.status != r.lie.status || s.body != r.lie.body || s.fields["Content-Type"] != "application/json" || s.event.Trimmed != r.trimmed {
				t.Errorf("%d %s, %+v", s.status, s.body, s.event)
			}
			if r.would == 0 && len(s.event.Would) > 0 || r.would != 0 && (len(s.event.Would) != 1 || s.event.Would[0] != r.would) {
				t.Errorf("would %v", s.event.Would)
			}
		})
	}
}
