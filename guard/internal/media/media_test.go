package media

import (
	"mime"
	"strings"
	"testing"
)

func TestMediaTypes(t *testing.T) {
	rows := []struct {
		name, text string
		kind       Kind
		ok         bool
	}{
		{"json", "application/json", JSON, true},
		{"json-upper-case", "Application/JSON", JSON, true},
		{"json-charset", "application/json; charset=utf-8", JSON, true},
		{"json-charset-quoted", `application/json;charset="UTF-8"`, JSON, true},
		{"json-suffix", "application/vnd.api+json", JSON, true},
		{"json-patch", "application/merge-patch+json", JSON, true},
		{"xml-suffix", "image/svg+xml", XML, true},
		{"xml", "text/xml", XML, true},
		{"form", "application/x-www-form-urlencoded", Form, true},
		{"multipart", "multipart/form-data; boundary=x", Multipart, true},
		{"multipart-mixed", "multipart/mixed; boundary=x", Mixed, true},
		{"text", "text/plain", Text, true},
		{"opaque", "application/octet-stream", Opaque, true},
		{"suffix-alone", "application/+json", Opaque, true},
		{"semicolon-at-end", "application/json;", JSON, true},
		{"parameter-twice", "application/json; charset=utf-8; Charset=utf-16", 0, false},
		{"two-semicolons", "application/json;; charset=utf-8", 0, false},
		{"space-at-slash", "application /json", 0, false},
		{"space-at-equals", "application/json; charset =utf-8", 0, false},
		{"no-subtype", "application", 0, false},
		{"empty-subtype", "application/", 0, false},
		{"empty", "", 0, false},
		{"two-types", "application/json, text/plain", 0, false},
		{"two-subtypes", "application/json/x", 0, false},
		{"backslash", `text/plain; charset="utf\-8"`, 0, false},
		{"quote-open", `text/plain; charset="utf-8`, 0, false},
		{"text-after-quote", `text/plain; charset="utf-8"x`, 0, false},
		{"parameter-without-value", "text/plain; charset", 0, false},
		{"parameter-with-empty-value", `text/plain; charset=""`, 0, false},
		{"control", "text/plain; x=\"a\x01\"", 0, false},
		{"parameter-extended", "multipart/form-data; boundary=x; boundary*=utf-8''y", 0, false},
		{"parameter-continued", "multipart/form-data; boundary*0=x; boundary*1=y", 0, false},
		{"not-ascii", "text/plain; x=\"ü\"", 0, false},
		{"too-many-parameters", "text/plain" + strings.Repeat("; x=y", 9), 0, false},
		{"too-long", "text/" + strings.Repeat("x", 300), 0, false},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			m, ok := Parse(row.text)
			if ok != row.ok {
				t.Fatalf("read: %v, want %v", ok, row.ok)
			}
			if ok && m.Kind() != row.kind {
				t.Errorf("kind %d, want %d", m.Kind(), row.kind)
			}
		})
	}
}

func TestMediaRanges(t *testing.T) {
	rows := []struct {
		name, declared, sent string
		fit                  int
	}{
		{"exact", "application/json", "application/json", 3},
		{"sent-parameter", "application/json", "application/json; charset=utf-8", 3},
		{"declared-parameter", "application/json; v=1", "application/json; v=1; charset=utf-8", 4},
		{"declared-parameter-missing", "application/json; v=1", "application/json", 0},
		{"declared-parameter-other", "application/json; v=1", "application/json; v=2", 0},
		{"charset-case", "text/plain; charset=UTF-8", "text/plain; charset=utf-8", 4},
		{"range-of-type", "text/*", "text/plain", 2},
		{"range-of-other-type", "text/*", "application/json", 0},
		{"range-of-all", "*/*", "application/json", 1},
		{"suffix-is-no-range", "application/json", "application/vnd.x+json", 0},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			d, ok1 := Parse(row.declared)
			m, ok2 := Parse(row.sent)
			if got := d.Covers(&m); !ok1 || !ok2 || got != row.fit {
				t.Errorf("fits %d, want %d", got, row.fit)
			}
		})
	}
}

// FuzzContentType compares what is read with Go's reader.
func FuzzContentType(f *testing.F) {
	for _, s := range []string{"application/json", "text/plain; charset=utf-8", `multipart/form-data; boundary="a b"`, "a/b;c=d;e=\"f\";", "a/b; c*=d", "a/b; c*0=d; c*1=e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, ok := Parse(s)
		if !ok {
			return
		}
		kind, params, err := mime.ParseMediaType(s)
		if err != nil {
			t.Fatalf("%q is read here and not by Go: %v", s, err)
		}
		if kind != strings.ToLower(m.Main+"/"+m.Sub) || len(params) != m.Params() {
			t.Fatalf("%q is %s with %d parameters for Go", s, kind, len(params))
		}
		for name, value := range params {
			if got, _ := m.Param(name); got != value {
				t.Fatalf("%q: parameter %s is %q for Go, %q here", s, name, value, got)
			}
		}
	})
}
