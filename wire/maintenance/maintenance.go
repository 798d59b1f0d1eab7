// Package maintenance answers those who watch over the gate: whether the
// program lives, whether it is ready for calls, and what it has counted. It
// says nothing else, takes no body and keeps no connection for long, so that it
// can stand on plain HTTP in a network that is not trusted much.
//
// Package serve imports it. It knows no gate, no plan, nothing of what is
// counted, and no listener but the one that it is given.
package maintenance

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// The paths that are answered.
const (
	Health  = "/healthz" // 200 while the program lives
	Ready   = "/readyz"  // 200 while it takes calls, else 503
	Metrics = "/metrics" // what was counted
)

// What a client can make the server hold or wait for.
const (
	headBytes   = 4 << 10 // of a request's head; net/http adds a little
	callTime    = 5 * time.Second
	idleTime    = 30 * time.Second // probes come every few seconds
	parting     = time.Second      // that Shutdown gives calls to end
	Connections = 64               // that the listener should keep open at once
	PerAddress  = 16               // of these for one address, so that no one keeps all others from asking
	scrapes     = 2                // that are answered at once: each gathers everything
)

// Page is what is answered to Metrics.
type Page struct {
	ContentType string
	Write       func(io.Writer) error // writes nothing when it fails early; may be called on many goroutines at once
}

// Server answers on one listener.
type Server struct{ http http.Server }

// New returns a server that asks ready at each call to Ready, which may be
// called on many goroutines at once, and answers counted to Metrics. log takes at debug level what net/http says.
func New(ready func() bool, counted Page, log *slog.Logger) *Server {
	s := new(Server)
	s.http = http.Server{
		Handler:        handler(ready, counted),
		MaxHeaderBytes: headBytes, ReadHeaderTimeout: callTime, ReadTimeout: callTime, WriteTimeout: callTime, IdleTimeout: idleTime,
		ErrorLog:                     slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		DisableGeneralOptionsHandler: true,
	}
	return s
}

// Serve answers what comes from l until Shutdown or Close, which make it
// return nil. It closes l.
func (s *Server) Serve(l net.Listener) error {
	if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Leave lets calls end for a second after the listener was closed by its
// owner, those included that were about to be made: net/http's own Shutdown
// closes connections over requests that it has just read. Serve returns the
// listener's error.
func (s *Server) Leave() {
	s.http.SetKeepAlivesEnabled(false)
	t := time.NewTimer(parting)
	defer t.Stop()
	<-t.C
	s.Shutdown()
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

func handler(ready func() bool, counted Page) http.Handler {
	busy := make(chan struct{}, scrapes)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, text := judge(r, ready)
		h := w.Header()
		h.Set("Content-Type", "text/plain; charset=utf-8")
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		if status == http.StatusMethodNotAllowed {
			h.Set("Allow", "GET, HEAD")
		}
		if r.ContentLength != 0 { // nobody reads the body
			h.Set("Connection", "close")
		}
		if status == http.StatusOK && r.URL.Path == Metrics {
			select {
			case busy <- struct{}{}:
				defer func() { <-busy }()
				h.Set("Content-Type", counted.ContentType)
				if counted.Write(w) == nil {
					return
				}
				status, text = http.StatusInternalServerError, "not to be had"
			default:
				h.Set("Retry-After", "1")
				status, text = http.StatusServiceUnavailable, "others are asking"
			}
			h.Set("Content-Type", "text/plain; charset=utf-8")
		}
		w.WriteHeader(status)
		io.WriteString(w, text+"\n") // net/http leaves it out of an answer to HEAD
	})
}

// judge answers nothing of the request.
func judge(r *http.Request, ready func() bool) (status int, text string) {
	known := r.URL.Path == Health || r.URL.Path == Ready || r.URL.Path == Metrics
	switch {
	case !known:
		return http.StatusNotFound, "there are " + Health + ", " + Ready + " and " + Metrics
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		return http.StatusMethodNotAllowed, "GET or HEAD"
	case r.URL.Path == Ready && !ready():
		return http.StatusServiceUnavailable, "not ready"
	}
	return http.StatusOK, "ok"
}
