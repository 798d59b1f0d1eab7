package wire_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
	"github.com/gatehouse-api/gatehouse/wire/server"
	"github.com/gatehouse-api/gatehouse/wire/upstream"
)

// refused are heads that have two readings, or none. Each is refused before
// anything of it reaches net/http or the API.
var refused = []struct {
	name string
	text string
	code gate.Code
}{
	{"length-and-coding", "POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", gate.LengthConflict},
	{"coding-and-length", "POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", gate.LengthConflict},
	{"two-lengths", "POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", gate.LengthConflict},
	{"length-twice", "POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", gate.LengthConflict},
	{"length-list", "POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello", gate.LengthConflict},
	{"length-with-plus", "POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello", gate.Malformed},
	{"length-negative", "POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\nhello", gate.Malformed},
	{"length-hex", "POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\nhello", gate.Malformed},
	{"length-empty", "POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\nhello", gate.Malformed},
	{"length-huge", "POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551621\r\n\r\nhello", gate.Malformed},
	{"coding-unknown", "POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", gate.TransferCoding},
	{"coding-gzip-chunked", "POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", gate.TransferCoding},
	{"coding-twice", "POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", gate.TransferCoding},
	{"coding-identity", "POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", gate.TransferCoding},
	{"coding-quoted", "POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", gate.TransferCoding},
	{"coding-with-vertical-tab", "POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n", gate.Malformed},
	{"coding-space-before-colon", "POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", gate.Malformed},
	{"coding-on-http-1-0", "POST /stream HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", gate.Malformed},
	{"folded-line", "GET /get HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", gate.Malformed},
	{"folded-first-line", "GET /get HTTP/1.1\r\n Host: a\r\nHost: a\r\n\r\n", gate.Malformed},
	{"bare-lf-everywhere", "GET /get HTTP/1.1\nHost: a\n\n", gate.Malformed},
	{"bare-lf-in-fields", "GET /get HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", gate.Malformed},
	{"bare-lf-at-the-end", "GET /get HTTP/1.1\r\nHost: a\r\n\n", gate.Malformed},
	{"bare-cr-in-value", "GET /get HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", gate.Malformed},
	{"two-cr", "GET /get HTTP/1.1\r\nHost: a\r\r\n\r\n", gate.Malformed},
	{"nul-in-value", "GET /get HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n", gate.Malformed},
	{"control-in-value", "GET /get HTTP/1.1\r\nHost: a\r\nX: a\x01b\r\n\r\n", gate.Malformed},
	{"delete-in-value", "GET /get HTTP/1.1\r\nHost: a\r\nX: a\x7fb\r\n\r\n", gate.Malformed},
	{"empty-name", "GET /get HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", gate.Malformed},
	{"name-with-space", "GET /get HTTP/1.1\r\nHost: a\r\nX Y: b\r\n\r\n", gate.Malformed},
	{"name-with-nul", "GET /get HTTP/1.1\r\nHost: a\r\nX\x00: b\r\n\r\n", gate.Malformed},
	{"name-beyond-ascii", "GET /get HTTP/1.1\r\nHost: a\r\nX\xc3\xa4: b\r\n\r\n", gate.Malformed},
	{"line-without-colon", "GET /get HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n", gate.Malformed},
	{"no-host", "GET /get HTTP/1.1\r\nX: a\r\n\r\n", gate.HostInvalid},
	{"no-host-on-http-1-0", "GET /get HTTP/1.0\r\n\r\n", gate.HostInvalid},
	{"two-hosts", "GET /get HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", gate.HostInvalid},
	{"host-twice", "GET /get HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", gate.HostInvalid},
	{"host-empty", "GET /get HTTP/1.1\r\nHost:\r\n\r\n", gate.HostInvalid},
	{"host-list", "GET /get HTTP/1.1\r\nHost: a, b\r\n\r\n", gate.HostInvalid},
	{"host-with-user", "GET /get HTTP/1.1\r\nHost: u@a\r\n\r\n", gate.HostInvalid},
	{"host-with-path", "GET /get HTTP/1.1\r\nHost: a/b\r\n\r\n", gate.HostInvalid},
	{"host-with-bad-port", "GET /get HTTP/1.1\r\nHost: a:99999\r\n\r\n", gate.HostInvalid},
	{"host-with-two-ports", "GET /get HTTP/1.1\r\nHost: a:1:2\r\n\r\n", gate.HostInvalid},
	{"host-with-open-bracket", "GET /get HTTP/1.1\r\nHost: [::1\r\n\r\n", gate.HostInvalid},
	{"host-with-zone", "GET /get HTTP/1.1\r\nHost: [fe80::1%25eth0]\r\n\r\n", gate.HostInvalid},
	{"two-spaces-before-target", "GET  /get HTTP/1.1\r\nHost: a\r\n\r\n", gate.Malformed},
	{"two-spaces-before-version", "GET /get  HTTP/1.1\r\nHost: a\r\n\r\n", gate.Malformed},
	{"tab-for-space", "GET\t/get\tHTTP/1.1\r\nHost: a\r\n\r\n", gate.Malformed},
	{"space-in-target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", gate.Malformed},
	{"space-after-version", "GET /get HTTP/1.1 \r\nHost: a\r\n\r\n", gate.Malformed},
	{"space-first", " GET /get HTTP/1.1\r\nHost: a\r\n\r\n", gate.Malformed},
	{"no-version", "GET /get\r\nHost: a\r\n\r\n", gate.Malformed},
	{"two-empty-lines-first", "\r\n\r\nGET /get HTTP/1.1\r\nHost: a\r\n\r\n", gate.Malformed},
	{"method-no-token", "G@T /get HTTP/1.1\r\nHost: a\r\n\r\n", gate.Malformed},
	{"method-empty", " /get HTTP/1.1\r\nHost: a\r\n\r\n", gate.Malformed},
	{"version-lower-case", "GET /get http/1.1\r\nHost: a\r\n\r\n", gate.Malformed},
	{"version-1-2", "GET /get HTTP/1.2\r\nHost: a\r\n\r\n", gate.Malformed},
	{"version-2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", gate.Malformed},
	{"version-0-9", "GET /get HTTP/0.9\r\nHost: a\r\n\r\n", gate.Malformed},
	{"version-with-zeros", "GET /get HTTP/01.1\r\nHost: a\r\n\r\n", gate.Malformed},
	{"target-control", "GET /a\x01b HTTP/1.1\r\nHost: a\r\n\r\n", gate.Malformed},
	{"target-beyond-ascii", "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", gate.Malformed},
	{"target-fragment", "GET /get#x HTTP/1.1\r\nHost: a\r\n\r\n", gate.Malformed},
	{"target-relative", "GET get HTTP/1.1\r\nHost: a\r\n\r\n", gate.Malformed},
	{"target-authority", "GET a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", gate.Malformed},
	{"absolute-other-host", "GET %s://b/get HTTP/1.1\r\nHost: a\r\n\r\n", gate.HostInvalid},
	{"absolute-other-port", "GET %s://a:81/get HTTP/1.1\r\nHost: a\r\n\r\n", gate.HostInvalid},
	{"absolute-with-user", "GET %s://a@a/get HTTP/1.1\r\nHost: a\r\n\r\n", gate.HostInvalid},
	{"absolute-without-host", "GET %s:///get HTTP/1.1\r\nHost: a\r\n\r\n", gate.HostInvalid},
	{"absolute-other-scheme", "GET ftp://a/get HTTP/1.1\r\nHost: a\r\n\r\n", gate.Malformed},
	{"asterisk-for-get", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", gate.Malformed},
	{"connect", "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", gate.MethodUnknown},
	{"trace", "TRACE /get HTTP/1.1\r\nHost: a\r\n\r\n", gate.MethodUnknown},
	{"expectation-unknown", "POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 200-ok\r\n\r\nhi", gate.Malformed},
	{"target-too-long", "GET /" + strings.Repeat("a", 8<<10) + " HTTP/1.1\r\nHost: a\r\n\r\n", gate.TargetTooLong},
	{"target-endless", "GET /" + strings.Repeat("a", 40<<10), gate.TargetTooLong},
	{"method-endless", strings.Repeat("A", 40<<10), gate.TargetTooLong},
	{"field-too-long", "GET /get HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("a", 33<<10) + "\r\n\r\n", gate.FieldsTooLarge},
	{"field-endless", "GET /get HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("a", 64<<10), gate.FieldsTooLarge},
	{"fields-too-many", "GET /get HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("X: a\r\n", 128) + "\r\n", gate.FieldsTooLarge},
	{"tls-hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n", gate.Malformed},
}

const good = "GET /get?before HTTP/1.1\r\nHost: a\r\n\r\n"

func TestAmbiguousHeadsAreRefused(t *testing.T) {
	leak.Check(t)
	for _, secure := range []bool{false, true} {
		back := record(t, "")
		up := to(t, back.url, upstream.Options{})
		t.Cleanup(up.Close)
		p := serve(t, up, server.Options{}, secure)
		for _, row := range refused {
			scheme := "http"
			if secure {
				scheme = "https"
			}
			text := strings.ReplaceAll(row.text, "%s://", scheme+"://")
			for _, how := range []string{"whole", "split", "after-a-good-one"} {
				t.Run(fmt.Sprintf("%s-%s-%s", scheme, row.name, how), func(t *testing.T) {
					refuse(t, p, back, text, how, row.code)
				})
			}
		}
	}
}

// refuse sends text and wants it refused with code, the connection closed and
// nothing of it at the API.
func refuse(t *testing.T, p *path, back *recorder, text, how string, code gate.Code) {
	t.Helper()
	first := p.Events()
	c := p.dial(t)
	in := bufio.NewReader(c)
	switch how {
	case "whole":
		send(t, c, text)
	case "split":
		if p.tls != nil || len(text) > 200 { // each byte would be a record
			send(t, c, text[:len(text)/3], text[len(text)/3:len(text)/2], text[len(text)/2:])
			break
		}
		c.(*net.TCPConn).SetNoDelay(true)
		for i := range len(text) {
			if _, err := io.WriteString(c, text[i:i+1]); err != nil {
				break // refused before its end
			}
		}
	default:
		send(t, c, good+text)
		if res, _ := receive(t, in, "GET"); res.StatusCode != 204 {
			t.Fatalf("the good request before got %d", res.StatusCode)
		}
		p.Event(first)
		first++
	}
	res, body := receive(t, in, "GET")
	if res.StatusCode != code.Status() || !res.Close {
		t.Errorf("status %d, close %v, want %d, true", res.StatusCode, res.Close, code.Status())
	}
	var problem struct{ Code, ID string }
	if err := json.Unmarshal([]byte(body), &problem); err != nil || problem.Code != code.String() {
		t.Errorf("code %q (%v), want %q", problem.Code, err, code)
	}
	if n, err := in.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Error("the connection goes on after the refusal")
	}
	if code == gate.MethodUnknown && res.Header.Get("Allow") == "" {
		t.Error("405 without Allow")
	}
	if e := p.Event(first); e.Code != code || e.Guard != "wire" || e.ID.String() != problem.ID || time.Since(e.Time) > time.Minute {
		t.Errorf("event %v by %s at %v, want %v by wire now", e.Code, e.Guard, e.Time, code)
	}
	if sent := back.take(); how == "after-a-good-one" != strings.HasPrefix(sent, "GET /get?before ") || strings.Count(sent, "\r\n\r\n") > 1 {
		t.Errorf("the API got %q", sent)
	}
	c.SetDeadline(time.Now())
}
