package ssrf

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

var plainSchemes = []string{"http", "https"}

// TestForms reads URLs in the forms by which filters are got around.
func TestForms(t *testing.T) {
	rows := []struct {
		name, url string
		bad       issue
		host      string // or the address
	}{
		{"plain", "https://hooks.example.com/a?b#c", fine, "hooks.example.com"},
		{"capital-letters", "HTTPS://Hooks.Example.COM", fine, "hooks.example.com"},
		{"port", "http://example.com:8080/", fine, "example.com"},
		{"root-dot", "http://example.com./", fine, "example.com"},
		{"ipv4", "http://192.0.2.1/", fine, "192.0.2.1"},
		{"ipv6", "http://[2001:db8::1]:80/", fine, "2001:db8::1"},
		{"ipv6-mapped", "http://[::ffff:127.0.0.1]/", fine, "::ffff:127.0.0.1"},
		{"ipv6-zone", "http://[fe80::1%25eth0]/", form, ""},
		{"ipv6-open", "http://[::1/", form, ""},
		{"ipv6-tail", "http://[::1]x/", form, ""},
		{"ip-future", "http://[v1.a]/", form, ""},
		{"path", "/a/b", fine, ""},
		{"path-of-a-file", "img/a.png", fine, ""},
		{"query", "?a=http://b", fine, ""},
		{"network-path", "//example.com/a", fine, "example.com"},
		{"network-path-of-backslashes", `\\example.com\a`, form, ""},
		{"slash-backslash", `/\example.com`, form, ""},
		{"backslash", `\a`, form, ""},
		{"one-slash", "http:/example.com", form, ""},
		{"no-slash", "http:example.com", form, ""},
		{"three-slashes", "http:///example.com", form, ""},
		{"backslashes", `http:\\example.com`, form, ""},
		{"backslash-in-host", `http://good.example\@127.0.0.1/`, form, ""},
		{"backslash-behind-host", `http://good.example\.evil`, form, ""},
		{"user", "http://good.example@127.0.0.1/", form, ""},
		{"user-and-password", "http://a:b@example.com/", form, ""},
		{"user-empty", "http://@example.com/", form, ""},
		{"at-in-path", "http://example.com/@a", fine, "example.com"},
		{"decimal", "http://2130706433/", form, ""},
		{"hexadecimal", "http://0x7f000001/", form, ""},
		{"hexadecimal-parts", "http://0x7f.0.0.1/", form, ""},
		{"octal", "http://0177.0.0.1/", form, ""},
		{"zeros-in-front", "http://127.000.000.001/", form, ""},
		{"short", "http://127.1/", form, ""},
		{"short-three", "http://127.0.1/", form, ""},
		{"one-number", "http://0/", form, ""},
		{"too-many-numbers", "http://127.0.0.0.1/", form, ""},
		{"too-large", "http://127.0.0.256/", form, ""},
		{"name-with-a-number-at-its-end", "http://example.1/", form, ""},
		{"hexadecimal-without-digits", "http://0x/", form, ""},
		{"address-with-root-dot", "http://127.0.0.1./", form, ""},
		{"encoded", "http://127.0.0.%31/", form, ""},
		{"encoded-dot", "http://example%2ecom/", form, ""},
		{"fullwidth-digits", "http://１２７.0.0.1/", form, ""},
		{"fullwidth-dots", "http://127。0。0。1/", form, ""},
		{"enclosed-letters", "http://ⓛocalhost/", form, ""},
		{"foreign", "http://bücher.example.com/", fine, "xn--bcher-kva.example.com"},
		{"two-editions", "http://faß.de/", form, ""},
		{"joiner", "http://a\u200db.example.com/", form, ""},
		{"space-in-front", " http://example.com", form, ""},
		{"tab-within", "ht\ttp://example.com", form, ""},
		{"line-end-within", "http://exa\nmple.com", form, ""},
		{"zero-byte", "http://example.com\x00.evil", form, ""},
		{"file", "file:///etc/passwd", scheme, ""},
		{"gopher", "gopher://example.com:70/_", scheme, ""},
		{"script", "javascript:alert(1)", scheme, ""},
		{"data", "data:text/html,x", scheme, ""},
		{"host-and-port", "localhost:8080/x", fine, "localhost"},
		{"scheme-and-digits", "http:80", form, ""},
		{"address-alone", "127.0.0.1/x", fine, "127.0.0.1"},
		{"address-alone-short", "127.1", form, ""},
		{"address-alone-decimal", "2130706433", form, ""},
		{"a-number", "12345678", fine, ""},
		{"localhost", "localhost", fine, "localhost"},
		{"metadata-alone", "metadata.google.internal/x", fine, "metadata.google.internal"},
		{"mail", "somebody@example.com", fine, ""},
		{"port-of-letters", "http://example.com:a/", form, ""},
		{"port-too-large", "http://example.com:65536/", form, ""},
		{"port-with-a-zero", "http://example.com:080/", form, ""},
		{"two-ports", "http://example.com:80:80/", form, ""},
		{"two-dots", "http://example..com/", form, ""},
		{"dot-in-front", "http://.example.com/", form, ""},
		{"two-hosts", "http://a.example,b.example/", form, ""},
		{"empty-host", "http://:80/", form, ""},
		{"label-too-long", "http://" + strings.Repeat("a", 64) + ".com/", form, ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got, bad := fresh().url([]byte(row.url), plainSchemes, reference)
			where := string(got.host)
			if got.addr.IsValid() {
				where = got.addr.String()
			}
			if bad != row.bad || bad == fine && where != row.host || bad == fine && got.relative != (row.host == "") {
				t.Errorf("issue %d, %q, relative %v; want %d, %q", bad, where, got.relative, row.bad, row.host)
			}
		})
	}
}

// TestBare reads what has no scheme, in fields for URLs alone and in those where
// it may be a path.
func TestBare(t *testing.T) {
	const relative = "relative"
	rows := []struct{ text, address, reference string }{
		{"127.0.0.1.nip.io/x", "127.0.0.1.nip.io", "127.0.0.1.nip.io?"},
		{"169.254.169.254/latest", "169.254.169.254", "169.254.169.254"},
		{"localhost:8080", "localhost", "localhost"},
		{"localhost/x", "localhost", "localhost"},
		{"[::1]/", "::1", "::1"},
		{"//host/", "host", "host"},
		{`\\host\x`, "form", "form"},
		{"0x7f.1", "form", "form"},
		{"127.1/x", "form", "form"},
		{"10.2", "form", "form"},
		{"017700000001", "form", "form"},
		{"127.0.0.256", "form", "form"},
		{"１２７.0.0.1", "form", "form"},
		{"１２７.1", "form", "form"},
		{"ⓛocalhost/x", "form", "form"},
		{"127.0.0.%31/x", "form", "form"},
		{"localhos%74/x", "form", "form"},
		{"evil%2eexample%2ecom", "form", "form"},
		{"a@127.0.0.1", "form", "form"},
		{"@127.0.0.1/x", "form", "form"},
		{"a@evil.example.com/x", "form", "form"},
		{"a%40localhost", "form", "form"},
		{"db.internal/x", "db.internal", "db.internal"},
		{"hooks.example.com/a", "hooks.example.com", "hooks.example.com?"},
		{"xn--bcher-kva.xn--p1ai", "xn--bcher-kva.xn--p1ai", "xn--bcher-kva.xn--p1ai?"},
		{"readme.md", "readme.md", "readme.md?"}, // a country's, too: DNS says which
		// Honest references (RFC 3986 section 4.2).
		{"/a/b", relative, relative},
		{"?page=2", relative, relative},
		{"#top", relative, relative},
		{"redis/x", "redis", relative},
		{"img/a.png", "img", relative},
		{"logo.png", "logo.png", relative},
		{"../a.b/c", "form", relative},
		{"./127.0.0.1", "form", relative},
		{"caf%C3%A9.png", "form", relative},
		{"a%20b.pdf", "form", relative},
		{"icon@2x.png", "form", relative},
		{"@scope/pkg", "form", relative},
		{"somebody@example.com", "form", relative},
		{"v1.2.3", "form", relative},
		{"1.2.3.4.5", "form", relative},
		{"1.2", "form", relative},
		{"2024.1.2", "form", relative},
		{"12345678", "form", relative},
		{"0", "form", relative},
		{"app.v2", "app.v2", relative},
	}
	for _, row := range rows {
		for c, want := range map[class]string{address: row.address, reference: row.reference} {
			got, bad := fresh().url([]byte(row.text), plainSchemes, c)
			where := string(got.host)
			switch {
			case bad == form:
				where = "form"
			case bad != fine:
				where = "issue"
			case got.relative:
				where = relative
			case got.addr.IsValid():
				where = got.addr.String()
			case got.file:
				where += "?"
			}
			if where != want {
				t.Errorf("%q of class %d: %s, want %s", row.text, c, where, want)
			}
		}
	}
}

// TestPublic holds addresses to what package netip knows of them, and to what it
// does not.
func TestPublic(t *testing.T) {
	for _, text := range []string{"1.1.1.1", "93.184.216.34", "8.8.8.8", "172.15.0.1", "172.32.0.1", "100.63.255.255", "100.128.0.1", "2606:2800:220:1:248:1893:25c8:1946", "2a00::1", "64:ff9b::808:808"} {
		if a := netip.MustParseAddr(text); !Public(a) {
			t.Errorf("%s is not public", text)
		}
	}
	for _, text := range []string{"0.0.0.0", "0.1.2.3", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "168.63.129.16", "169.254.169.254", "169.254.170.2", "172.16.0.1",
		"172.31.255.255", "192.0.0.192", "192.168.1.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:8.8.8.8", "::8.8.8.8", "fd00:ec2::254", "fc00::1", "fe80::1", "fec0::1",
		"ff02::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808", "3fff::1", "4000::1", "100::1"} {
		if a := netip.MustParseAddr(text); Public(a) {
			t.Errorf("%s is public", text)
		}
	}
	if Public(netip.Addr{}) || Public(netip.MustParseAddr("fe80::1%eth0")) {
		t.Error("no address, or one of a link, is public")
	}
	// All of IPv4 in steps: nothing that netip calls private is public here.
	for n := uint64(0); n < 1<<32; n += 65521 {
		a := netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
		if Public(a) && (!a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified()) {
			t.Fatalf("%s is public", a)
		}
	}
}

// FuzzURL holds what is let through against another reader of URLs: both must
// see the same host, and no user.
func FuzzURL(f *testing.F) {
	for _, seed := range []string{"127.0.0.1/x", "0x7f.1", "a@10.0.0.1", "http://example.com/a", "//a.b/c", "http://[::1]:80/", `http:\\a`, "http://a@b", "https://bücher.example/", "a/b", "127.0.0.1:80", "HTTP://a.b.:1/?x#y"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, bad := fresh().url([]byte(text), plainSchemes, reference)
		s := fresh()
		if _, looked, is := s.looks([]byte(text), plainSchemes); is && looked == fine && bad == scheme && !strings.Contains(text, "ftp") && !strings.Contains(strings.ToLower(text), "ws") {
			t.Fatalf("%q looks fine, and its scheme is not", text)
		}
		if bad != fine || !strings.Contains(text, "//") || got.relative {
			if bad == fine && got.relative && !strings.ContainsAny(text, ":@") {
				if u, err := url.Parse(text); err == nil && u.Host != "" {
					t.Fatalf("%q is relative, and leads to %q", text, u.Host)
				}
			}
			if u, err := url.Parse("http://" + text); bad == fine && got.relative && err == nil && !strings.HasPrefix(text, "/") { // as many clients do
				if a, err := netip.ParseAddr(u.Hostname()); err == nil && !Public(a.Unmap()) || u.Hostname() == "localhost" {
					t.Fatalf("%q is relative, and may lead to %q", text, u.Host)
				}
			}
			return
		}
		lower := strings.ToLower(text)
		if !strings.HasPrefix(lower, "http://") && !strings.HasPrefix(lower, "https://") && !strings.HasPrefix(lower, "//") {
			return // host:port in front of something
		}
		u, err := url.Parse(text)
		if err != nil {
			return // others refuse it
		}
		if u.User != nil {
			t.Fatalf("%q has a user", text)
		}
		name := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
		for _, c := range name {
			if c >= 0x80 {
				return // IDNA is another matter
			}
		}
		where := string(got.host)
		if got.addr.IsValid() {
			where = got.addr.String()
			if a, err := netip.ParseAddr(name); err != nil || a != got.addr {
				t.Fatalf("%q leads to %s here, to %q elsewhere", text, where, name)
			}
			return
		}
		if where != name {
			t.Fatalf("%q leads to %q here, to %q elsewhere", text, where, name)
		}
	})
}
