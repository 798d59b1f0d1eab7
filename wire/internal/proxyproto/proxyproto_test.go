package proxyproto

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/netip"
	"strings"
	"testing"
	"testing/iotest"
)

// block makes a header of version 2.
func block(command, family byte, rest string) string {
	return string(signature) + string([]byte{command, family, byte(len(rest) >> 8), byte(len(rest))}) + rest
}

const (
	four = "\xc0\x00\x02\x01\xc6\x33\x64\x01\x80\x00\x01\xbb" // 192.0.2.1:32768 to 198.51.100.1:443
	six  = "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x80\x00\x01\xbb"
)

// summed adds a checksum that is off by wrong.
func summed(addresses string, wrong uint32) string {
	h := []byte(block(proxied, tcp4, addresses+"\x03\x00\x04\x00\x00\x00\x00"))
	binary.BigEndian.PutUint32(h[len(h)-4:], crc32.Checksum(h, crc32.MakeTable(crc32.Castagnoli))+wrong)
	return string(h)
}

var rows = []struct {
	name, header, want string // want: the client, "none", or "" for a header that is refused
}{
	{"line-four", "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n", "192.0.2.1:56324"},
	{"line-six", "PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n", "[2001:db8::1]:1"},
	{"line-six-longest", "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"},
	{"line-mapped", "PROXY TCP6 ::ffff:192.0.2.1 ::1 5 6\r\n", "192.0.2.1:5"},
	{"line-unknown", "PROXY UNKNOWN\r\n", "none"},
	{"line-unknown-with-more", "PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n", "none"},
	{"line-too-long", "PROXY UNKNOWN " + strings.Repeat("x", 92) + "\r\n", ""},
	{"line-just-fits", "PROXY UNKNOWN " + strings.Repeat("x", 91) + "\r\n", "none"},
	{"line-bare-lf", "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\n", ""},
	{"line-cr-inside", "PROXY UNKNOWN a\rb\r\n", ""},
	{"line-nul", "PROXY UNKNOWN a\x00b\r\n", ""},
	{"line-two-spaces", "PROXY TCP4  192.0.2.1 198.51.100.1 56324 443\r\n", ""},
	{"line-space-at-end", "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443 \r\n", ""},
	{"line-tab", "PROXY TCP4\t192.0.2.1 198.51.100.1 56324 443\r\n", ""},
	{"line-lower-case", "proxy TCP4 192.0.2.1 198.51.100.1 56324 443\r\n", ""},
	{"line-family-lower-case", "PROXY tcp4 192.0.2.1 198.51.100.1 56324 443\r\n", ""},
	{"line-wrong-family", "PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n", ""},
	{"line-wrong-family-six", "PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n", ""},
	{"line-zone", "PROXY TCP6 fe80::1%eth0 fe80::2 1 2\r\n", ""},
	{"line-octal", "PROXY TCP4 192.0.02.1 198.51.100.1 1 2\r\n", ""},
	{"line-port-too-big", "PROXY TCP4 192.0.2.1 198.51.100.1 65536 2\r\n", ""},
	{"line-port-zeros", "PROXY TCP4 192.0.2.1 198.51.100.1 01 2\r\n", ""},
	{"line-port-signed", "PROXY TCP4 192.0.2.1 198.51.100.1 +1 2\r\n", ""},
	{"line-port-missing", "PROXY TCP4 192.0.2.1 198.51.100.1 1\r\n", ""},
	{"line-udp", "PROXY UDP4 192.0.2.1 198.51.100.1 1 2\r\n", ""},

	{"block-four", block(proxied, tcp4, four), "192.0.2.1:32768"},
	{"block-six", block(proxied, tcp6, six), "[2001:db8::1]:32768"},
	{"block-extras", block(proxied, tcp4, four+"\x04\x00\x00\x02\x00\x03abc"), "192.0.2.1:32768"},
	{"block-extra-cut", block(proxied, tcp4, four+"\x02\x00\x04abc"), ""},
	{"block-extra-without-length", block(proxied, tcp4, four+"\x02\x00"), ""},
	{"block-largest", block(proxied, tcp4, four+"\x04\x0f\xf1"+strings.Repeat("x", maxBlock-15)), "192.0.2.1:32768"},
	{"block-too-large", block(proxied, tcp4, four+"\x04\x0f\xf2"+strings.Repeat("x", maxBlock-14)), ""},
	{"block-checksum", summed(four, 0), "192.0.2.1:32768"},
	{"block-checksum-wrong", summed(four, 1), ""},
	{"block-checksum-short", block(proxied, tcp4, four+"\x03\x00\x03abc"), ""},
	{"block-local", block(local, unspecified, ""), "none"},
	{"block-local-with-addresses", block(local, tcp4, four), "none"},
	{"block-local-unknown-family", block(local, 0x77, "x"), "none"},
	{"block-unspecified", block(proxied, unspecified, ""), "none"},
	{"block-unix", block(proxied, unix, strings.Repeat("/", 216)), "none"},
	{"block-too-short", block(proxied, tcp4, four[:11]), ""},
	{"block-udp", block(proxied, 0x12, four), ""},
	{"block-unknown-family", block(proxied, 0x41, four), ""},
	{"block-unknown-command", block(0x22, tcp4, four), ""},
	{"block-version-one", block(0x11, tcp4, four), ""},
	{"block-version-three", block(0x31, tcp4, four), ""},

	{"http", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", ""},
	{"tls", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00\x00\x00\x00\x00", ""},
	{"nearly-a-signature", "\r\n\r\n\x00\r\nQUIT\r" + strings.Repeat("x", 20), ""},
}

func TestHeaders(t *testing.T) {
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			in := strings.NewReader(row.header + "behind")
			got, err := Read(iotest.HalfReader(in))
			switch {
			case row.want == "":
				if !errors.Is(err, ErrForm) {
					t.Errorf("got %v, %v, want it refused", got, err)
				}
				return
			case err != nil:
				t.Fatal(err)
			case row.want == "none":
				if got.IsValid() {
					t.Errorf("names %v", got)
				}
			case got.String() != row.want:
				t.Errorf("got %v, want %v", got, row.want)
			}
			if rest, _ := io.ReadAll(in); string(rest) != "behind" {
				t.Errorf("left %q", rest)
			}
		})
	}
}

// TestHeadersThatEnd cuts each good header everywhere: none is taken for
// whole.
func TestHeadersThatEnd(t *testing.T) {
	cut := 0
	for _, row := range rows {
		if row.want == "" {
			continue
		}
		for n := range len(row.header) {
			cut++
			if got, err := Read(strings.NewReader(row.header[:n])); err != io.ErrUnexpectedEOF {
				t.Fatalf("%s, %d bytes: %v, %v", row.name, n, got, err)
			}
		}
	}
	if cut == 0 {
		t.Error("nothing was cut")
	}
}

func TestReadersError(t *testing.T) {
	broken := errors.New("broken")
	if _, err := Read(io.MultiReader(strings.NewReader("PROXY TCP4 192.0.2.1"), iotest.ErrReader(broken))); err != broken {
		t.Errorf("got %v", err)
	}
}

// FuzzRead holds that nothing beyond a header is taken, that a line is read in
// one way only, and that nothing panics.
func FuzzRead(f *testing.F) {
	for _, row := range rows {
		f.Add([]byte(row.header))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		r := bytes.NewReader(in)
		got, err := Read(r)
		taken := in[:len(in)-r.Len()]
		if len(taken) > 16+maxBlock {
			t.Fatalf("took %d bytes", len(taken))
		}
		if err != nil {
			return
		}
		again, err := Read(bytes.NewReader(taken))
		if err != nil || again != got {
			t.Fatalf("the header alone is read as %v, %v, not %v", again, err, got)
		}
		if !bytes.HasPrefix(taken, []byte("PROXY TCP4")) {
			return
		}
		var dst string
		var port int
		if _, err := fmt.Sscanf(string(taken[len("PROXY TCP4 "):]), got.Addr().String()+" %s "+fmt.Sprint(got.Port())+" %d", &dst, &port); err != nil {
			t.Fatalf("%q is read as %v: %v", taken, got, err)
		}
		if one := fmt.Sprintf("PROXY TCP4 %v %v %d %d\r\n", got.Addr(), netip.MustParseAddr(dst), got.Port(), port); one != string(taken) {
			t.Fatalf("%q is read, and written %q", taken, one)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	for _, name := range []string{"line-four", "block-four"} {
		for _, row := range rows {
			if row.name != name {
				continue
			}
			b.Run(name, func(b *testing.B) {
				r := strings.NewReader("")
				b.ReportAllocs()
				for b.Loop() {
					r.Reset(row.header)
					if _, err := Read(r); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
