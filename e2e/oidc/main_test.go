package main

import (
	"net/http"
	"testing"
)

func TestDescribe(t *testing.T) {
	for want, answer := range map[string]*http.Response{
		"200 alice":                                 {StatusCode: 200, Header: http.Header{"X-Saw": {"alice"}}},
		"401 DPoP Bearer invalid_token":             {StatusCode: 401, Header: http.Header{"Www-Authenticate": {`DPoP realm="a", algs="ES256"`, `Bearer realm="a", error="invalid_token"`}}},
		`403 Bearer insufficient_scope scope="a b"`: {StatusCode: 403, Header: http.Header{"Www-Authenticate": {`Bearer realm="a", error="insufficient_scope", scope="a b"`}}},
	} {
		if got := describe(answer); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
