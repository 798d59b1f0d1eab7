package upstream

import (
	"crypto/tls"
	"net"
)

// dial opens a connection for c.
func (u *Upstream) dial(c *call) error {
	raw, err := u.dialer.DialContext(c.ctx, "tcp", u.address)
	if err != nil {
		return err
	}
	k := &conn{socket: socket{Conn: raw}}
	k.look.at(raw)
	k.plain = &k.socket
	k.take(c)
	if u.tls == nil {
		return nil
	}
	c.connectBy = now() + instant(u.limits.ConnectTimeout)
	k.tls = tls.Client(&k.socket, u.tls)
	k.plain = k.tls
	err = k.tls.Handshake() // the socket knows for how long
	c.connectBy = 0
	return err
}

// connect gives c a connection: a kept one that is still good, unless fresh
// asks for a new one.
func (u *Upstream) connect(c *call, fresh bool) error {
	once := !c.repeatable
	for !fresh && !(once && u.habit.shows()) {
		k := u.pool.get()
		if k == nil {
			break
		}
		if k.stale(once, &u.habit) {
			k.drop()
			continue
		}
		k.take(c)
		u.counts.reused.Add(1)
		return nil
	}
	if err := u.dial(c); err != nil {
		c.forsake()
		return err
	}
	u.counts.opened.Add(1)
	return nil
}

// settings are those of the client's side of TLS to host.
func settings(o *Options, host string) *tls.Config {
	t := &tls.Config{}
	if o.TLS != nil {
		t = o.TLS.Clone()
	}
	if o.Roots != nil {
		t.RootCAs = o.Roots
	}
	t.NextProtos = []string{"http/1.1"}
	if t.ServerName == "" {
		t.ServerName = host
	}
	return t
}

var _ net.Conn = (*socket)(nil)
