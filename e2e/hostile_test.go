package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// hostile is a call that the document does not describe.
type hostile struct {
	name   string
	method string
	target string
	media  string // Content-Type, "" for none
	body   string
	header string // one more field, "Name: value"
	status int
	code   string // of the problem
}

// refuseAll makes each call and demands that the gate refuses it as the row
// says, with a problem document that holds nothing of the request, and that
// none of it reaches the program.
func refuseAll(t *testing.T, client *http.Client, gate string, program *relay, rows []hostile) {
	t.Helper()
	program.seen()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			refuse(t, client, gate, row)
			for _, c := range program.seen() {
				t.Errorf("reached the program: %v", c)
			}
		})
	}
}

// mark stands in hostile values; no answer may repeat it.
const mark = "Zq7"

func refuse(t *testing.T, client *http.Client, gate string, row hostile) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), row.method, gate+row.target, strings.NewReader(row.body))
	if err != nil {
		t.Fatal(err)
	}
	if row.body == "" {
		req.Body, req.ContentLength = nil, 0
	}
	if row.media != "" {
		req.Header.Set("Content-Type", row.media)
	}
	if name, value, ok := strings.Cut(row.header, ": "); ok {
		req.Header.Set(name, value)
	}
	res, err := client.Do(req)
	// A client that sends on and on may be cut before it has looked at the
	// answer (RFC 9112 section 9.6): it asks again.
	for again := 0; err != nil && req.GetBody != nil && again < 5; again++ {
		if req.Body, err = req.GetBody(); err == nil {
			res, err = client.Do(req)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var problem struct {
		Type, Title, Code, ID string
		Status                int
	}
	if res.StatusCode != row.status || res.Header.Get("Content-Type") != "application/problem+json" {
		t.Fatalf("got %d %s, want %d and a problem\n%s", res.StatusCode, res.Header.Get("Content-Type"), row.status, tail(string(body)))
	}
	if err := json.Unmarshal(body, &problem); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	if problem.Code != row.code || problem.Status != row.status || problem.ID == "" || problem.Title == "" || problem.Type == "" {
		t.Errorf("want the code %s with status %d, id, title and type, got %s", row.code, row.status, body)
	}
	if strings.Contains(string(body), mark) {
		t.Errorf("the problem repeats the request: %s", body)
	}
}
