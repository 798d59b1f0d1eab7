package ja4

import (
	"crypto/tls"
	"strconv"
	"strings"
	"testing"
)

// numbers reads what the specification writes: "1301,c02b".
func numbers(t testing.TB, text string) (out []uint16) {
	for word := range strings.SplitSeq(text, ",") {
		n, err := strconv.ParseUint(word, 16, 16)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, uint16(n))
	}
	return out
}

func schemes(t testing.TB, text string) (out []tls.SignatureScheme) {
	for _, n := range numbers(t, text) {
		out = append(out, tls.SignatureScheme(n))
	}
	return out
}

// example is the one that the specification works through (JA4.md, Example),
// with the values that mean nothing which a browser puts in.
func example(t testing.TB) *tls.ClientHelloInfo {
	return &tls.ClientHelloInfo{
		SupportedVersions: []uint16{0xeaea, tls.VersionTLS13, tls.VersionTLS12},
		CipherSuites:      numbers(t, "8a8a,1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035"),
		Extensions:        numbers(t, "5a5a,001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,0015,4a4a"),
		SignatureSchemes:  schemes(t, "0403,0804,0401,0503,0805,0501,0806,0601"),
		SupportedProtos:   []string{"h2", "http/1.1"},
	}
}

// TestSpecification holds the fingerprint to the values that the specification
// has worked out.
func TestSpecification(t *testing.T) {
	rows := []struct {
		name, want string
		change     func(h *tls.ClientHelloInfo)
	}{
		{"example", "t13d1516h2_8daaf6152771_e5627efa2ab1", func(*tls.ClientHelloInfo) {}},
		{"order-does-not-matter", "t13d1516h2_8daaf6152771_e5627efa2ab1", func(h *tls.ClientHelloInfo) {
			h.Extensions = append(h.Extensions[4:len(h.Extensions):len(h.Extensions)], h.Extensions[:4]...)
		}},
		{"grease-in-signatures", "t13d1516h2_8daaf6152771_e5627efa2ab1", func(h *tls.ClientHelloInfo) { h.SignatureSchemes = append(h.SignatureSchemes, 0x2a2a) }},
		{"without-signatures", "t13d1516h2_8daaf6152771_6d807ffa2a79", func(h *tls.ClientHelloInfo) { h.SignatureSchemes = nil }},
		{"without-ciphers", "t13d0016h2_000000000000_e5627efa2ab1", func(h *tls.ClientHelloInfo) { h.CipherSuites = nil }},
		{"without-extensions", "t12i150000_8daaf6152771_000000000000", func(h *tls.ClientHelloInfo) {
			h.Extensions, h.SignatureSchemes, h.SupportedProtos, h.SupportedVersions = nil, nil, nil, []uint16{tls.VersionTLS12}
		}},
		{"http1", "t13d1516h1_8daaf6152771_e5627efa2ab1", func(h *tls.ClientHelloInfo) { h.SupportedProtos = []string{"http/1.1"} }},
		{"one-byte", "t13d1516xx_8daaf6152771_e5627efa2ab1", func(h *tls.ClientHelloInfo) { h.SupportedProtos = []string{"x"} }},
		{"ab", "t13d1516ab_8daaf6152771_e5627efa2ab1", func(h *tls.ClientHelloInfo) { h.SupportedProtos = []string{"\xab"} }},
		{"ab-cd", "t13d1516ad_8daaf6152771_e5627efa2ab1", func(h *tls.ClientHelloInfo) { h.SupportedProtos = []string{"\xab\xcd"} }},
		{"0-ab", "t13d15163b_8daaf6152771_e5627efa2ab1", func(h *tls.ClientHelloInfo) { h.SupportedProtos = []string{"0\xab"} }},
		{"01-ab-cd", "t13d15163d_8daaf6152771_e5627efa2ab1", func(h *tls.ClientHelloInfo) { h.SupportedProtos = []string{"01\xab\xcd"} }},
		{"inside", "t13d151601_8daaf6152771_e5627efa2ab1", func(h *tls.ClientHelloInfo) { h.SupportedProtos = []string{"0\xab\xcd1"} }},
		{"many", "t13d9916h2", func(h *tls.ClientHelloInfo) { h.CipherSuites = make([]uint16, 300) }},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			h := example(t)
			row.change(h)
			if got := Of(h); !strings.HasPrefix(got.JA4, row.want) || len(got.JA4) != 36 {
				t.Errorf("%s, want %s", got.JA4, row.want)
			}
		})
	}
}

// TestPrograms tells hellos of programs apart, as they were seen.
func TestPrograms(t *testing.T) {
	chromium := Of(example(t))
	if !chromium.Grease || !chromium.HTTP2 || chromium.EncryptThenMAC || chromium.RecordSizeLimit {
		t.Errorf("Chromium: %+v", chromium)
	}
	firefox := Of(&tls.ClientHelloInfo{ // 153
		SupportedVersions: []uint16{tls.VersionTLS13, tls.VersionTLS12}, SupportedProtos: []string{"h2", "http/1.1"},
		CipherSuites: numbers(t, "1301,1303,1302,c02b,c02f,cca9,cca8,c02c,c030,c00a,c013,c014,009c,009d,002f,0035"),
		Extensions:   numbers(t, "0000,0017,ff01,000a,000b,0023,0010,0005,0022,0012,0033,002b,000d,002d,001c,001b,fe0d"),
	})
	if firefox.Grease || !firefox.HTTP2 || firefox.EncryptThenMAC || !firefox.RecordSizeLimit {
		t.Errorf("Firefox: %+v", firefox)
	}
	curl := Of(&tls.ClientHelloInfo{ // 7.88 with OpenSSL 3
		SupportedVersions: []uint16{tls.VersionTLS13, tls.VersionTLS12, tls.VersionTLS11, tls.VersionTLS10}, SupportedProtos: []string{"h2", "http/1.1"},
		CipherSuites: numbers(t, "1302,1303,1301,c02c,c030,009f,00ff"),
		Extensions:   numbers(t, "0000,000b,000a,0010,0016,0017,0031,000d,002b,002d,0033,0015"),
	})
	if curl.Grease || !curl.HTTP2 || !curl.EncryptThenMAC || curl.RecordSizeLimit {
		t.Errorf("curl: %+v", curl)
	}
}

// FuzzOf makes 36 characters of whatever a client offers.
func FuzzOf(f *testing.F) {
	f.Add([]byte{0x13, 1, 0xa, 0xa}, []byte{0, 0, 0, 16, 0x1a, 0x1a}, "h2")
	f.Add([]byte{}, []byte{}, "\xff")
	f.Fuzz(func(t *testing.T, suites, extensions []byte, protocol string) {
		h := &tls.ClientHelloInfo{SupportedProtos: []string{protocol}}
		for i := 0; i+1 < len(suites); i += 2 {
			h.CipherSuites = append(h.CipherSuites, uint16(suites[i])<<8|uint16(suites[i+1]))
		}
		for i := 0; i+1 < len(extensions); i += 2 {
			h.Extensions = append(h.Extensions, uint16(extensions[i])<<8|uint16(extensions[i+1]))
		}
		got := Of(h).JA4
		if len(got) != 36 || got[10] != '_' || got[23] != '_' {
			t.Errorf("%q", got)
		}
	})
}

// BenchmarkOf makes the fingerprint of one connection.
func BenchmarkOf(b *testing.B) {
	h := example(b)
	b.ReportAllocs()
	for b.Loop() {
		Of(h)
	}
}
