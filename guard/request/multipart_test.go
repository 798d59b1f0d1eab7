package request

import (
	"bytes"
	"io"
	"mime/multipart"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/guard/internal/style"
)

// crlf writes a readable body with the line ends of the wire.
func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

// readParts returns name and content of each part.
func readParts(raw, boundary string) ([][2]string, style.Issue) {
	r := open()
	defer r.close()
	bad := r.parts([]byte(raw), boundary)
	var list [][2]string
	for i := range r.pairs {
		p := &r.pairs[i]
		list = append(list, [2]string{string(p.name([]byte(raw))), string(p.value([]byte(raw)))})
	}
	return list, bad
}

const onePart = "--x\nContent-Disposition: form-data; name=\"a\"\n\n1\n--x--\n"

func TestMultipartForm(t *testing.T) {
	rows := []struct {
		name, body string
		want       string // name=content, joined by "&"
	}{
		{"one-part", onePart, "a=1"},
		{"no-line-end-after-last", strings.TrimSuffix(onePart, "\n"), "a=1"},
		{"no-part", "--x--\n", ""},
		{"empty-content", "--x\nContent-Disposition: form-data; name=a\n\n\n--x--\n", "a="},
		{"two-parts", "--x\nContent-Disposition: form-data; name=\"a\"\n\n1\n--x\nContent-Disposition: form-data; name=\"b\"\n\n2\n3\n--x--\n", "a=1&b=2\r\n3"},
		{"file", "--x\nContent-Disposition: form-data; name=\"f\"; filename=\"a b.txt\"\nContent-Type: text/plain\n\nhello\n--x--\n", "f=hello"},
		{"file-name-with-escapes", "--x\nContent-Disposition: form-data; name=\"f\"; filename=\"a%22b%0D%0a.txt\"\n\nhello\n--x--\n", "f=hello"},
		{"no-file-chosen", "--x\nContent-Disposition: form-data; name=\"f\"; filename=\"\"\nContent-Type: application/octet-stream\n\n\n--x--\n", "f="},
		{"file-named-twice-alike", "--x\nContent-Disposition: form-data; name=f; filename=\"a ü.txt\"; filename*=utf-8''a%20%c3%bc.txt\n\nhello\n--x--\n", "f=hello"},
		{"field-names-in-lower-case", "--x\ncontent-disposition:form-data;name=\"a\"\ncontent-type:text/plain;charset=utf-8\n\n1\n--x--\n", "a=1"},
		{"content-length", "--x\nContent-Disposition: form-data; name=\"a\"\nContent-Length: 1\n\n1\n--x--\n", "a=1"},
		{"transfer-encoding-binary", "--x\nContent-Disposition: form-data; name=\"a\"\nContent-Transfer-Encoding: binary\n\n1\n--x--\n", "a=1"},
		{"dashes-in-content", "--x\nContent-Disposition: form-data; name=\"a\"\n\n--y\n-- x\n--x--\n", "a=--y\r\n-- x"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			list, bad := readParts(crlf(row.body), "x")
			if bad != style.Fine {
				t.Fatalf("refused: %s", words(bad))
			}
			var got []string
			for _, p := range list {
				got = append(got, p[0]+"="+p[1])
			}
			if s := strings.Join(got, "&"); s != row.want {
				t.Errorf("read %q, want %q", s, row.want)
			}
		})
	}
}

func TestMultipartRefused(t *testing.T) {
	head := func(lines string) string { return crlf("--x\n" + lines + "\n\n1\n--x--\n") }
	named := func(value string) string { return head("Content-Disposition: " + value) }
	with := func(field string) string { return head("Content-Disposition: form-data; name=\"a\"\n" + field) }
	rows := []struct {
		name, body string
		bad        style.Issue
	}{
		{"empty", "", badMultipart},
		{"no-close", crlf("--x\nContent-Disposition: form-data; name=\"a\"\n\n1\n"), badMultipart},
		{"preamble", crlf("hello\n" + onePart), badMultipart},
		{"preamble-line", crlf("\n" + onePart), badMultipart},
		{"epilogue", crlf(onePart + "hello"), badMultipart},
		{"epilogue-line", crlf(onePart + "\n"), badMultipart},
		{"space-after-boundary", crlf(strings.Replace(onePart, "--x\n", "--x \n", 1)), badMultipart},
		{"bare-line-feeds", onePart, badMultipart},
		{"bare-line-feed-in-head", strings.Replace(crlf(onePart), "\"a\"\r\n\r\n", "\"a\"\n\r\n", 1), badPartHead},
		{"bare-line-feed-before-delimiter", strings.Replace(crlf(onePart), "1\r\n", "1\n", 1), badMultipart},
		{"boundary-in-content", crlf("--x\nContent-Disposition: form-data; name=\"a\"\n\n1 --x\n--x--\n"), badMultipart},
		{"longer-boundary-in-content", crlf("--x\nContent-Disposition: form-data; name=\"a\"\n\n1\n--xy\n--x--\n"), badMultipart},
		{"close-then-text", crlf("--x\nContent-Disposition: form-data; name=\"a\"\n\n1\n--x--y\n--x--\n"), badMultipart},
		{"no-empty-line", crlf("--x\nContent-Disposition: form-data; name=\"a\"\n--x--\n"), badPartHead},
		{"content-without-line-end", crlf("--x\nContent-Disposition: form-data; name=\"a\"\n\n--x--\n"), badPartHead},
		{"no-head", crlf("--x\n\n1\n--x--\n"), badDisposition},
		{"part-of-nothing", crlf("--x\n--x--\n"), badPartHead},
		{"no-name", named(`form-data`), badDisposition},
		{"empty-name", named(`form-data; name=""`), badDisposition},
		{"other-disposition", named(`attachment; name="a"`), badDisposition},
		{"longer-disposition", named(`form-data2; name="a"`), badDisposition},
		{"name-twice", named(`form-data; name="a"; name="b"`), badDisposition},
		{"name-twice-in-other-case", named(`form-data; name="a"; Name="b"`), badDisposition},
		{"other-parameter", named(`form-data; name="a"; size=1`), badDisposition},
		{"name-with-star", named(`form-data; name*=utf-8''a`), badDisposition},
		{"filename-star", named(`form-data; name="a"; filename*=utf-8''b`), badDisposition},
		{"filename-star-twice", named(`form-data; name="a"; filename="b"; filename*=utf-8''b; filename*=utf-8''b`), badDisposition},
		{"filename-star-of-other-charset", named(`form-data; name="a"; filename="b"; filename*=iso-8859-1''b`), badDisposition},
		{"filename-star-longer", named(`form-data; name="a"; filename="b"; filename*=utf-8''bc`), badDisposition},
		{"filename-star-broken", named(`form-data; name="a"; filename="b"; filename*=utf-8''%6`), badDisposition},
		{"filename-and-star", named(`form-data; name="a"; filename="b"; filename*=utf-8''c`), badDisposition},
		{"filename-twice", named(`form-data; name="a"; filename="b"; filename="c"`), badDisposition},
		{"filename-empty-with-content", named(`form-data; name="a"; filename=""`), badDisposition},
		{"filename-empty-unquoted", named(`form-data; name="a"; filename=`), badDisposition},
		{"filename-empty-and-star", crlf("--x\nContent-Disposition: form-data; name=\"a\"; filename=\"\"; filename*=utf-8''\n\n\n--x--\n"), badDisposition},
		{"filename-dot", named(`form-data; name="a"; filename="."`), badDisposition},
		{"filename-dots", named(`form-data; name="a"; filename=".."`), badDisposition},
		{"filename-unquoted-escape", named(`form-data; name="a"; filename=a%22b`), badDisposition},
		{"filename-quote", named(`form-data; name="a"; filename="a\"b"`), badDisposition},
		{"filename-path", named(`form-data; name="a"; filename="../b"`), badDisposition},
		{"filename-backslash", named(`form-data; name="a"; filename="c:\b"`), badDisposition},
		{"name-backslash-quote", named(`form-data; name="a\"; name=\"b"`), badDisposition},
		{"name-percent-quote", named(`form-data; name="a%22b"`), badDisposition},
		{"name-percent-carriage-return", named(`form-data; name="a%0db"`), badDisposition},
		{"name-percent-line-feed", named(`form-data; name="a%0Ab"`), badDisposition},
		{"name-not-utf8", named("form-data; name=\"a\xff\""), badDisposition},
		{"name-open-quote", named(`form-data; name="a`), badDisposition},
		{"name-after-quote", named(`form-data; name="a"b`), badDisposition},
		{"space-at-equals", named(`form-data; name = "a"`), badDisposition},
		{"semicolon-at-end", named(`form-data; name="a";`), badDisposition},
		{"charset-field", named(`form-data; name="_charset_"`), badDisposition},
		{"disposition-twice", with(`Content-Disposition: form-data; name="b"`), badPartHead},
		{"type-twice", with("Content-Type: text/plain\nContent-Type: text/html"), badPartHead},
		{"type-range", with("Content-Type: text/*"), badPartType},
		{"type-multipart", with("Content-Type: multipart/mixed; boundary=y"), badPartType},
		{"type-message", with("Content-Type: Message/RFC822"), badPartType},
		{"name-encoded-word", named(`form-data; name="=?utf-8?q?=61?="`), badDisposition},
		{"type-not-one", with("Content-Type: text"), badPartType},
		{"length-too-large", with("Content-Length: 2"), badPartHead},
		{"length-too-small", with("Content-Length: 0"), badPartHead},
		{"length-negative", with("Content-Length: -1"), badPartHead},
		{"base64", with("Content-Transfer-Encoding: base64"), badPartHead},
		{"quoted-printable", with("Content-Transfer-Encoding: quoted-printable"), badPartHead},
		{"other-field", with("X-Other: 1"), badPartHead},
		{"folded-field", with("Content-Type: text/plain;\n charset=utf-8"), badPartHead},
		{"space-before-colon", with("Content-Type : text/plain"), badPartHead},
		{"carriage-return-in-field", with("Content-Type: text/plain\rX: y"), badPartHead},
		{"nul-in-field", with("Content-Type: text/plain\x00"), badPartHead},
		{"long-field", with("Content-Type: text/" + strings.Repeat("x", 5000)), badPartHead},
		{"many-fields", with(strings.Repeat("Content-Transfer-Encoding: binary\n", 9) + "Content-Length: 1"), badPartHead},
		{"many-parts", crlf(strings.Repeat(strings.TrimSuffix(onePart, "--x--\n"), maxFormPairs+1) + "--x--\n"), tooMany},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			if _, bad := readParts(row.body, "x"); bad != row.bad {
				t.Errorf("issue %q, want %q", words(bad), words(row.bad))
			}
		})
	}
}

func TestBoundary(t *testing.T) {
	for name, row := range map[string]struct {
		boundary string
		ok       bool
	}{
		"browser":   {"----WebKitFormBoundary7MA4YWxkTrZu0gW", true},
		"marks":     {"a'()+_,-./:=?b", true},
		"one":       {"x", true},
		"seventy":   {strings.Repeat("x", 70), true},
		"too-long":  {strings.Repeat("x", 71), false},
		"empty":     {"", false},
		"space":     {"a b", false},
		"hyphen":    {"a-", false},
		"semicolon": {"a;b", false},
		"quote":     {`a"b`, false},
	} {
		t.Run(name, func(t *testing.T) {
			if boundaryFine(row.boundary) != row.ok {
				t.Errorf("%q: want %v", row.boundary, row.ok)
			}
		})
	}
}

// FuzzMultipart compares names and contents with Go's reader.
func FuzzMultipart(f *testing.F) {
	for _, s := range []string{onePart, "--x--\n", "--x\nContent-Disposition: form-data; name=a; filename=b\nContent-Type: a/b\n\n\n\n--x--",
		"--x\nContent-Disposition: form-data; name=\"a\"\n\n1\n--x\nContent-Disposition: form-data; name=\"a\"\n\n\n--x--\n"} {
		f.Add([]byte(crlf(s)))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		list, bad := readParts(string(raw), "x")
		if bad != style.Fine {
			return
		}
		theirs := multipart.NewReader(bytes.NewReader(raw), "x")
		for i := 0; ; i++ {
			p, err := theirs.NextRawPart()
			if err == io.EOF && i == len(list) {
				return
			}
			if err != nil || i == len(list) {
				t.Fatalf("part %d of %d: %v", i, len(list), err)
			}
			content, err := io.ReadAll(p)
			if err != nil || p.FormName() != list[i][0] || string(content) != list[i][1] {
				t.Fatalf("part %d is %q=%q here, %q=%q for Go (%v)", i, list[i][0], list[i][1], p.FormName(), content, err)
			}
		}
	})
}
