package request

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/guard/internal/style"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// alike is one input that the guard accepts, with what it reads in it.
type alike struct {
	kind, boundary string
	body           []byte
	pairs          [][2]string
}

// TestReadAlike gives every accepted input to Go, Node and Python: none of them
// reads other names or values. One that refuses an input reads nothing else in
// it; Node takes multipart headers in one spelling only.
func TestReadAlike(t *testing.T) {
	cases := accepted(t)
	t.Run("go", func(t *testing.T) {
		for _, c := range cases {
			compare(t, c, readByGo(c))
		}
	})
	t.Run("node", func(t *testing.T) { readByOther(t, cases, "node", "testdata/readers.mjs") })
	t.Run("python", func(t *testing.T) { readByOther(t, cases, "python3", "testdata/readers.py") })
}

// TestCookieReadAlike gives accepted cookie strings to Python, which takes
// blanks for separators and gives up at what it does not know: it finds no
// other value of a declared cookie, and none that is not there.
func TestCookieReadAlike(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var cases []alike
	for range 6000 {
		var b strings.Builder
		for i := range 1 + r.IntN(4) {
			if i > 0 {
				b.WriteString(pick(r, "; ", "; ", "; ", ";", ", ", " ", ";;"))
			}
			b.WriteString(pick(r, "a", "a", "b", "c[1]", "$Path", "A", " a", "ab", "a a") + pick(r, "=", "=", "=", "", " = "))
			for range r.IntN(4) {
				b.WriteString(pick(r, "1", "%41", "x", "\"", "\\", " ", ",", ",a=", " a=", "=", "/", "\"x y\"", "\xe9", "{"))
			}
		}
		c := alike{kind: "cookie", body: []byte(b.String())}
		if pairs, ok := readCookie(c.body); ok {
			c.pairs = pairs
			cases = append(cases, c)
		}
	}
	if len(cases) < 500 {
		t.Fatalf("only %d cookie strings are accepted: the generator is of no use", len(cases))
	}
	readByOther(t, cases, "python3", "testdata/readers.py")
}

// readCookie returns the declared cookie "a".
func readCookie(raw []byte) (pairs [][2]string, ok bool) {
	fs := fieldsOf("a")
	r := open()
	defer r.close()
	if r.splitCookies(raw, fs) != style.Fine {
		return nil, false
	}
	if _, bad := fs.sort(r, raw, style.Literal); bad != style.Fine {
		return nil, false
	}
	c := r.chain(fs.list[0].whole)
	if c.n == 1 {
		pairs = [][2]string{{"a", string(r.pairs[c.head-1].value(raw))}}
	}
	return pairs, c.n < 2
}

// accepted makes inputs at random and keeps those that the guard reads.
func accepted(t *testing.T) []alike {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	var cases []alike
	refused := 0
	for range 6000 {
		c := alike{kind: "query", body: randomQuery(r)}
		if r.IntN(2) == 0 {
			c = alike{kind: "multipart", boundary: "x", body: randomMultipart(r)}
		}
		var ok bool
		if c.pairs, ok = readHere(c); ok {
			cases = append(cases, c)
		} else {
			refused++
		}
	}
	if len(cases) < 1000 || refused < 1000 {
		t.Fatalf("%d inputs are accepted, %d refused: the generator is of no use", len(cases), refused)
	}
	t.Logf("%d inputs accepted, %d refused", len(cases), refused)
	return cases
}

// readHere returns what the guard reads.
func readHere(c alike) (pairs [][2]string, ok bool) {
	r := open()
	defer r.close()
	how := style.Plus
	var bad style.Issue
	if c.kind == "multipart" {
		how, bad = style.Literal, r.parts(c.body, c.boundary)
	} else {
		bad = r.split(c.body, maxFormPairs)
	}
	if bad != style.Fine {
		return nil, false
	}
	for i := range r.pairs {
		name, bad := r.Decode(r.pairs[i].name(c.body), how)
		if bad != style.Fine {
			return nil, false
		}
		p := [2]string{string(name)}
		if how == style.Literal && r.heads[i].file {
			p[1] = string(r.pairs[i].value(c.body))
		} else {
			value, bad := r.Decode(r.pairs[i].value(c.body), how)
			if bad != style.Fine || how == style.Literal && bytes.HasPrefix(value, byteOrderMark) {
				return nil, false
			}
			p[1] = string(value)
		}
		pairs = append(pairs, p)
	}
	return pairs, true
}

func compare(t *testing.T, c alike, theirs [][2]string) {
	t.Helper()
	if fmt.Sprintf("%q", theirs) != fmt.Sprintf("%q", c.pairs) {
		t.Errorf("%s %q:\n they read %q\n  we read %q", c.kind, c.body, theirs, c.pairs)
	}
}

func readByGo(c alike) (pairs [][2]string) {
	if c.kind != "multipart" {
		values, err := url.ParseQuery(string(c.body))
		if err != nil {
			return [][2]string{{"error", err.Error()}}
		}
		for _, p := range c.pairs { // a map has no order: take ours
			if v := values[p[0]]; len(v) > 0 {
				pairs, values[p[0]] = append(pairs, [2]string{p[0], v[0]}), v[1:]
			}
		}
		return pairs
	}
	for theirs := multipart.NewReader(bytes.NewReader(c.body), c.boundary); ; {
		p, err := theirs.NextPart()
		if err == io.EOF {
			return pairs
		}
		if err != nil {
			return [][2]string{{"error", err.Error()}}
		}
		content, _ := io.ReadAll(p)
		pairs = append(pairs, [2]string{p.FormName(), string(content)})
	}
}

// readByOther runs script over all cases.
func readByOther(t *testing.T, cases []alike, program, script string) {
	path := testdata.Program(t, program, strings.Replace(program, "node", "nodejs", 1))
	var in bytes.Buffer
	lines := json.NewEncoder(&in)
	for _, c := range cases {
		lines.Encode(map[string]string{"kind": c.kind, "type": "multipart/form-data; boundary=" + c.boundary, "body": base64.StdEncoding.EncodeToString(c.body)})
	}
	cmd := exec.Command(path, script)
	cmd.Stdin, cmd.Stderr = &in, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	scan := bufio.NewScanner(bytes.NewReader(out))
	scan.Buffer(nil, 1<<20)
	same := 0
	for _, c := range cases {
		var coded, pairs [][2]string
		if !scan.Scan() || json.Unmarshal(scan.Bytes(), &coded) != nil {
			t.Fatalf("%s stopped early", program)
		}
		if string(scan.Bytes()) == "null" {
			continue
		}
		same++
		for _, p := range coded {
			name, _ := base64.StdEncoding.DecodeString(p[0])
			value, _ := base64.StdEncoding.DecodeString(p[1])
			pairs = append(pairs, [2]string{string(name), string(value)})
		}
		compare(t, c, pairs)
	}
	if t.Logf("%s reads %d of %d", program, same, len(cases)); same < len(cases)/3 {
		t.Errorf("%s reads only %d of %d inputs: nothing is shown", program, same, len(cases))
	}
}

func pick(r *rand.Rand, from ...string) string { return from[r.IntN(len(from))] }

// oddly takes the first spelling nine times out of ten.
func oddly(r *rand.Rand, usual string, odd ...string) string {
	if r.IntN(10) > 0 {
		return usual
	}
	return pick(r, odd...)
}

// randomQuery joins pieces that readers are known to differ on.
func randomQuery(r *rand.Rand) []byte {
	var b strings.Builder
	for i := range 1 + r.IntN(4) {
		if i > 0 {
			b.WriteString(pick(r, "&", "&", "&", "&", "&", "&&", ";"))
		}
		for range 1 + r.IntN(3) {
			b.WriteString(pick(r, "a", "b", "A", "%61", "%C3%BC", "c[d]", "c%5Bd%5D", "+", "%20", "%2B", "%26", "%3D", "%25", "%2541", "__proto__", "%", "ü", "%FF", "%00", "[]", "%EF%BB%BF"))
		}
		for range r.IntN(3) {
			b.WriteString(pick(r, "=", "=1", "=", "=x+y", "=%20", "%0D%0A", "~!*()'$,:@/?", "|", "%E2%82%AC", "%ED%A0%80", "\"", "#"))
		}
	}
	return []byte(b.String())
}

// randomMultipart writes parts of which some are written oddly.
func randomMultipart(r *rand.Rand) []byte {
	eol := func() string {
		if r.IntN(60) == 0 {
			return pick(r, "\n", "\r", "\r\n\r\n", " \r\n", "\r\n ")
		}
		return "\r\n"
	}
	var b strings.Builder
	if r.IntN(30) == 0 {
		b.WriteString(pick(r, "preamble\r\n", "\r\n"))
	}
	for range r.IntN(4) {
		b.WriteString("--x" + eol())
		name := pick(r, `"a"`, `"a"`, `"b"`, `a`, `"a b"`, `"ü"`, `"a;b"`, `"a=b"`, `"a'b"`, `"a%41b"`, `"a%22b"`, `"a\"b"`, `"__proto__"`, `"a[]"`, `"a,b"`, `"(a)"`, `" a "`, `"a?="`, `"=?utf-8?q?=61?="`, `"<a>"`, `"a@b"`, `"a	b"`)
		b.WriteString(oddly(r, "Content-Disposition: ", "content-disposition: ", "content-disposition:", "Content-Disposition:\t") + oddly(r, "form-data", "Form-Data") + oddly(r, "; ", ";", " ; ") + "name=" + name)
		if r.IntN(3) == 0 {
			b.WriteString(pick(r, "; ", ";") + pick(r, `filename="f.txt"`, `filename=f`, `filename="ü.png"`, `filename="a b;c"`, `filename="a/b"`, `filename*=utf-8''x`, `filename="ü b"; filename*=utf-8''%C3%BC%20b`, `filename=x; filename*=UTF-8''x`, `filename=""`, `FileName="x"`, `filename="a'b"`, `filename="a%22b%0D%0A"`, `filename="=?utf-8?q?=61?="`))
		}
		b.WriteString(eol())
		if r.IntN(2) == 0 {
			b.WriteString(pick(r, "Content-Type: text/plain", "content-type: application/octet-stream", "Content-Type: text/plain; charset=utf-8", "Content-Type: image/png", "Content-Type: application/json", "Content-Type: message/rfc822", "Content-Type: multipart/mixed; boundary=y", "Content-Type: text/plain; charset=utf-16", "Content-Transfer-Encoding: binary", "Content-Transfer-Encoding: 8bit", "Content-Transfer-Encoding: base64", "Content-Length: 1") + eol())
		}
		b.WriteString(eol())
		for range r.IntN(4) {
			b.WriteString(pick(r, "1", "hello", "\r\n", "\n", "\r", "--", "--y", "--x", "ü", "\xff", "\xef\xbb\xbf", "a: b\r\n\r\n", "From x", "\x00", " ", "\t", "=41", "\r\n--x"))
		}
		b.WriteString(eol())
	}
	b.WriteString("--x--")
	b.WriteString(pick(r, "\r\n", "\r\n", "\r\n", "", "\n", "epilogue"))
	return []byte(b.String())
}
