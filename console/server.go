package console

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse"
)

// Guard returns the API with the gate in front of it, which judges each call by
// Contract and each caller by v. events is told of every call, log of what
// clients must not see.
func Guard(o Options, v gatehouse.Verifier, events func(*gatehouse.Event), log *slog.Logger) (http.Handler, error) {
	how := gatehouse.Options{Name: "gatehouse administration"}
	more := []gatehouse.Extra{gatehouse.WithLocks(o.Locks), gatehouse.WithVerifiers(map[string]gatehouse.Verifier{Scheme: v}), gatehouse.WithEvents(events), gatehouse.WithLog(log)}
	if o.Recorder != nil {
		more = append(more, gatehouse.WithRecorder(o.Recorder))
		how.Operations = recorded()
	}
	g, err := gatehouse.New("openapi.yaml", Contract, how, more...)
	if err != nil {
		return nil, err
	}
	return typed(g.Protect(New(o))), nil
}

// changing are the operations that change something, by callers whom the gate
// knows before they are recorded.
var changing = [...]string{"createKey", "rotateKey", "revokeKey", "revoke", "createAdmin", "revokeAdmin"}

// unrecorded are operations that anybody may call: what is said there is judged
// behind the gate, and a record that whoever calls makes longer would be a way to
// fill it. What an issuer takes back is on record as a change in the store, for
// which hear has room before it is made. Two gates that witness each other would
// never come to rest.
var unrecorded = [...]string{"logout", "receiveEvent", "addCheckpoint"}

// recorded has what changes something on record before it is done.
func recorded() map[string]gatehouse.Operation {
	list := map[string]gatehouse.Operation{}
	for _, id := range changing {
		list[id] = gatehouse.Operation{Settings: gatehouse.Settings{Audit: gatehouse.Durable}}
	}
	for _, id := range unrecorded {
		list[id] = gatehouse.Operation{Settings: gatehouse.Settings{Audit: gatehouse.Unrecorded}}
	}
	return list
}

// What a client can make the server hold or wait for.
const (
	headBytes   = 16 << 10
	callTime    = 30 * time.Second
	idleTime    = 60 * time.Second
	parting     = time.Second
	Connections = 64 // that the listener should keep open at once
	PerAddress  = 32
)

// Server answers on one listener. What answers may change while it serves.
type Server struct {
	http    http.Server
	handler atomic.Pointer[http.Handler]
}

// NewServer returns a server; Use says what answers, and comes before Serve.
func NewServer(log *slog.Logger) *Server {
	s := new(Server)
	s.http = http.Server{
		Handler:        http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*s.handler.Load()).ServeHTTP(w, r) }),
		MaxHeaderBytes: headBytes, ReadHeaderTimeout: callTime, ReadTimeout: callTime, WriteTimeout: callTime, IdleTimeout: idleTime,
		ErrorLog:                     slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		DisableGeneralOptionsHandler: true,
	}
	return s
}

// Use has the API answer from now on as o says: see Guard. When it cannot be
// guarded nothing is answered.
func (s *Server) Use(o Options, v gatehouse.Verifier, events func(*gatehouse.Event), log *slog.Logger) error {
	h, err := Guard(o, v, events, log)
	if err != nil {
		h = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	}
	s.handler.Store(&h)
	return err
}

// Serve answers what comes from l until Shutdown or Close, which make it return
// nil. It closes l. settings are those of TLS, nil for plain HTTP.
func (s *Server) Serve(l net.Listener, settings *tls.Config) error {
	if settings != nil {
		settings = settings.Clone()
		settings.NextProtos = []string{"http/1.1"}
		l = tls.NewListener(l, settings)
	}
	if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Shutdown lets calls end, for a second at most.
func (s *Server) Shutdown() {
	ctx, cancel := context.WithTimeout(context.Background(), parting)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		s.http.Close()
	}
}

// Close ends all connections.
func (s *Server) Close() { s.http.Close() }
