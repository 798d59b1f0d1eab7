package gatehouse_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse"
)

const notes = `openapi: 3.1.0
info: {title: Notes, version: 1.0.0}
security: []
paths:
  /notes/{id}:
    get:
      operationId: getNote
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses:
        "200":
          description: one note
          content: {application/json: {schema: {type: object, required: [text], properties: {text: {type: string}}}}}
`

func TestProtect(t *testing.T) {
	var events []string
	g, err := gatehouse.New("notes.yaml", []byte(notes), gatehouse.Options{}, gatehouse.WithEvents(func(e *gatehouse.Event) {
		events = append(events, e.Operation+" "+e.Outcome.String()+" "+e.Code.String())
	}), gatehouse.WithLog(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	h := g.Protect(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls++
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"text":"hello","owner":7}`)
	}))
	for _, row := range []struct {
		name, target string
		status       int
		body         string
		calls        int
		event        string
	}{
		{"passes", "/notes/1", 200, `{"text":"hello"}`, 1, "getNote passed undecided"},
		{"parameter", "/notes/one", 400, "parameter-schema", 0, "getNote refused parameter-schema"},
		{"path", "/admin", 404, "path-unknown", 0, " refused path-unknown"},
	} {
		t.Run(row.name, func(t *testing.T) {
			calls, events = 0, nil
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("GET", row.target, nil))
			if w.Code != row.status || !strings.Contains(w.Body.String(), row.body) || strings.Contains(w.Body.String(), "owner") || calls != row.calls {
				t.Errorf("got %d %s, %d calls", w.Code, w.Body, calls)
			}
			if len(events) != 1 || events[0] != row.event {
				t.Errorf("events %q", events)
			}
		})
	}
}

func TestLoad(t *testing.T) {
	file := filepath.Join(t.TempDir(), "notes.yaml")
	if err := os.WriteFile(file, []byte(notes), 0o600); err != nil {
		t.Fatal(err)
	}
	if g, err := gatehouse.Load(file, gatehouse.Options{}); err != nil || len(g.Warnings()) != 0 {
		t.Error(err)
	}
	var problems gatehouse.Problems
	for _, row := range []struct{ name, text, want string }{
		{"not-a-document", "{", "notes.yaml:2:1"},
		{"empty", "", "notes.yaml"},
		{"nobody-verifies", strings.Replace(notes, "security: []", "security: [{k: []}]\ncomponents: {securitySchemes: {k: {type: apiKey, in: header, name: X-Key}}}", 1), "set Options.Authentication"},
		{"bad-schema", strings.Replace(notes, "type: integer", "type: intege", 1), "intege"},
	} {
		t.Run(row.name, func(t *testing.T) {
			g, err := gatehouse.New("notes.yaml", []byte(row.text), gatehouse.Options{})
			if g != nil || !errors.As(err, &problems) || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v", err)
			}
		})
	}
	if g, err := gatehouse.Load(file+".gone", gatehouse.Options{}); g != nil || err == nil {
		t.Error("loaded a file that is not there")
	}
}

// TestOptionsInGo: mistakes in options are told like those of a file.
func TestOptionsInGo(t *testing.T) {
	for _, row := range []struct {
		name    string
		options gatehouse.Options
		want    string
	}{
		{"operation", gatehouse.Options{Operations: map[string]gatehouse.Operation{"getNotes": {}}}, `did you mean "getNote"?`},
		{"guard", gatehouse.Options{Settings: gatehouse.Settings{Modes: map[string]gatehouse.Mode{"requests": gatehouse.Observe}}}, `did you mean "request"?`},
		{"slashes", gatehouse.Options{Operations: map[string]gatehouse.Operation{"getNote": {Slashes: []string{"name"}}}}, `no path parameter "name"`},
		{"authentication", gatehouse.Options{Authentication: "me"}, `must be one of upstream, public`},
		{"twice", gatehouse.Options{Operations: map[string]gatehouse.Operation{"getNote": {}, "GET /notes/{id}": {}}}, "as well"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, err := gatehouse.New("notes.yaml", []byte(notes), row.options); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestUpgradeNeedsGet: the handshake of WebSocket is a GET (RFC 6455 section
// 4.1).
func TestUpgradeNeedsGet(t *testing.T) {
	for method, want := range map[string]string{"get": "", "post": "with a GET alone"} {
		o := gatehouse.Options{Operations: map[string]gatehouse.Operation{"getNote": {Upgrade: []string{"websocket"}}}}
		_, err := gatehouse.New("notes.yaml", []byte(strings.Replace(notes, "    get:", "    "+method+":", 1)), o)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", method, err)
		}
	}
}

// TestProtectJudgesAnswers: whatever a handler says, the client gets what the
// contract describes, and nothing of the rest.
func TestProtectJudgesAnswers(t *testing.T) {
	for _, row := range []struct {
		name   string
		next   http.HandlerFunc
		status int
		body   string // part of it
	}{
		{"status-undeclared", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(202); io.WriteString(w, "planted") }, 502, "answer-status"},
		{"error-undeclared", func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "planted: panic at /srv/notes.go:12", 500)
		}, 500, "answer-error"},
		{"off-schema", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `{"text":7,"planted":1}`)
		}, 502, "answer-schema"},
		{"other-content", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<p>planted") }, 502, "answer-media"},
		{"flushed-before-its-end", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `{"text":"`)
			http.NewResponseController(w).Flush()
			io.WriteString(w, `a","planted":1,"x":`)
		}, 502, "answer"},
		{"internals", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Server", "planted/1.0")
			io.WriteString(w, `{"text":"good","planted":1}`)
		}, 200, `{"text":"good"}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			g, err := gatehouse.New("notes.yaml", []byte(notes), gatehouse.Options{})
			if err != nil {
				t.Fatal(err)
			}
			w := httptest.NewRecorder()
			g.Protect(row.next).ServeHTTP(w, httptest.NewRequest("GET", "/notes/1", nil))
			if all := fmt.Sprint(w.Code, w.Header(), w.Body); w.Code != row.status || !strings.Contains(all, row.body) || strings.Contains(all, "planted") {
				t.Errorf("got %s", all)
			}
		})
	}
}

// TestExtrasOfNothing: a program may leave out what it is asked for.
func TestExtrasOfNothing(t *testing.T) {
	g, err := gatehouse.New("notes.yaml", []byte(notes), gatehouse.Options{}, gatehouse.WithEvents(nil), gatehouse.WithLog(nil))
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	g.Protect(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest("GET", "/other", nil))
	if w.Code != http.StatusNotFound || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("status %d, %v", w.Code, w.Header())
	}
}
