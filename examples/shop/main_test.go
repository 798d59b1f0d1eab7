package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// TestTheShopBelievesTheGate sends the field that gatehouse.yaml says.
func TestTheShopBelievesTheGate(t *testing.T) {
	text, err := os.ReadFile("gatehouse.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "caller: {fields: {subject: ")
	field, _, found := strings.Cut(rest, "}")
	if !found {
		t.Fatal("gatehouse.yaml names no field")
	}
	for _, test := range []struct {
		name, value string
		status      int
	}{{"somebody", "2", 200}, {"nobody", "", 401}, {"no-number", "alice", 401}} {
		t.Run(test.name, func(t *testing.T) {
			w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/users/2", nil)
			if test.value != "" {
				r.Header.Set(field, test.value)
			}
			shop().ServeHTTP(w, r)
			if w.Code != test.status {
				t.Errorf("status %d, want %d", w.Code, test.status)
			}
		})
	}
}
