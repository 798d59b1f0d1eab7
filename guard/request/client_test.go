package request

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

// inline builds the guards of a contract with these paths, written as YAML
// without indentation.
func inline(t *testing.T, paths string, o Options) *house {
	t.Helper()
	file := filepath.Join(t.TempDir(), "contract.yaml")
	text := "openapi: 3.1.0\ninfo: {title: Inline, version: '1'}\npaths:\n" + strings.ReplaceAll("\n"+strings.TrimSpace(paths), "\n", "\n  ") + "\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	h, _ := buildFile(t, file, o)
	return h
}

// said is the outcome of walking x: "" or "code name keyword".
func said(x *gate.Exchange, g *Guard) string {
	if walk(x, g) == gate.Allow {
		return ""
	}
	f := x.Refusal
	return strings.Join(strings.Fields(f.Code.String()+" "+f.Name+" "+f.Keyword), " ")
}

const uploads = `
/up:
  post:
    requestBody:
      content:
        multipart/form-data:
          schema:
            type: object
            properties:
              title: {type: string}
              count: {type: integer}
              picture: {type: string, format: binary, minLength: 1}
              files: {type: array, minItems: 1, maxItems: 1, items: {type: string, format: binary}}
              meta: {type: object, properties: {a: {type: integer}}}
              list: {type: array, items: {type: object, properties: {a: {type: integer}}}}
              theme: {type: string, enum: [dark]}
              either: {type: string}
              shot: {}
              any: {}
              deep: {type: object, properties: {n: {type: string}}}
          encoding:
            picture: {contentType: image/png}
            theme: {contentType: application/json}
            either: {contentType: "application/json, text/plain"}
            shot: {contentType: image/png}
            any: {contentType: application/json}
            deep: {style: deepObject, explode: true}
    responses: {"200": {description: ok}}
/must:
  post:
    requestBody:
      content:
        multipart/form-data:
          schema: {type: object, required: [files], properties: {files: {type: array, items: {type: string, format: binary}}}}
    responses: {"200": {description: ok}}
/rest:
  post:
    requestBody:
      content:
        multipart/form-data:
          schema: {type: object, minProperties: 1, additionalProperties: {type: string, format: binary}}
    responses: {"200": {description: ok}}
/open:
  post:
    requestBody:
      content:
        multipart/form-data: {schema: {type: object, additionalProperties: true}}
    responses: {"200": {description: ok}}
`

// TestPartsWithFileNames says which parts may have a file name, and when one
// that is empty stands for no file.
func TestPartsWithFileNames(t *testing.T) {
	h := inline(t, uploads, Options{})
	part := func(name, file, media, content string) string {
		if media != "" {
			media = "Content-Type: " + media + "\r\n"
		}
		return "--x\r\nContent-Disposition: form-data; name=\"" + name + "\"; filename=\"" + file + "\"\r\n" + media + "\r\n" + content + "\r\n"
	}
	const octets, json = "application/octet-stream", "application/json"
	none := func(name string) string { return part(name, "", octets, "") }
	blob := func(name, media, content string) string { return part(name, "blob", media, content) }
	for _, row := range []struct{ name, path, parts, want string }{
		{"no-file-chosen", "/up", none("picture"), ""},
		{"no-file-chosen-without-type", "/up", part("picture", "", "", ""), ""},
		{"no-files-chosen", "/up", none("files"), ""},
		{"one-of-two-inputs", "/up", none("files") + part("files", "f", octets, "x"), ""},
		{"one-of-two-inputs-turned", "/up", part("files", "f", octets, "x") + none("files"), ""},
		{"two-files-beside-none", "/up", none("files") + part("files", "f", octets, "x") + part("files", "f", octets, "x"), "body-schema maxItems"},
		{"no-file-before-others", "/up", none("files") + none("picture") + blob("meta", json, `{"a":1}`), ""},
		{"no-file-where-one-is-required", "/must", none("files"), "body-schema required"},
		{"no-file-twice-where-one-is-taken", "/up", none("picture") + none("picture"), "body-part picture"},
		{"no-file-but-content", "/up", part("picture", "", "image/png", "x"), "body-part"},
		{"empty-file", "/up", part("picture", "f", "image/png", ""), "body-schema minLength"},
		{"no-file-for-text", "/up", none("title"), "body-part title"},
		{"no-file-for-a-number", "/up", none("count"), "body-part count"},
		{"no-file-for-an-object", "/up", part("meta", "", json, ""), "body-part meta"},
		{"no-file-for-a-styled-object", "/up", none("deep[n]"), "body-part deep"},
		{"no-file-for-an-undeclared-property", "/up", none("other"), "body-schema unevaluatedProperties"},
		{"no-file-is-no-property", "/rest", none("a"), "body-schema minProperties"},
		{"no-file-beside-one", "/rest", none("a") + part("b", "f", octets, "x"), ""},

		{"blob-for-an-object", "/up", blob("meta", json, `{"a":1}`), ""},
		{"blob-of-a-vendor-type", "/up", blob("meta", "application/vnd.a+json; charset=utf-8", `{"a":1}`), ""},
		{"blob-that-is-wrong", "/up", blob("meta", json, `{"a":"1"}`), "body-schema type"},
		{"blob-that-is-no-json", "/up", blob("meta", json, `{"a":1`), "body-part meta"},
		{"blob-without-type", "/up", blob("meta", "", `{"a":1}`), "body-part meta"},
		{"blob-of-text", "/up", blob("meta", "text/plain", `{"a":1}`), "body-part meta"},
		{"blob-of-octets", "/up", blob("meta", octets, `{"a":1}`), "body-part meta"},
		{"blob-of-other-charset", "/up", blob("meta", json+"; charset=utf-16", `{"a":1}`), "body-part meta"},
		{"blobs-for-a-list-of-objects", "/up", blob("list", json, `{"a":1}`) + blob("list", json, `{"a":2}`), ""},
		{"blob-for-text-encoded-as-json", "/up", blob("theme", json, `"dark"`), ""},
		{"blob-for-text-encoded-as-json-wrong", "/up", blob("theme", json, `"light"`), "body-schema enum"},
		{"blob-for-text-that-may-be-json", "/up", blob("either", json, `"a"`), "body-part either"},
		{"blob-for-text", "/up", blob("title", json, `"a"`), "body-part title"},
		{"blob-for-a-number", "/up", blob("count", json, `1`), "body-part count"},
		{"blob-for-a-styled-object", "/up", blob("deep[n]", json, `"a"`), "body-part deep"},

		{"file-for-an-empty-schema", "/up", part("shot", "f", "image/png", "\xff"), ""},
		{"file-of-other-type-for-an-empty-schema", "/up", part("shot", "f", "image/gif", "\xff"), "body-part shot"},
		{"file-for-an-empty-schema-encoded-as-json", "/up", part("any", "f", "image/png", "\xff"), "body-part any"},
		{"blob-for-an-empty-schema-encoded-as-json", "/up", blob("any", json, `[]`), ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			x, g := h.request(t, "POST "+row.path+"\nContent-Type: multipart/form-data; boundary=x\n\n"+row.parts+"--x--\r\n")
			if got := said(x, g); got != row.want {
				t.Errorf("got %q (%s), want %q", got, x.Refusal.Detail, row.want)
			}
			if len(x.Edits) > 0 {
				t.Errorf("%d edits", len(x.Edits))
			}
		})
	}
}

// TestHonestClients sends files and values as clients in wide use write them,
// under names as people give them. Browsers, curl since 7.81, Python's
// requests since 2.26 with urllib3 1.26, and Node's fetch write the names in
// one way (WHATWG HTML section 4.10.21.8); Go's Writer puts backslashes before
// quotes, which is refused.
func TestHonestClients(t *testing.T) {
	h := inline(t, uploads, Options{})
	escape := strings.NewReplacer(`"`, "%22", "\r", "%0D", "\n", "%0A").Replace
	whatwg := func(boundary, types string) func(*testing.T, string, string) (string, string) {
		return func(_ *testing.T, name, file string) (string, string) {
			head := "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + escape(name) + "\""
			return boundary, head + "; filename=\"" + escape(file) + "\"\r\n" + types + "\r\n\x00\xff\r\n" + head + "\r\n\r\nü\r\n--" + boundary + "--\r\n"
		}
	}
	octets := "Content-Type: application/octet-stream\r\n"
	clients := map[string]func(t *testing.T, name, file string) (boundary, body string){
		"chromium": whatwg("----WebKitFormBoundaryvsOmVsGfZxb0N6zU", octets),
		"firefox":  whatwg("----geckoformboundary4c5a1d9b0f2e", octets),
		"curl":     whatwg("--------------------------49b3f6e960e04b40", "Content-Type: text/plain\r\n"),
		"requests": whatwg("f24e6e3ba8f24e6e3ba8f24e6e3ba8ab", ""),
		"node":     whatwg("----formdata-undici-093593739582", octets),
		"okhttp":   whatwg("d0d4d2a5-7f1e-4b0e-8d0a-5f0d0f0e0a0b", "Content-Type: image/png\r\nContent-Length: 2\r\n"),
		"go": func(t *testing.T, name, file string) (string, string) {
			var b bytes.Buffer
			w := multipart.NewWriter(&b)
			f, err := w.CreateFormFile(name, file)
			if err != nil {
				t.Fatal(err)
			}
			f.Write([]byte("\x00\xff"))
			w.WriteField(name, "ü")
			w.Close()
			return w.Boundary(), b.String()
		},
	}
	for _, row := range []struct {
		name, field, file string
		escapes           bool // Go's differ, or those of a name
		refused           bool
	}{
		{"plain", "a", "a.txt", false, false},
		{"space", "my file", "my file (1).txt", false, false},
		{"umlaut", "größe", "Größe.pdf", false, false},
		{"decomposed", "a", "Gro\u0308ße.pdf", false, false},
		{"other-scripts", "名前", "日本語 😀.png", false, false},
		{"brackets", "user[files][]", "a[1].txt", false, false},
		{"marks", "a.b-c_d:e", "a'b;c=d,e&f+g#h!~@(x)?.txt", false, false},
		{"percent", "a%", "100%.txt", false, false},
		{"percent-twice", "a", "a%20b%2541.txt", false, false},
		{"no-dot", "a", "README", false, false},
		{"hidden", "a", ".bashrc", false, false},
		{"dots", "a", "...", false, false},
		{"quote", "a", `5" screen.png`, true, false},
		{"line-end", "a", "a\r\nb.txt", false, false},
		{"quote-in-the-name", `a"b`, "a.txt", true, true},
		{"line-end-in-the-name", "a\nb", "a.txt", false, true},
		{"backslash", "a", `a\b.txt`, false, true},
		{"slash", "a", `a/b.txt`, false, true},
		{"encoded-word", "a", `=?utf-8?q?a?=`, false, true},
	} {
		for client, write := range clients {
			t.Run(client+"-"+row.name, func(t *testing.T) {
				boundary, body := write(t, row.field, row.file)
				// One property each, since an open object takes a name once.
				parts := strings.SplitAfter(body, "\r\n--"+boundary)
				for i, part := range []string{parts[0], "--" + boundary + parts[1]} {
					want := ""
					if row.refused && (i == 0 || escape(row.field) != row.field) || row.escapes && client == "go" && (i == 0 || row.refused) {
						want = "body-part"
					}
					x, g := h.request(t, fmt.Sprintf("POST /open\nContent-Type: multipart/form-data; boundary=%s\n\n%s--\r\n", boundary, part))
					if got := said(x, g); got != want {
						t.Errorf("part %d: got %q (%s), want %q:\n%q", i, got, x.Refusal.Detail, want, part)
					}
				}
			})
		}
	}
}
