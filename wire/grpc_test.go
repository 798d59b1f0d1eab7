package wire_test

import (
	"bufio"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/h2"
	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
	"github.com/gatehouse-api/gatehouse/wire/server"
	"github.com/gatehouse-api/gatehouse/wire/upstream"
)

// TestGRPC calls a service behind the gate as gRPC does: over HTTP/2 with
// messages in both directions at once, a status behind them, and calls that
// have nothing but a status.
func TestGRPC(t *testing.T) {
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprintf("tls-%v", secure), func(t *testing.T) {
			leak.Check(t)
			back := httptest.NewUnstartedServer(http.HandlerFunc(service))
			back.Config.Protocols = new(http.Protocols)
			o := upstream.Options{Protocol: upstream.HTTP2}
			if secure {
				back.EnableHTTP2 = true
				back.Config.Protocols.SetHTTP2(true)
				back.StartTLS()
				o.Roots = x509.NewCertPool()
				o.Roots.AddCert(back.Certificate())
			} else {
				back.Config.Protocols.SetUnencryptedHTTP2(true)
				back.Start()
			}
			t.Cleanup(back.Close)
			p := serve(t, to(t, back.URL, o), server.Options{HTTP2: h2.New, PriorKnowledge: !secure}, secure)
			tr := &http.Transport{TLSClientConfig: p.tls, Protocols: new(http.Protocols)}
			tr.Protocols.SetHTTP2(secure)
			tr.Protocols.SetUnencryptedHTTP2(!secure)
			t.Cleanup(tr.CloseIdleConnections)

			in, out := io.Pipe()
			r := grpcCall(t, p.url+"/stream", in)
			res, err := tr.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			answer := bufio.NewReader(res.Body)
			for i := range 3 {
				fmt.Fprintf(out, "%d\n", i)
				if line, err := answer.ReadString('\n'); err != nil || line != fmt.Sprintf("re: %d\n", i) {
					t.Fatalf("%q %v", line, err)
				}
			}
			out.Close()
			if _, err := answer.ReadByte(); err != io.EOF || res.Trailer.Get("Grpc-Status") != "0" || res.ProtoMajor != 2 {
				t.Errorf("%v, status %q", err, res.Trailer.Get("Grpc-Status"))
			}
			res.Body.Close()

			res, err = tr.RoundTrip(grpcCall(t, p.url+"/stream?refuse", io.NopCloser(strings.NewReader(""))))
			if err != nil {
				t.Fatal(err)
			}
			io.Copy(io.Discard, res.Body)
			res.Body.Close()
			if res.Header.Get("Grpc-Status") != "7" {
				t.Errorf("trailers alone: %v", res.Header)
			}
			for i := range 2 {
				if e := p.Event(i); e.Outcome != gate.Passed {
					t.Errorf("call %d: %v %v", i, e.Outcome, e.Code)
				}
			}
		})
	}
}

func grpcCall(t *testing.T, url string, body io.ReadCloser) *http.Request {
	t.Helper()
	r, err := http.NewRequest("POST", url, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/grpc+proto")
	r.Header.Set("Te", "trailers")
	return r
}

// service answers each line, or refuses.
func service(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/grpc+proto")
	if r.Header.Get("Te") != "trailers" || r.URL.RawQuery == "refuse" {
		w.Header().Set("Grpc-Status", "7")
		return
	}
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
	w.Header().Set("Grpc-Status", "0")
}
