package wire_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"testing"

	"github.com/gatehouse-api/gatehouse/wire/server"
)

// echo answers with what it was sent; the query says how.
func echo(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if r.URL.Query().Has("unknown") {
		w.(http.Flusher).Flush()
	} else {
		w.Header().Set("Content-Length", fmt.Sprint(len(b)))
	}
	w.Write(b)
}

func TestBodiesPassByteForByte(t *testing.T) {
	p := lay(t, http.HandlerFunc(echo), server.Options{})
	c := p.client(t)
	random := rand.NewChaCha8([32]byte{1})
	for _, path := range []string{"/buffer", "/stream", "/unrouted/path"} {
		for _, query := range []string{"", "?unknown"} {
			for _, known := range []bool{true, false} {
				for _, size := range []int{0, 1, 4095, 4096, 4097, 70_000, 3<<20 + 17} {
					name := fmt.Sprintf("%s%s-known-%v-size-%d", path[1:], query, known, size)
					sent := make([]byte, size)
					random.Read(sent)
					var body io.Reader = bytes.NewReader(sent)
					if !known {
						body = io.MultiReader(body)
					}
					res, err := c.Post(p.url+path+query, "application/octet-stream", body)
					if err != nil {
						t.Fatalf("%s: %v", name, err)
					}
					got, err := io.ReadAll(res.Body)
					res.Body.Close()
					if err != nil || res.StatusCode != 200 || !bytes.Equal(got, sent) {
						t.Errorf("%s: status %d, %d bytes of %d, equal %v, %v", name, res.StatusCode, len(got), size, bytes.Equal(got, sent), err)
					}
				}
			}
		}
	}
}
