package upstream

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// multiplexed is an API that speaks HTTP/2 alone, over TLS or without.
func multiplexed(t testing.TB, secure bool, h http.HandlerFunc, o Options) *Upstream {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = quiet
	s.Config.Protocols = new(http.Protocols)
	if secure {
		s.EnableHTTP2 = true
		s.Config.Protocols.SetHTTP2(true)
		s.StartTLS()
		o.Roots = x509.NewCertPool()
		o.Roots.AddCert(s.Certificate())
	} else {
		s.Config.Protocols.SetUnencryptedHTTP2(true)
		s.Start()
	}
	t.Cleanup(s.Close)
	target, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	o.Protocol = HTTP2
	return to(t, target, o)
}

// result is what outcome returns, for an answer without a lease.
func result(u *Upstream, x *gate.Exchange) (status int, body string, err error) {
	if err := u.Send(x.Context, x); err != nil {
		return 0, "", err
	}
	b, err := io.ReadAll(x.Answer.Body)
	x.Answer.Body.Close()
	return x.Answer.Status, string(b), err
}

// TestHTTP2 sends what the gate forwards, and takes what the API answers.
func TestHTTP2(t *testing.T) {
	for _, secure := range []bool{false, true} {
		var conns atomic.Int64
		seen := make(chan *http.Request, 1)
		u := multiplexed(t, secure, func(w http.ResponseWriter, r *http.Request) {
			b, _ := io.ReadAll(r.Body)
			seen <- r
			w.Header().Add("X-A", "1")
			w.Header().Add("X-A", "2")
			w.Header().Set("Content-Type", "text/plain")
			w.Header().Set(http.TrailerPrefix+"X-Sum", "3")
			fmt.Fprintf(w, "%s %s", r.Proto, b)
			conns.Add(1)
		}, Options{Fields: []Field{field("X-Key", planted)}})
		for i, x := range []*gate.Exchange{
			request("GET", ""), request("POST", "body"), streaming(strings.NewReader("body"), 4), streaming(strings.NewReader("body"), -1), request("POST", strings.Repeat("x", 1<<20)),
		} {
			for _, target := range []string{"/a%2Fb?c=%20&d", "//a//b?", "/?x=//y"} {
				x.OutTarget = []byte(target)
				if x.Incoming != nil {
					x.Incoming = strings.NewReader("body")
				}
				x.Fields = []gate.Field{{Name: []byte("x-b"), Value: []byte("1")}, {Name: []byte("X-B"), Value: []byte("2")}, {Name: []byte("X-Key"), Value: []byte("client")},
					{Name: []byte("X-Gone"), Value: []byte("1"), Gone: true}, {Name: []byte("Forwarded"), Value: []byte("for=evil")}}
				status, body, err := result(u, x)
				if err != nil || status != 200 || !strings.HasPrefix(body, "HTTP/2.0 ") || i > 0 && len(body) != len("HTTP/2.0 ")+max(4, len(x.OutBody)) {
					t.Fatalf("secure %v, %d: %d %.30q %v", secure, i, status, body, err)
				}
				r := <-seen
				if r.RequestURI != target || r.Host != "api.test" || r.Header.Get("X-Key") != planted || strings.Join(r.Header["X-B"], "") != "12" || r.Header["X-Gone"] != nil || r.Header["User-Agent"] != nil ||
					!strings.HasPrefix(r.Header.Get("Via"), "1.1 gatehouse-") || strings.Contains(r.Header.Get("Forwarded"), "evil") || r.ContentLength != x.BodyLength {
					t.Errorf("the API got %s %d %v", r.RequestURI, r.ContentLength, r.Header)
				}
				a, n := gate.FindField(x.Answer.Fields, "X-A")
				sum, _ := gate.FindField(x.Answer.Trailers, "X-Sum")
				if string(a) != "1" || n != 2 || string(sum) != "3" {
					t.Errorf("X-A %q %d times, X-Sum %q", a, n, sum)
				}
			}
		}
		if s := u.Stats(); s.Opened != 1 || s.InFlight != 0 {
			t.Errorf("%+v", s)
		}
	}
}

// TestGRPC passes messages in both directions while both go on, and trailer
// fields behind them.
func TestGRPC(t *testing.T) {
	u := multiplexed(t, false, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Te") != "trailers" {
			t.Errorf("TE %q", r.Header.Get("Te"))
		}
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Trailer", "Grpc-Status")
		w.(http.Flusher).Flush()
		in := bufio.NewReader(r.Body)
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				break
			}
			io.WriteString(w, "re: "+line)
			w.(http.Flusher).Flush()
		}
		w.Header().Set("Grpc-Status", "0"+r.Trailer.Get("X-Sum"))
	}, Options{})
	in, out := io.Pipe()
	x := streaming(in, -1)
	x.Operation = &gate.Operation{Trailers: true}
	x.Fields = []gate.Field{{Name: []byte("Content-Type"), Value: []byte("application/grpc")}, {Name: []byte("Trailer"), Value: []byte("x-sum"), Gone: true}}
	x.Trailers = []gate.Field{{Name: []byte("X-Sum"), Value: []byte("7")}, {Name: []byte("X-Unannounced"), Value: []byte("8")}}
	if err := u.Send(x.Context, x); err != nil {
		t.Fatal(err)
	}
	answer := bufio.NewReader(x.Answer.Body)
	for i := range 3 {
		fmt.Fprintf(out, "%d\n", i)
		if line, err := answer.ReadString('\n'); err != nil || line != fmt.Sprintf("re: %d\n", i) {
			t.Fatalf("%q %v", line, err)
		}
	}
	out.Close()
	if _, err := answer.ReadByte(); err != io.EOF {
		t.Fatal(err)
	}
	if status, _ := gate.FindField(x.Answer.Trailers, "Grpc-Status"); string(status) != "07" {
		t.Errorf("Grpc-Status %q", status)
	}
	x.Answer.Body.Close()
}

// TestHTTP2Ends: how exchanges end that go wrong.
func TestHTTP2Ends(t *testing.T) {
	hang := func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/half":
			io.WriteString(w, "half")
			w.(http.Flusher).Flush()
		case "/reset":
			panic(http.ErrAbortHandler)
		}
		<-r.Context().Done()
	}
	for _, target := range []string{"/", "/half"} {
		for _, end := range ends {
			t.Run(strings.Trim(target, "/")+"-"+end.name, func(t *testing.T) {
				t.Parallel()
				u := multiplexed(t, false, hang, end.o)
				x := request("GET", "")
				x.OutTarget = []byte(target)
				end.do(x)
				began := time.Now()
				if _, _, err := result(u, x); code(err) != end.want {
					t.Errorf("%v", err)
				}
				if took := time.Since(began); end.most > 0 && took > end.most+2*time.Second {
					t.Errorf("after %v", took)
				}
				if s := u.Stats(); s.InFlight != 0 {
					t.Errorf("%+v", s)
				}
			})
		}
	}
	lost := &gate.Unavailable{Code: gate.BodyTooLarge, Cause: errors.New("too large")}
	for _, row := range []struct {
		name   string
		target string
		body   io.Reader
		want   gate.Code
	}{
		{"reset", "/reset", nil, gate.UpstreamBroken},
		{"body-lost", "/", &broken{"part", errors.New("lost")}, gate.BodyIncomplete},
		{"body-too-slow", "/", &broken{"part", os.ErrDeadlineExceeded}, gate.BodyTimeout},
		{"body-refused", "/", &broken{"part", lost}, gate.BodyTooLarge},
		{"loop", "/", nil, gate.Loop},
		{"line-in-a-field", "/", nil, gate.Internal},
		{"target", "/a b", nil, gate.PathForm},
	} {
		t.Run(row.name, func(t *testing.T) {
			u := multiplexed(t, false, hang, Options{})
			x := request("GET", "")
			if row.body != nil {
				x = streaming(row.body, -1)
			}
			switch row.name {
			case "loop":
				x.Fields = []gate.Field{{Name: []byte("Via"), Value: u.pseudonym}}
			case "line-in-a-field":
				x.OutFields = []gate.Field{{Name: []byte("X"), Value: []byte("a\r\nb: c")}}
			}
			x.OutTarget = []byte(row.target)
			if _, _, err := result(u, x); code(err) != row.want {
				t.Errorf("%v", err)
			}
			if s := u.Stats(); s.InFlight != 0 {
				t.Errorf("%+v", s)
			}
		})
	}
}

// TestNoHTTP2 is an API that speaks something else.
func TestNoHTTP2(t *testing.T) {
	s := hello(t) // HTTP/1.1 over TLS
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	target, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	u := to(t, target, Options{Roots: roots, Protocol: HTTP2})
	if _, _, err := result(u, request("GET", "")); code(err) != gate.UpstreamUnreachable || !strings.Contains(err.Error(), "application protocol") && !errors.Is(err, errNoHTTP2) {
		t.Errorf("over TLS: %v", err)
	}
	u = to(t, listen(t, func(c net.Conn) { io.WriteString(c, fine) }), Options{Protocol: HTTP2})
	if _, _, err := result(u, request("GET", "")); code(err) != gate.UpstreamBroken {
		t.Errorf("without TLS: %v", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	u = to(t, &url.URL{Scheme: "http", Host: l.Addr().String()}, Options{Protocol: HTTP2})
	if _, _, err := result(u, request("GET", "")); code(err) != gate.UpstreamUnreachable {
		t.Errorf("nobody: %v", err)
	}
	if s := u.Stats(); s.Unreachable != 1 || s.InFlight != 0 {
		t.Errorf("%+v", s)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	x := request("GET", "")
	x.Context = ctx
	if _, _, err := result(u, x); code(err) != gate.ClientGone {
		t.Errorf("a client that left: %v", err)
	}
}

// TestHTTP2FollowsAddresses: when an address vanishes, the next exchange gets a
// new connection.
func TestHTTP2FollowsAddresses(t *testing.T) {
	u := multiplexed(t, false, func(http.ResponseWriter, *http.Request) {}, Options{})
	here, there := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("192.0.2.1")
	answer := here
	u.place.name, u.place.lookup = "api.test", func(context.Context, string, string) ([]netip.Addr, error) { return []netip.Addr{answer}, nil }
	for i, row := range []struct {
		answer netip.Addr
		opened int64
	}{{here, 1}, {here, 1}, {there, 1}, {there, 2}} {
		answer, u.place.asked = row.answer, u.place.asked-instant(time.Hour)
		if i > 0 {
			u.many.follow()
		}
		if _, _, err := result(u, request("GET", "")); err != nil {
			t.Fatal(err)
		}
		if s := u.Stats(); s.Opened != row.opened {
			t.Errorf("step %d: %d connections", i, s.Opened)
		}
	}
	u.Close()
	until(t, "all connections are closed", func() bool {
		u.many.mu.Lock()
		defer u.many.mu.Unlock()
		return u.many.open == 0
	})
}
