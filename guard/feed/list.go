package feed

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
)

// Bounds of one list.
const (
	MaxEntries = 10_000_000
	maxLine    = 4 << 10
)

// readList reads a list of addresses, networks and ranges, one a line: what
// stands behind them, or behind "#" or ";", is for people. A line that is none
// of these makes the whole list wrong: to leave it out would shorten the list in
// silence. So does a network that is a large part of the internet.
func readList(r io.Reader) (*table, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, maxLine), maxLine)
	b := &builder{}
	for n := 1; lines.Scan(); n++ {
		text := lines.Bytes()
		if n == 1 {
			text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
		}
		if i := bytes.IndexAny(text, "#;"); i >= 0 {
			text = text[:i]
		}
		if text = bytes.TrimSpace(text); len(text) == 0 {
			continue
		}
		if i := bytes.IndexAny(text, " \t,"); i >= 0 && !bytes.HasPrefix(bytes.TrimLeft(text[i:], " \t"), []byte("-")) {
			text = text[:i]
		}
		if err := b.line(string(text)); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if b.len() > MaxEntries {
			return nil, fmt.Errorf("line %d: a list has at most %d entries", n, MaxEntries)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	return b.build(), nil
}

var (
	errEntry = errors.New("no address, network or range")
	errWide  = errors.New("the network is too large a part of the internet: more than a /8 of IPv4, or a /16 of IPv6")
)

func (b *builder) line(text string) error {
	if p, err := netip.ParsePrefix(text); err == nil {
		if a := p.Addr(); a.Is4In6() {
			if p.Bits() < 96 {
				return errWide
			}
			p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
		}
		if p.Addr().Is4() && p.Bits() < 8 || p.Addr().Is6() && p.Bits() < 16 {
			return errWide
		}
		b.prefix(p, 1)
		return nil
	}
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		a = a.Unmap()
		b.prefix(netip.PrefixFrom(a, a.BitLen()), 1)
		return nil
	}
	from, to, ok := bytes.Cut([]byte(text), []byte("-"))
	first, err1 := netip.ParseAddr(string(bytes.TrimSpace(from)))
	last, err2 := netip.ParseAddr(string(bytes.TrimSpace(to)))
	if !ok || err1 != nil || err2 != nil || first.BitLen() != last.BitLen() || last.Less(first) || first.Zone()+last.Zone() != "" {
		return errEntry
	}
	first, last = first.Unmap(), last.Unmap()
	if first.BitLen() != last.BitLen() {
		return errEntry
	}
	f, l := first.AsSlice(), last.AsSlice()
	if len(f) == 4 && int(l[0])-int(f[0]) > 1 || len(f) == 16 && (int(l[0])<<8|int(l[1]))-(int(f[0])<<8|int(f[1])) > 1 {
		return errWide
	}
	b.add(first, last, 1)
	return nil
}
