package source_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

func TestNearest(t *testing.T) {
	known := []string{"limit", "operationId", "requestBody", "in", "get", "put", "additionalProperties"}
	for name, want := range map[string]string{
		"limt": "limit", "lmiit": "limit", "Limit": "limit", "operation_id": "operationId", "operationID": "operationId",
		"reqestBody": "requestBody", "request-body": "requestBody", "inn": "in", "gte": "get", "puts": "put",
		"additionalProperty": "additionalProperties", "x": "", "": "", "limitation": "", "limit": "", "foo": "",
		"request": "requestBody", "oper": "operationId", "add": "",
		strings.Repeat("a", 100): "",
	} {
		if got := source.Nearest(name, known...); got != want {
			t.Errorf("nearest to %q is %q, want %q", name, got, want)
		}
	}
	if got := source.DidYouMean("else", "limt", known...); got != `did you mean "limit"?` {
		t.Error(got)
	}
	if got := source.DidYouMean("else", "foo", known...); got != "else" {
		t.Error(got)
	}
	if got := source.Nearest(strings.Repeat("Ⱥ", 32), strings.Repeat("Ⱥ", 31)); got == "" {
		t.Error("names that grow in lower case are not compared")
	}
}
