package wire_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
	"github.com/gatehouse-api/gatehouse/wire/internal/stage"
	"github.com/gatehouse-api/gatehouse/wire/std"
	"github.com/gatehouse-api/gatehouse/wire/upstream"
)

// path is a client's way through an engine and a gate to an API.
type path struct {
	*stage.House
	server *std.Server
	addr   string
	url    string
}

// lay starts a server in front of api.
func lay(t testing.TB, api http.Handler, o std.Options) *path {
	t.Helper()
	leak.Check(t)
	back := httptest.NewServer(api)
	t.Cleanup(back.Close)
	return layTo(t, back.URL, upstream.Options{}, o)
}

// layTo starts a server in front of the API at target.
func layTo(t testing.TB, target string, uo upstream.Options, so std.Options) *path {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	up, err := upstream.New(u, uo)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(up.Close)
	return serve(t, up, so)
}

func serve(t testing.TB, up gate.Upstream, so std.Options) *path {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := stage.New(t, up)
	p := &path{House: h, server: std.NewServer(h.Gate, so), addr: l.Addr().String()}
	p.url = "http://" + p.addr
	ended := make(chan error, 1)
	go func() { ended <- p.server.Serve(l, nil) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		p.server.Shutdown(ctx)
		if err := <-ended; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return p
}

// client returns a client of its own, which t closes.
func client(t testing.TB) *http.Client {
	t.Helper()
	tr := &http.Transport{DisableCompression: true}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}
