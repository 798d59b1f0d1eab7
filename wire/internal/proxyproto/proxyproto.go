// Package proxyproto reads the header of the PROXY protocol, versions 1 and 2,
// by which a load balancer says whose connection it passes on. Package edge
// imports it; it knows bytes and addresses and nothing else.
//
// The words are those of proxy-protocol.txt of HAProxy, section 2. The reader
// is strict and bounded, and it takes not one byte more than the header, so
// that what follows can be read by whoever reads the socket.
package proxyproto

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"net/netip"
	"sync"
)

const (
	maxLine  = 107     // of version 1, line end included (section 2.1)
	maxBlock = 4 << 10 // of version 2, behind its first 16 bytes; the addresses take 216 at most
	least    = 15      // bytes of the shortest header, "PROXY UNKNOWN\r\n"; version 2 has 16
)

// signature begins version 2 (section 2.2).
var signature = []byte("\r\n\r\n\x00\r\nQUIT\n")

// ErrForm is a header that is none, is broken, or is larger than this reader
// takes.
var ErrForm = errors.New("no well-formed header of the PROXY protocol")

// buffers hold headers while they are read.
var buffers = sync.Pool{New: func() any { return new([16 + maxBlock]byte) }}

// Read reads one header and returns the client's address and port. They are
// not valid where the header names none: the proxy speaks for itself (LOCAL),
// or the client came to it in another way than over TCP. Read takes exactly the
// bytes of the header from r. Its errors are ErrForm and those of r; an end
// within the header is io.ErrUnexpectedEOF.
func Read(r io.Reader) (netip.AddrPort, error) {
	b := buffers.Get().(*[16 + maxBlock]byte)
	defer buffers.Put(b)
	if err := fill(r, b[:least]); err != nil {
		return netip.AddrPort{}, err
	}
	switch {
	case bytes.HasPrefix(b[:], signature):
		return readBinary(r, b[:])
	case bytes.HasPrefix(b[:], []byte("PROXY ")):
		return readLine(r, b[:maxLine])
	}
	return netip.AddrPort{}, ErrForm
}

// fill reads all of b.
func fill(r io.Reader, b []byte) error {
	_, err := io.ReadFull(r, b)
	if err == io.EOF && len(b) > 0 {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// readLine reads the rest of a header of version 1, byte by byte, since nobody
// else could read what is taken beyond its end.
func readLine(r io.Reader, b []byte) (netip.AddrPort, error) {
	n := least
	for b[n-1] != '\n' {
		if n == len(b) {
			return netip.AddrPort{}, ErrForm
		}
		if err := fill(r, b[n:n+1]); err != nil {
			return netip.AddrPort{}, err
		}
		n++
	}
	line, ok := bytes.CutSuffix(b[:n], []byte("\r\n"))
	if !ok || bytes.ContainsAny(line, "\r\n\x00") {
		return netip.AddrPort{}, ErrForm
	}
	return parseLine(line)
}

// parseLine reads version 1: PROXY, TCP4 or TCP6, two addresses, two ports,
// each after one space. Behind UNKNOWN anything may stand and says nothing.
func parseLine(line []byte) (netip.AddrPort, error) {
	words := bytes.Split(line, []byte{' '})
	if string(words[1]) == "UNKNOWN" {
		return netip.AddrPort{}, nil
	}
	if len(words) != 6 {
		return netip.AddrPort{}, ErrForm
	}
	four := string(words[1]) == "TCP4"
	if !four && string(words[1]) != "TCP6" {
		return netip.AddrPort{}, ErrForm
	}
	client, ok := address(words[2], four)
	_, also := address(words[3], four)
	from, fits := port(words[4])
	_, too := port(words[5])
	if !ok || !also || !fits || !too {
		return netip.AddrPort{}, ErrForm
	}
	return netip.AddrPortFrom(client.Unmap(), from), nil
}

// address reads an address of one family. Zones have no meaning beyond the
// machine that wrote them.
func address(text []byte, four bool) (netip.Addr, bool) {
	a, err := netip.ParseAddr(string(text))
	return a, err == nil && a.Is4() == four && a.Zone() == ""
}

// port reads a decimal number without signs and leading zeros.
func port(text []byte) (n uint16, ok bool) {
	if len(text) == 0 || len(text) > 5 || text[0] == '0' && len(text) > 1 {
		return 0, false
	}
	var v uint32
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		v = v*10 + uint32(c-'0')
	}
	return uint16(v), v <= 65535
}

// What the bytes 13 and 14 of version 2 may be (section 2.2).
const (
	local   = 0x20
	proxied = 0x21

	unspecified = 0x00
	tcp4        = 0x11
	tcp6        = 0x21
	unix        = 0x31 // of streams
)

// sizes are the bytes that the addresses of each family take.
var sizes = map[byte]int{unspecified: 0, tcp4: 12, tcp6: 36, unix: 216}

// readBinary reads the rest of a header of version 2.
func readBinary(r io.Reader, b []byte) (netip.AddrPort, error) {
	if err := fill(r, b[least:16]); err != nil {
		return netip.AddrPort{}, err
	}
	command, family, length := b[12], b[13], int(binary.BigEndian.Uint16(b[14:]))
	size, known := sizes[family]
	if command != local && command != proxied || command == proxied && (!known || length < size) || length > maxBlock {
		return netip.AddrPort{}, ErrForm
	}
	if err := fill(r, b[16:16+length]); err != nil {
		return netip.AddrPort{}, err
	}
	if command == local { // whatever follows is to be skipped
		return netip.AddrPort{}, nil
	}
	if !extras(b[:16+length], 16+size) {
		return netip.AddrPort{}, ErrForm
	}
	switch family {
	case tcp4:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[16:])), binary.BigEndian.Uint16(b[24:])), nil
	case tcp6:
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[16:])).Unmap(), binary.BigEndian.Uint16(b[48:])), nil
	}
	return netip.AddrPort{}, nil
}

// checksum is the type of the extra that holds a CRC-32C of the header, counted
// with zeros in the place of its own (section 2.2.3).
const checksum = 0x03

// extras walks over what follows the addresses and reports whether it is
// well-formed: a type, a length of two bytes, and as many bytes. Nothing of it
// is believed or kept; only a checksum must be right.
func extras(header []byte, at int) bool {
	for at < len(header) {
		if len(header)-at < 3 {
			return false
		}
		kind, length := header[at], int(binary.BigEndian.Uint16(header[at+1:]))
		if at += 3; length > len(header)-at {
			return false
		}
		value := header[at : at+length]
		if kind == checksum {
			if length != 4 {
				return false
			}
			want := binary.BigEndian.Uint32(value)
			clear(value)
			if crc32.Checksum(header, crc32.MakeTable(crc32.Castagnoli)) != want {
				return false
			}
			binary.BigEndian.PutUint32(value, want)
		}
		at += length
	}
	return true
}
