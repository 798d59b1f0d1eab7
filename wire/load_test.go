package wire_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
	"github.com/gatehouse-api/gatehouse/wire/internal/stage"
	"github.com/gatehouse-api/gatehouse/wire/server"
	"github.com/gatehouse-api/gatehouse/wire/std"
	"github.com/gatehouse-api/gatehouse/wire/upstream"
)

// fickle is an API that answers with the digest of the body, or before it has
// read all of it, or breaks off: as the query asks.
func fickle(w http.ResponseWriter, r *http.Request) {
	switch r.URL.RawQuery {
	case "early":
		io.ReadFull(r.Body, make([]byte, 100))
		w.Header().Set("Connection", "close")
		w.WriteHeader(413)
		w.Write(bytes.Repeat([]byte("e"), 5000))
		return
	case "cut":
		io.ReadFull(r.Body, make([]byte, 100))
		w.Header().Set("Content-Length", "100")
		w.Write([]byte("short"))
		panic(http.ErrAbortHandler)
	}
	b, _ := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%x", sha256.Sum256(b))
}

// TestManyAtOnce sends all kinds of exchanges over few connections at the
// same time. Buffers are poisoned after each exchange, so a body that is
// still read then would have another digest.
func TestManyAtOnce(t *testing.T) {
	for _, secure := range []bool{false, true} {
		many(t, layTLS(t, http.HandlerFunc(fickle), server.Options{}, secure))
	}
}

// TestManyAtOnceByAnotherServer is the same behind a server that is not ours.
func TestManyAtOnceByAnotherServer(t *testing.T) {
	leak.Check(t)
	back := httptest.NewServer(http.HandlerFunc(fickle))
	t.Cleanup(back.Close)
	h := stage.New(t, to(t, back.URL, upstream.Options{}))
	log := &log{}
	front := httptest.NewUnstartedServer(std.Handler(h.Gate, std.Limits{}))
	front.Config.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(log, nil), slog.LevelInfo)
	front.Start()
	t.Cleanup(front.Close)
	many(t, &path{House: h, url: front.URL})
	if s := log.String(); s != "" {
		t.Errorf("net/http says: %s", s)
	}
}

func many(t *testing.T, p *path) {
	c := p.client(t)
	var work sync.WaitGroup
	for n := range 8 {
		work.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(n)))
			for range 60 {
				one(t, p, c, random)
			}
		})
	}
	work.Wait()
}

func one(t *testing.T, p *path, c *http.Client, random *rand.Rand) {
	kind := []string{"", "", "", "early", "cut"}[random.IntN(5)]
	path := []string{"/buffer", "/stream", "/un/routed"}[random.IntN(3)]
	sent := bytes.Repeat([]byte{byte(random.Uint32())}, random.IntN(100_000)+200)
	var body io.Reader = bytes.NewReader(sent)
	if random.IntN(2) == 0 {
		body = io.MultiReader(body)
	}
	res, err := c.Post(p.url+path+"?"+kind, "application/octet-stream", body)
	if err != nil {
		if kind == "" {
			t.Errorf("%s: %v", path, err)
		}
		return // the client may meet the closed connection before the answer
	}
	got, err := io.ReadAll(res.Body)
	res.Body.Close()
	switch {
	case kind == "cut" && err == nil && res.StatusCode == 200:
		t.Errorf("%s: a cut answer is whole to the client", path)
	case kind == "" && (err != nil || string(got) != fmt.Sprintf("%x", sha256.Sum256(sent))):
		t.Errorf("%s: %d, digest %q, %v", path, res.StatusCode, got, err)
	}
}
