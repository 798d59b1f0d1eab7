package upstream

import (
	"net/url"
	"strings"
	"testing"
)

func TestNew(t *testing.T) {
	for _, row := range []struct{ target, want string }{
		{"http://127.0.0.1:9000", ""}, {"http://api", ""}, {"https://api.test:8443/", ""}, {"http://[::1]:80", ""},
		{"api:9000", "scheme"}, {"ftp://api", "scheme"}, {"//api", "scheme"}, {"http://", "no host"}, {"http://:80", "no host"},
		{"http://u:p@api", "user"}, {"http://api/v1", "path"}, {"http://api/?x", "path"}, {"http://api/#x", "path"}, {"http://api?", "path"},
	} {
		u, err := url.Parse(row.target)
		if err != nil {
			t.Fatal(err)
		}
		_, err = New(u, Options{})
		if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q", row.target, err, row.want)
		}
		if err != nil && strings.Contains(err.Error(), ":p@") {
			t.Errorf("%s: the error shows a password", row.target)
		}
	}
}
