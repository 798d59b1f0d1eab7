package server

import (
	"crypto/tls"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/ja4"
	"github.com/gatehouse-api/gatehouse/wire/internal/under"
)

// heard is a connection below TLS, and what its client said first.
type heard struct {
	*under.Conn
	hello *gate.Hello
}

// hear returns t with an ear for what clients say first, where the plan wants to
// know it.
func (s *Server) hear(t *tls.Config) *tls.Config {
	choose := t.GetConfigForClient
	t = t.Clone()
	t.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
		if c, ok := h.Conn.(*heard); ok && c.hello == nil {
			if plan := s.shared.Gate.Plan(); plan != nil && plan.Hellos {
				c.hello = ja4.Of(h)
			}
		}
		if choose == nil {
			return nil, nil
		}
		return choose(h)
	}
	return t
}
