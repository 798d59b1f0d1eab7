package serve

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/std"
)

// engine brings exchanges in; another one can take std's place here.
type engine interface {
	Serve(l net.Listener, t *tls.Config) error
	Shutdown(ctx context.Context) error
}

func newEngine(g *gate.Gate, log *slog.Logger) engine {
	return std.NewServer(g, std.Options{Log: log})
}
