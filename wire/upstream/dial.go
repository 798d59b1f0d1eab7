package upstream

import (
	"crypto/tls"
	"net"

	"github.com/gatehouse-api/gatehouse/wire/internal/direct"
)

// dial opens a connection for c.
func (u *Upstream) dial(c *call) error {
	raw, err := u.dialer.DialContext(c.ctx, u.place.network, u.place.address)
	if err != nil {
		return err
	}
	k := &conn{socket: socket{Conn: direct.New(raw)}, address: addressOf(raw)}
	u.place.found(k.address)
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
		if k.stale(c.asked, once, &u.habit) {
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

var _ net.Conn = (*socket)(nil)
