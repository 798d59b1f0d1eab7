package selftest

import (
	"context"
	"encoding/binary"
	"io"
	"maps"
	"net"
	"net/netip"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
)

// lookup finds the addresses of a name.
type lookup func(ctx context.Context, host string) ([]netip.Addr, error)

// public is where all names lead.
var public = netip.AddrFrom4([4]byte{1, 1, 1, 1})

// find is asked for the names in requests.
func (c *copied) find(ctx context.Context, host string) ([]netip.Addr, error) {
	c.asked.Add(1)
	if c.lookup != nil {
		return c.lookup(ctx, host)
	}
	return []netip.Addr{public}, nil
}

// requests stands in for what decides by what is in requests. looks says that
// the copy is to find calls, and not to judge what becomes of them.
func (c *copied) requests(a *config.API, i int, broken ways, looks bool) {
	if b := a.Logins.BreachedPasswords; b != nil {
		b.File = c.file(broken(partPasswords, i), "passwords"+needOf("", i), breached)
	}
	dns := broken(partNames, i)
	wait := time.Duration(0)
	settle := func(s *config.Settings) {
		if looks {
			s.Modes = maps.Clone(s.Modes)
			if s.Modes == nil {
				s.Modes = map[string]config.Mode{}
			}
			s.Modes["limit"] = config.Enforce // so that its answers say which limits were counted
		}
		s.Countries = elsewhere(s.Countries)
		if s.SSRF != nil {
			s.SSRF.Wait = min(s.SSRF.Wait, waits)
			wait = max(wait, s.SSRF.Wait)
		}
	}
	settle(&a.Settings)
	for name, own := range a.Operations {
		settle(&own.Settings)
		a.Operations[name] = own
	}
	if dns != well {
		c.lookup = c.server(dns, 2*wait)
	}
}

// server asks a server of names that fails by w.
func (c *copied) server(w way, delay time.Duration) lookup {
	var l *lever
	switch w {
	case late, gone:
		if w == gone {
			delay = 0
		}
		var err error
		if l, err = newTalker(func(conn net.Conn) { answerNames(conn, delay) }); err != nil {
			c.err = err
			return nil
		}
		if c.levers = append(c.levers, l); w == gone {
			c.breaks = l.close
		}
	default:
		if l = c.lever(w, nil); l == nil {
			return nil
		}
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", l.address())
	}
	r := &net.Resolver{PreferGo: true, Dial: dial}
	return func(ctx context.Context, host string) ([]netip.Addr, error) {
		return r.LookupNetIP(ctx, "ip", host+".")
	}
}

// answerNames answers each question on a connection (RFC 1035 sections 4.1 and
// 4.2.2), after a time: the address is that of public, and there is none of IPv6.
func answerNames(c net.Conn, delay time.Duration) {
	const head, tail, ipv4 = 12, 4, 1
	for {
		var size [2]byte
		if _, err := io.ReadFull(c, size[:]); err != nil {
			return
		}
		q := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(c, q); err != nil || len(q) < head {
			return
		}
		end := head
		for end < len(q) && q[end] != 0 {
			end += 1 + int(q[end])
		}
		if end += 1 + tail; end > len(q) {
			return
		}
		a := append([]byte(nil), q[:end]...)
		a[2], a[3] = 0x81, 0x80 // an answer, by one who asks on
		clear(a[6:head])
		if q[end-tail+1] == ipv4 {
			a[7] = 1
			address := public.As4()
			a = append(a, 0xc0, head, 0, ipv4, 0, 1, 0, 0, 0, 60, 0, 4)
			a = append(a, address[:]...)
		}
		<-time.After(delay)
		if _, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(a))), a...)); err != nil {
			return
		}
	}
}
