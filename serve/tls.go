package serve

import (
	"crypto/tls"
	"log/slog"
)

// tls returns nil for plain HTTP.
func (p *Program) tls(*slog.Logger) (*tls.Config, error) {
	if p.config.TLSCert != "" {
		return nil, &ConfigError{"tls-cert", "cannot be served by this build", "leave it out"}
	}
	return nil, nil
}
