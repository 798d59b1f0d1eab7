package h2

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// TestRefusedHeads sends heads that are refused: what RFC 9113 calls malformed
// gets an answer and a reset, whatever else is refused an answer alone. Each is
// one event.
func TestRefusedHeads(t *testing.T) {
	const broken, fine = " reset PROTOCOL_ERROR", ""
	long := strings.Repeat("x", 40<<10)
	rows := []struct {
		name   string
		fields []string
		status string
		code   gate.Code
		end    string // of the stream
	}{
		{"no-method", []string{":scheme", "http", ":path", "/get", ":authority", "a"}, "400", gate.Malformed, broken},
		{"no-scheme", []string{":method", "GET", ":path", "/get", ":authority", "a"}, "400", gate.Malformed, broken},
		{"no-path", []string{":method", "GET", ":scheme", "http", ":authority", "a"}, "400", gate.Malformed, broken},
		{"empty-path", usual("GET", ""), "400", gate.Malformed, broken},
		{"two-paths", usual("GET", "/get", ":path", "/other"), "400", gate.Malformed, broken},
		{"relative-path", usual("GET", "get"), "400", gate.Malformed, broken},
		{"absolute-path", usual("GET", "http://api.test/get"), "400", gate.Malformed, broken},
		{"asterisk", usual("GET", "*"), "400", gate.Malformed, broken},
		{"fragment", usual("GET", "/get#a"), "400", gate.Malformed, broken},
		{"space-in-path", usual("GET", "/get a"), "400", gate.Malformed, broken},
		{"method-no-token", usual("GE T", "/get"), "400", gate.Malformed, broken},
		{"other-scheme", []string{":method", "GET", ":scheme", "https", ":path", "/get", ":authority", "a"}, "400", gate.Malformed, broken},
		{"unknown-pseudo", usual("GET", "/get", ":protocol", "websocket"), "400", gate.Malformed, broken},
		{"answer-pseudo", usual("GET", "/get", ":status", "200"), "400", gate.Malformed, broken},
		{"pseudo-behind-fields", append([]string{"accept", "*/*"}, usual("GET", "/get")...), "400", gate.Malformed, broken},
		{"upper-case", usual("GET", "/get", "Accept", "*/*"), "400", gate.Malformed, broken},
		{"name-no-token", usual("GET", "/get", "a b", "c"), "400", gate.Malformed, broken},
		{"empty-name", usual("GET", "/get", "", "c"), "400", gate.Malformed, broken},
		{"line-feed", usual("GET", "/get", "a", "b\nc: d"), "400", gate.Malformed, broken},
		{"carriage-return", usual("GET", "/get", "a", "b\rc"), "400", gate.Malformed, broken},
		{"nul", usual("GET", "/get", "a", "b\x00c"), "400", gate.Malformed, broken},
		{"space-before", usual("GET", "/get", "a", " b"), "400", gate.Malformed, broken},
		{"tab-behind", usual("GET", "/get", "a", "b\t"), "400", gate.Malformed, broken},
		{"connection", usual("GET", "/get", "connection", "close"), "400", gate.Malformed, broken},
		{"keep-alive", usual("GET", "/get", "keep-alive", "5"), "400", gate.Malformed, broken},
		{"proxy-connection", usual("GET", "/get", "proxy-connection", "close"), "400", gate.Malformed, broken},
		{"transfer-encoding", usual("GET", "/get", "transfer-encoding", "chunked"), "400", gate.Malformed, broken},
		{"upgrade", usual("GET", "/get", "upgrade", "websocket"), "400", gate.Malformed, broken},
		{"te", usual("GET", "/get", "te", "gzip"), "400", gate.Malformed, broken},
		{"host-differs", usual("GET", "/get", "host", "other.test"), "400", gate.HostInvalid, broken},
		{"two-hosts", usual("GET", "/get", "host", "api.test", "host", "api.test"), "400", gate.HostInvalid, broken},
		{"no-host", []string{":method", "GET", ":scheme", "http", ":path", "/get"}, "400", gate.HostInvalid, fine},
		{"user-in-authority", []string{":method", "GET", ":scheme", "http", ":path", "/get", ":authority", "user@api.test"}, "400", gate.HostInvalid, fine},
		{"length-without-body", usual("GET", "/get", "content-length", "5"), "400", gate.BodyIncomplete, broken},
		{"two-lengths", usual("GET", "/get", "content-length", "0", "content-length", "0"), "400", gate.LengthConflict, broken},
		{"length-list", usual("GET", "/get", "content-length", "0, 0"), "400", gate.LengthConflict, broken},
		{"length-signed", usual("GET", "/get", "content-length", "+0"), "400", gate.LengthConflict, broken},
		{"expectation", usual("GET", "/get", "expect", "200-ok"), "400", gate.Malformed, fine},
		{"trace", usual("TRACE", "/get"), "405", gate.MethodUnknown, fine},
		{"connect", []string{":method", "CONNECT", ":authority", "api.test:443"}, "405", gate.MethodUnknown, fine},
		{"connect-with-path", usual("CONNECT", "/get"), "405", gate.MethodUnknown, fine},
		{"long-path", usual("GET", "/"+strings.Repeat("x", 9<<10)), "414", gate.TargetTooLong, fine},
		{"long-value", usual("GET", "/get", "a", long), "431", gate.FieldsTooLarge, fine},
		{"long-name", usual("GET", "/get", long, "a"), "431", gate.FieldsTooLarge, fine},
		{"many-fields", usual("GET", "/get", many(200)...), "431", gate.FieldsTooLarge, fine},
	}
	s := serve(t, echo, false, nil)
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			before := s.Events()
			r := s.raw(t)
			r.headers(1, row.fields...)
			if status, body := r.response(1); status != row.status || !strings.Contains(body, `"code":"`+row.code.String()+`"`) || strings.HasSuffix(body, broken) != (row.end == broken) {
				t.Errorf("%s %q", status, body)
			}
			if e := s.Event(before); e.Code != row.code {
				t.Errorf("event %v", e.Code)
			}
			// The tables of fields are still the same on both sides.
			r.head(3, true, usual("GET", "/get", "accept", "*/*")...)
			if status, body := r.response(3); status != "200" {
				t.Errorf("after it: %s %q", status, body)
			}
			s.Event(before + 1)
		})
	}
}

func many(n int) (fields []string) {
	for range n {
		fields = append(fields, "a", "b")
	}
	return fields
}

// headers sends a field block in as many frames as it takes, and the end of
// the stream.
func (r *raw) headers(id uint32, fields ...string) {
	r.t.Helper()
	b := r.block(fields...)
	part := b[:min(len(b), maxFrame)]
	b = b[len(part):]
	r.check(r.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: part, EndStream: true, EndHeaders: len(b) == 0}))
	for len(b) > 0 {
		part = b[:min(len(b), maxFrame)]
		b = b[len(part):]
		r.check(r.framer.WriteContinuation(id, len(b) == 0, part))
	}
}

// TestMalformedBodies sends bodies that are not what their heads say. The
// stream ends with an error of the protocol, whoever noticed first.
func TestMalformedBodies(t *testing.T) {
	for _, row := range []struct {
		name string
		send func(r *raw)
		code http2.ErrCode
	}{
		{"longer", func(r *raw) {
			r.head(1, false, usual("POST", "/buffer", "content-length", "3")...)
			r.check(r.framer.WriteData(1, true, []byte("four")))
		}, http2.ErrCodeProtocol},
		{"shorter", func(r *raw) {
			r.head(1, false, usual("POST", "/buffer", "content-length", "5")...)
			r.check(r.framer.WriteData(1, true, []byte("four")))
		}, http2.ErrCodeProtocol},
		{"shorter-with-trailers", func(r *raw) {
			r.head(1, false, usual("POST", "/buffer", "content-length", "5")...)
			r.check(r.framer.WriteData(1, false, []byte("four")))
			r.head(1, true, "a", "b")
		}, http2.ErrCodeProtocol},
		{"longer-in-parts", func(r *raw) {
			r.head(1, false, usual("POST", "/stream", "content-length", "5")...)
			r.check(r.framer.WriteData(1, false, []byte("four")))
			r.check(r.framer.WriteData(1, false, []byte("four")))
		}, http2.ErrCodeProtocol},
		{"trailers-without-end", func(r *raw) {
			r.head(1, false, usual("POST", "/buffer")...)
			r.head(1, false, "a", "b")
		}, http2.ErrCodeProtocol},
		{"pseudo-in-trailers", func(r *raw) {
			r.head(1, false, usual("POST", "/buffer")...)
			r.head(1, true, ":path", "/other")
		}, http2.ErrCodeProtocol},
		{"length-in-trailers", func(r *raw) {
			r.head(1, false, usual("POST", "/buffer")...)
			r.head(1, true, "content-length", "0")
		}, http2.ErrCodeProtocol},
		{"upper-case-in-trailers", func(r *raw) {
			r.head(1, false, usual("POST", "/buffer")...)
			r.head(1, true, "A", "b")
		}, http2.ErrCodeProtocol},
		{"behind-the-end", func(r *raw) {
			r.head(1, true, usual("GET", "/slow")...)
			r.check(r.framer.WriteData(1, true, []byte("more")))
		}, http2.ErrCodeStreamClosed},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := serve(t, slow, false, nil)
			r := s.raw(t)
			row.send(r)
			if code := r.reset(1); code != row.code {
				t.Errorf("reset with %v, want %v", code, row.code)
			}
			s.Event(0)
		})
	}
}

// TestHeadTooLate begins field blocks and frames and sends no end of them.
func TestHeadTooLate(t *testing.T) {
	quick := func(s *session.Shared) {
		s.Limits = session.Limits{HeadTimeout: 100 * time.Millisecond, BodyGrace: 100 * time.Millisecond, Linger: 10 * time.Millisecond}
	}
	s := serve(t, echo, false, quick)
	r := s.raw(t)
	b := r.block(usual("GET", "/get")...)
	r.check(r.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: b, EndStream: true}))
	if code := r.bye(); code != http2.ErrCodeEnhanceYourCalm {
		t.Errorf("block: %v", code)
	}
	if e := s.Event(0); e.Code != gate.HeadTimeout {
		t.Errorf("event %v", e.Code)
	}
	for name, part := range map[string][]byte{
		"head-of-a-frame": {0, 0, 8},
		"frame":           {0, 0, 8, byte(http2.FramePing), 0, 0, 0, 0, 0, 1, 2},
		"data":            {0, 0, 8, byte(http2.FrameData), 0, 0, 0, 0, 1, 1, 2},
	} {
		r = s.raw(t)
		r.write(part)
		if code := r.bye(); code != http2.ErrCodeEnhanceYourCalm {
			t.Errorf("%s: %v", name, code)
		}
	}
	r = s.connect(t)
	r.write([]byte(http2.ClientPreface))
	if code := r.bye(); code != http2.ErrCodeSettingsTimeout {
		t.Errorf("no SETTINGS: %v", code)
	}
	r = s.connect(t)
	r.write([]byte(http2.ClientPreface))
	r.check(r.framer.WriteSettings())
	if code := r.bye(); code != http2.ErrCodeSettingsTimeout {
		t.Errorf("no acknowledgement: %v", code)
	}
	r = s.connect(t)
	r.write([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
	if code := r.bye(); code != http2.ErrCodeProtocol {
		t.Errorf("no HTTP/2: %v", code)
	}
}
