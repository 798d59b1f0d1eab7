package wire_test

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
	"github.com/gatehouse-api/gatehouse/wire/server"
	"github.com/gatehouse-api/gatehouse/wire/upstream"
)

// TestTargetsAreForwardedUnchanged sends targets that URL libraries like to
// tidy up.
func TestTargetsAreForwardedUnchanged(t *testing.T) {
	leak.Check(t)
	back := record(t, "")
	p := serve(t, to(t, back.url, upstream.Options{}), server.Options{}, false)
	c := p.dial(t)
	in := bufio.NewReader(c)
	for _, target := range []string{
		"/", "/?", "/a?", "/a??", "/a?b", "/a?b?c=d", "/a?%2F%2f&=&&", "/a%7eb", "/a%7Eb", "/~a", "/%41", "/a+b?c+d", "/a%20b",
		"/a?x=y;z", "/a?http://b/../c", "/a?q=%zz", "/a:b@c", "/a!$&'()*+,=b", "/%E4%BD%A0", "/a?[]{}|\\^`\"<>", "/a?//b",
	} {
		send(t, c, "GET "+target+" HTTP/1.1\r\nHost: Example.test:80\r\n\r\n")
		if res, body := receive(t, in, "GET"); res.StatusCode != 204 {
			t.Errorf("%s: status %d %s", target, res.StatusCode, body)
			continue
		}
		got := back.take()
		if line, _, _ := strings.Cut(got, "\r\n"); line != "GET "+target+" HTTP/1.1" {
			t.Errorf("%s became %q", target, line)
		}
		if !strings.Contains(got, "\r\nHost: Example.test:80\r\n") {
			t.Errorf("%s: Host was changed: %q", target, got)
		}
	}
}

func TestAbsoluteTargetBecomesOriginForm(t *testing.T) {
	leak.Check(t)
	back := record(t, "")
	p := serve(t, to(t, back.url, upstream.Options{}), server.Options{}, false)
	for _, row := range []struct{ sent, want string }{
		{"http://a.test/get?x", "/get?x"}, {"HTTP://A.test/get", "/get"}, {"http://a.test", "/"}, {"http://a.test?x", "/?x"},
	} {
		c := p.dial(t)
		send(t, c, "GET "+row.sent+" HTTP/1.1\r\nHost: a.test\r\n\r\n")
		if res, _ := receive(t, bufio.NewReader(c), "GET"); res.StatusCode != 204 {
			t.Errorf("%s: status %d", row.sent, res.StatusCode)
		}
		if got := back.take(); !strings.HasPrefix(got, "GET "+row.want+" HTTP/1.1\r\n") {
			t.Errorf("%s became %q", row.sent, got)
		}
	}
}

var pseudonym = regexp.MustCompile(`gatehouse-[0-9a-f]{8}\b`)

// TestFieldsToTheAPI says which fields reach the API and which do not.
func TestFieldsToTheAPI(t *testing.T) {
	leak.Check(t)
	back := record(t, "")
	up := to(t, back.url, upstream.Options{})
	for _, secure := range []bool{false, true} {
		p := serve(t, up, server.Options{}, secure)
		proto := p.url[:strings.Index(p.url, ":")]
		for _, row := range []struct {
			name, sent string
			want       []string // whole lines
			not        []string // parts
		}{
			{"plain", "X-A: 1\r\nx-a: 2\r\nX-B:\t c d \r\nX-Empty:\r\nX-Bytes: \xc3\xa4\xff\r\n",
				[]string{"X-A: 1\r\nx-a: 2", "X-B: c d", "X-Empty: ", "X-Bytes: \xc3\xa4\xff"}, []string{"User-Agent", "Accept-Encoding", "Content-Length", "Transfer-Encoding"}},
			{"forwarding", "X: y\r\n",
				[]string{"Forwarded: for=127.0.0.1;host=a.test;proto=" + proto, "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Host: a.test", "X-Forwarded-Proto: " + proto, "Via: 1.1 gatehouse-*"}, nil},
			{"forged-forwarding", "Forwarded: for=6.6.6.6\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Host: evil\r\nX_Forwarded_For: 6.6.6.6\r\nX.Forwarded~For: 6.6.6.6\r\nTransfer_Encoding: evil\r\nX-Forwarded_Proto: evil\r\nX-Forwarded-Prefix: /evil\r\n",
				[]string{"X-Forwarded-For: 127.0.0.1"}, []string{"6.6.6.6", "evil", "_"}},
			{"via-is-kept", "Via: 1.0 front\r\n", []string{"Via: 1.0 front\r\nVia: 1.1 gatehouse-*"}, nil},
			{"hop-by-hop", "Connection: X-Drop, keep-alive\r\nX-Drop: 1\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\nTrailer: X-Sum\r\nUpgrade: websocket\r\nProxy-Connection: close\r\nProxy-Authorization: Basic eA==\r\nExpect: 100-continue\r\n",
				nil, []string{"X-Drop", "Keep-Alive", "TE:", "Te:", "Trailer", "Upgrade", "Proxy-", "Connection", "Expect"}},
			{"credentials", "Authorization: Bearer x\r\nCookie: a=b\r\nCookie: c=d\r\nUser-Agent: curl/8\r\nAccept-Encoding: br\r\n",
				[]string{"Authorization: Bearer x", "Cookie: a=b\r\nCookie: c=d", "User-Agent: curl/8", "Accept-Encoding: br"}, nil},
			{"idempotency-key", "Idempotency-Key: k\r\n", []string{"Idempotency-Key: k"}, nil},
		} {
			t.Run(proto+"-"+row.name, func(t *testing.T) {
				c := p.dial(t)
				send(t, c, "GET /get HTTP/1.1\r\nHost: a.test\r\n"+row.sent+"\r\n")
				if res, body := receive(t, bufio.NewReader(c), "GET"); res.StatusCode != 204 {
					t.Fatalf("status %d %s", res.StatusCode, body)
				}
				got := pseudonym.ReplaceAllString(back.take(), "gatehouse-*")
				for _, w := range row.want {
					if strings.Count(got, "\r\n"+w+"\r\n") != 1 {
						t.Errorf("not once %q in %q", w, got)
					}
				}
				for _, n := range row.not {
					if strings.Contains(got, n) {
						t.Errorf("%q in %q", n, got)
					}
				}
			})
		}
	}
}

// TestAnswersToTheClient says what of an answer reaches the client.
func TestAnswersToTheClient(t *testing.T) {
	leak.Check(t)
	const ok = "HTTP/1.1 200 OK\r\n"
	for _, row := range []struct {
		name, method, answer string
		status               int
		body                 string
		want, not            []string // parts of the head
	}{
		{"plain", "GET", ok + "Content-Length: 2\r\nX-A: 1\r\nX-A: 2\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\n\r\nok", 200, "ok",
			[]string{"X-A: 1\r\nX-A: 2\r\n", "Set-Cookie: a=b\r\nSet-Cookie: c=d\r\n", "Content-Length: 2\r\n", "Date: Mon, 01 Jan 2024"}, []string{"Server", "Content-Type", "Via"}},
		{"chunked", "GET", ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-T: 1\r\n\r\n", 200, "ok", []string{"Transfer-Encoding: chunked"}, []string{"X-T", "Content-Length"}},
		{"until-close", "GET", ok + "Connection: close\r\n\r\nok", 200, "ok", nil, []string{"Connection"}},
		{"hop-by-hop", "GET", ok + "Content-Length: 0\r\nConnection: X-Drop\r\nX-Drop: 1\r\nKeep-Alive: timeout=5\r\nUpgrade: h2c\r\nProxy-Connection: x\r\nTrailer: X\r\n\r\n", 200, "",
			nil, []string{"X-Drop", "Keep-Alive", "Upgrade", "Proxy", "Trailer", "Connection"}},
		{"head", "HEAD", ok + "Content-Length: 1234\r\n\r\n", 200, "", []string{"Content-Length: 1234"}, nil},
		{"no-content", "GET", "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n", 204, "", []string{"X: y"}, []string{"Content-Length", "Transfer-Encoding"}},
		{"not-modified", "GET", "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 7\r\n\r\n", 304, "", []string{"ETag: \"x\""}, []string{"Transfer-Encoding"}},
		{"redirect", "GET", "HTTP/1.1 302 Found\r\nLocation: http://other/\r\nContent-Length: 0\r\n\r\n", 302, "", []string{"Location: http://other/"}, nil},
		{"informational-first", "GET", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + ok + "Content-Length: 2\r\n\r\nok", 200, "ok", nil, []string{"Link"}},
		{"server-error", "GET", "HTTP/1.1 503 Busy\r\nRetry-After: 5\r\nServer: api\r\nContent-Length: 2\r\n\r\nno", 503, "no", []string{"Retry-After: 5", "Server: api"}, nil},
		{"switching", "GET", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", 502, "", []string{"problem+json"}, nil},
		{"no-http", "GET", "SSH-2.0-server\r\n", 502, "", []string{"problem+json"}, nil},
		{"nothing", "GET", "\n", 502, "", []string{"problem+json"}, nil},
		{"two-lengths", "GET", ok + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nokk", 502, "", nil, nil},
		{"length-negative", "GET", ok + "Content-Length: -1\r\n\r\n", 502, "", nil, nil},
		{"coding-unknown", "GET", ok + "Transfer-Encoding: gzip\r\n\r\n", 502, "", nil, nil},
		{"length-and-coding", "GET", ok + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 502, "", nil, nil},
		{"length-twice", "GET", ok + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nok", 502, "", nil, nil},
		{"length-list", "GET", ok + "Content-Length: 2, 2\r\n\r\nok", 502, "", nil, nil},
		{"length-with-plus", "GET", ok + "Content-Length: +2\r\n\r\nok", 502, "", nil, nil},
		{"coding-twice", "GET", ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 502, "", nil, nil},
		{"coding-on-http-1-0", "GET", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 502, "", nil, nil},
		{"bare-lf", "GET", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", 502, "", nil, nil},
		{"bare-lf-in-fields", "GET", ok + "X: a\nContent-Length: 0\r\n\r\n", 502, "", nil, nil},
		{"bare-cr", "GET", ok + "X: a\rb\r\nContent-Length: 0\r\n\r\n", 502, "", nil, nil},
		{"folded-line", "GET", ok + "X: a\r\n b\r\nContent-Length: 0\r\n\r\n", 502, "", nil, nil},
		{"space-before-colon", "GET", ok + "Content-Length : 2\r\n\r\nok", 502, "", nil, nil},
		{"name-no-token", "GET", ok + "X\x00: 2\r\nContent-Length: 0\r\n\r\n", 502, "", nil, nil},
		{"version-2", "GET", "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", 502, "", nil, nil},
		{"status-of-two-digits", "GET", "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n", 502, "", nil, nil},
		{"status-without-reason", "GET", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 200, "", nil, nil},
		{"chunk-extension-and-trailer", "GET", ok + "Transfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\nX-T: 1\r\n\r\n", 200, "ok", nil, []string{"X-T"}},
		{"http-1-0", "GET", "HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nok", 200, "ok", nil, nil},
		{"control-in-value", "GET", ok + "X: a\x01b\r\nContent-Length: 0\r\n\r\n", 502, "", nil, nil},
		{"head-too-long", "GET", ok + "X: " + strings.Repeat("a", 70<<10) + "\r\n\r\n", 502, "", nil, nil},
	} {
		for _, version := range []string{"1.1", "1.0"} {
			t.Run(row.name+"-http-"+version, func(t *testing.T) {
				back := record(t, row.answer)
				p := serve(t, to(t, back.url, upstream.Options{}), server.Options{}, false)
				c := p.dial(t)
				send(t, c, fmt.Sprintf("%s /get HTTP/%s\r\nHost: a\r\n\r\n", row.method, version))
				var raw strings.Builder
				res, body := receive(t, bufio.NewReader(io.TeeReader(c, &raw)), row.method)
				head, _, _ := strings.Cut(raw.String(), "\r\n\r\n")
				if head += "\r\n"; res.StatusCode != row.status || row.status != 502 && body != row.body {
					t.Errorf("status %d, body %q, want %d, %q", res.StatusCode, body, row.status, row.body)
				}
				for _, w := range row.want {
					if !strings.Contains(head, w) && !(version == "1.0" && strings.HasPrefix(w, "Transfer")) {
						t.Errorf("no %q in %q", w, head)
					}
				}
				for _, n := range row.not {
					if strings.Contains(head, n) && !(version == "1.0" && n == "Connection") {
						t.Errorf("%q in %q", n, head)
					}
				}
			})
		}
	}
}
