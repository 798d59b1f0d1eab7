package tap_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/record/tap"
)

var words = map[string]bool{"api": true, "orders": true, "": true}

func TestShapes(t *testing.T) {
	for name, row := range map[string]struct{ path, want string }{
		"root":          {"/", "/"},
		"none":          {"", ""},
		"star":          {"*", "/{text}"},
		"known":         {"/api/orders", "/api/orders"},
		"version":       {"/v1/v12/v1234/vx", "/v1/v12/{name}/{word}"},
		"number":        {"/orders/17", "/orders/{number}"},
		"trailing":      {"/orders/", "/orders/"},
		"doubled":       {"//orders", "//orders"},
		"uuid":          {"/0b9cd9a1-6a3c-4f0e-9d57-0123456789AB", "/{uuid}"},
		"no-uuid":       {"/0b9cd9a1-6a3c-4f0e-9d57-0123456789AG", "/{token}"},
		"date":          {"/2031-02-03", "/{date}"},
		"hex":           {"/deadbeef01", "/{hex}"},
		"name-of-hexes": {"/decade", "/{word}"},
		"word":          {"/Anna", "/{word}"},
		"name":          {"/anna-smith_2", "/{name}"},
		"email":         {"/anna@example.com", "/{email}"},
		"file":          {"/report.pdf", "/{file}"},
		"dotted-name":   {"/anna.smith", "/{file}"},
		"encoded":       {"/anna%40example.com", "/{encoded}"},
		"text":          {"/a b;c=d", "/{text}"},
		"utf-8":         {"/\xc3\xa4nna", "/{text}"},
		"token":         {"/gh_4a8dfQpLz81nn2Zk0xWq", "/{token}"},
		"long-word":     {"/" + strings.Repeat("z", 30), "/{name}"},
		"deep":          {strings.Repeat("/1", 20), strings.Repeat("/{number}", 12) + "/..."},
		"long":          {strings.Repeat("/a%20", 20), strings.Repeat("/{encoded}", 11) + "/{encoded}/..."},
	} {
		t.Run(name, func(t *testing.T) {
			if got := string(tap.AppendShape(nil, []byte(row.path), words)); got != row.want {
				t.Errorf("%q looks like %q, want %q", row.path, got, row.want)
			}
		})
	}
}

// FuzzShape holds shapes to their bound and to words that no client chose.
func FuzzShape(f *testing.F) {
	f.Add([]byte("/api/v1/anna@example.com/17"))
	f.Add([]byte(strings.Repeat("/orders", 40)))
	f.Fuzz(func(t *testing.T, path []byte) {
		shape := string(tap.AppendShape(nil, path, words))
		if len(shape) > tap.MaxShape {
			t.Fatalf("%d bytes", len(shape))
		}
		for i, s := range strings.Split(shape, "/") {
			class := strings.HasPrefix(s, "{") && strings.HasSuffix(s, "}") && !strings.ContainsAny(s[1:len(s)-1], "{}0123456789")
			version := len(s) >= 2 && len(s) <= 4 && s[0] == 'v' && strings.Trim(s[1:], "0123456789") == ""
			if !words[s] && !class && !version && s != "..." {
				t.Fatalf("segment %d shows %q of %q", i, s, path)
			}
		}
	})
}
