package server

import (
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// handshakes counts those of TLS that fail and says so now and then: such a
// connection becomes no exchange, so that nothing else tells an operator who
// is locked out.
type handshakes struct {
	log   *slog.Logger
	count *atomic.Int64

	mu   sync.Mutex
	said time.Time // guarded by mu
}

// sayEvery is how often failed handshakes are logged at most.
const sayEvery = time.Minute

// note counts a connection of TLS that ended with err before its handshake was
// complete. One that ends without a word, as that of a health check, and one
// that the server closed are no failures.
func (h *handshakes) note(err error) {
	if err == io.EOF || errors.Is(err, net.ErrClosed) {
		return
	}
	failed := h.count.Add(1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if now := time.Now(); now.Sub(h.said) >= sayEvery {
		h.said = now
		h.log.Warn("TLS handshakes fail", "so far", failed, "the last because", handshakeWords(err))
	}
}

// handshakeWords says why a handshake failed, without addresses and without
// what the client sent.
func handshakeWords(err error) string {
	var header tls.RecordHeaderError
	var op *net.OpError
	switch {
	case errors.As(err, &header):
		return "the client does not speak TLS"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "it did not end in time"
	case errors.As(err, &op) && op.Op == "remote error": // an alert, RFC 8446 section 6
		return "the client says " + strings.TrimPrefix(op.Err.Error(), "tls: ")
	case errors.As(err, &op):
		err = op.Err
	}
	text := strings.TrimPrefix(err.Error(), "tls: ")
	if i := strings.IndexAny(text, "([:"); i > 0 { // values follow
		text = text[:i]
	}
	return strings.TrimSpace(text)
}
