package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const contract = `
openapi: 3.0.3
info: {title: t, version: "1"}
paths:
  /n:
    post:
      requestBody: {content: {application/json: {schema: {type: integer}}}}
      responses: {"200": {description: n, content: {application/json: {schema: {type: integer}}}}}
`

// The peer does what the gate does: it judges both ways.
func TestJudgesBothWays(t *testing.T) {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		if string(body) == "7" {
			body = []byte(`"seven"`)
		}
		w.Write(body)
	}))
	defer api.Close()
	file := filepath.Join(t.TempDir(), "contract.yaml")
	if err := os.WriteFile(file, []byte(contract), 0o600); err != nil {
		t.Fatal(err)
	}
	h, err := handler(file, api.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	peer := httptest.NewServer(h)
	defer peer.Close()
	for _, c := range []struct {
		name, body string
		status     int
	}{
		{"good", "5", 200}, {"request-off-schema", `"five"`, 400}, {"answer-off-schema", "7", 500},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, err := http.Post(peer.URL+"/n", "application/json", strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			defer a.Body.Close()
			if a.StatusCode != c.status {
				t.Errorf("%d, want %d", a.StatusCode, c.status)
			}
		})
	}
}
