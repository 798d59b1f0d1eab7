package wire_test

import (
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/server"
)

// TestLongAnswers reach the client byte for byte, however the API sends them,
// over plain text and TLS, and are counted.
func TestLongAnswers(t *testing.T) {
	body := make([]byte, 5<<20)
	rand.NewChaCha8([32]byte{1}).Read(body)
	want := sha256.Sum256(body)
	for _, secure := range []bool{false, true} {
		p := layTLS(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.RawQuery != "chunked" {
				w.Header().Set("Content-Length", strconv.Itoa(len(body)))
			}
			if r.URL.RawQuery == "in-pieces" {
				for b := body; len(b) > 0; b = b[min(len(b), 700<<10):] {
					w.Write(b[:min(len(b), 700<<10)])
					w.(http.Flusher).Flush()
				}
				return
			}
			w.Write(body)
		}), server.Options{}, secure)
		c := p.client(t)
		n := 0
		for range 3 {
			for _, how := range []string{"", "in-pieces", "chunked"} {
				res, err := c.Get(p.url + "/get?" + how)
				if err != nil {
					t.Fatal(err)
				}
				h := sha256.New()
				size, err := io.Copy(h, res.Body)
				res.Body.Close()
				if err != nil || size != int64(len(body)) || [32]byte(h.Sum(nil)) != want {
					t.Errorf("secure %v, %q: %d bytes, %v", secure, how, size, err)
				}
				if e := p.Event(n); e.Outcome != gate.Passed || e.BodyOut != int64(len(body)) {
					t.Errorf("secure %v, %q: event %v of %d bytes", secure, how, e.Outcome, e.BodyOut)
				}
				n++
			}
		}
	}
}
