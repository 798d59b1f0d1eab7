package revoke_test

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/trust/revoke"
)

func in(d time.Duration) time.Time { return time.Now().Add(d) }

func TestLists(t *testing.T) {
	a, b := testdata.NewAuthority(t, "a"), testdata.NewAuthority(t, "b")
	twin := testdata.NewAuthority(t, "a") // of the same name
	block, _ := pem.Decode(a.List(in(time.Hour), 7))
	later := a.Sign(&x509.RevocationList{Number: big.NewInt(2), ThisUpdate: in(-time.Minute), NextUpdate: in(time.Hour),
		RevokedCertificateEntries: []x509.RevocationListEntry{{SerialNumber: big.NewInt(8), RevocationTime: in(-time.Minute)}}})
	for _, row := range []struct {
		name string
		text []byte
		want map[int64]revoke.Status // of a
	}{
		{"one", a.List(in(time.Hour), 7), map[int64]revoke.Status{7: revoke.Revoked, 8: revoke.Good}},
		{"der", block.Bytes, map[int64]revoke.Status{7: revoke.Revoked, 8: revoke.Good}},
		{"empty", a.List(in(time.Hour)), map[int64]revoke.Status{7: revoke.Good}},
		{"of-another", b.List(in(time.Hour), 7), map[int64]revoke.Status{7: revoke.Unknown}},
		{"two", append(b.List(in(time.Hour), 8), a.List(in(time.Hour), 7)...), map[int64]revoke.Status{7: revoke.Revoked, 8: revoke.Good}},
		{"by-a-clock-that-is-ahead", a.Sign(&x509.RevocationList{Number: big.NewInt(3), ThisUpdate: in(time.Minute), NextUpdate: in(time.Hour),
			RevokedCertificateEntries: []x509.RevocationListEntry{{SerialNumber: big.NewInt(7), RevocationTime: in(time.Minute)}}}), map[int64]revoke.Status{7: revoke.Revoked, 8: revoke.Good}},
		{"the-later-counts", append(later, a.List(in(time.Hour), 7)...), map[int64]revoke.Status{7: revoke.Good, 8: revoke.Revoked}},
	} {
		l, err := revoke.ReadLists(row.text, []*x509.Certificate{b.Cert, twin.Cert, a.Cert}, time.Now())
		if err != nil {
			t.Errorf("%s: %v", row.name, err)
			continue
		}
		for serial, want := range row.want {
			c := a.Client(serial, in(time.Hour)).Leaf
			if got := l.Status(c, a.Cert, time.Now()); got != want {
				t.Errorf("%s: certificate %d is %v, want %v", row.name, serial, got, want)
			}
			if got := l.Status(c, twin.Cert, time.Now()); got != revoke.Unknown {
				t.Errorf("%s: certificate %d of an authority with the same name is %v", row.name, serial, got)
			}
			if want == revoke.Good {
				want = revoke.Unknown
			}
			if got := l.Status(c, a.Cert, in(2*time.Hour)); got != want {
				t.Errorf("%s: after the end certificate %d is %v, want %v", row.name, serial, got, want)
			}
			if n := testing.AllocsPerRun(10, func() { l.Status(c, a.Cert, l.Ends()) }); n != 0 {
				t.Errorf("%s: %v allocations", row.name, n)
			}
		}
		if l.Covers(a.Cert) != (row.name != "of-another") || l.Covers(twin.Cert) {
			t.Errorf("%s: covers a %v, the other one %v", row.name, l.Covers(a.Cert), l.Covers(twin.Cert))
		}
		if ends := time.Until(l.Ends()); ends <= 0 || ends > time.Hour {
			t.Errorf("%s: ends in %v", row.name, ends)
		}
	}
}

// critical is an extension that nobody may pass over.
var critical = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 28}, Critical: true, Value: []byte{0x30, 0x03, 0x81, 0x01, 0xff}}}

func TestBadLists(t *testing.T) {
	a, twin := testdata.NewAuthority(t, "a"), testdata.NewAuthority(t, "a")
	entry := x509.RevocationListEntry{SerialNumber: big.NewInt(7), RevocationTime: in(-time.Hour)}
	strange := entry
	strange.ExtraExtensions = critical
	long := entry
	long.SerialNumber = new(big.Int).Lsh(big.NewInt(1), 161)
	list := func(change func(*x509.RevocationList)) []byte {
		l := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: in(-time.Hour), NextUpdate: in(time.Hour), RevokedCertificateEntries: []x509.RevocationListEntry{entry}}
		change(l)
		return a.Sign(l)
	}
	changed := func(text []byte) []byte {
		block, _ := pem.Decode(text)
		i := bytes.Index(block.Bytes, []byte{2, 1, 7}) // the number 7
		if i < 0 {
			t.Fatal("the list does not hold its certificate")
		}
		block.Bytes[i+2] = 9
		return pem.EncodeToMemory(block)
	}
	for _, row := range []struct {
		name, want string
		text       []byte
	}{
		{"nothing", "cannot be read", nil},
		{"nonsense", "cannot be read", []byte("nonsense")},
		{"nonsense-in-pem", "cannot be read", pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: []byte("nonsense")})},
		{"a-certificate", "no revocation list", a.PEM},
		{"of-nobody", "none of the authorities", twin.List(in(time.Hour))},
		{"changed", "none of the authorities", changed(list(func(*x509.RevocationList) {}))},
		{"one-good-one-not", "none of the authorities", append(list(func(*x509.RevocationList) {}), twin.List(in(time.Hour))...)},
		{"ended", "ended on", a.List(in(-time.Minute))},
		{"not-yet", "holds from", list(func(l *x509.RevocationList) { l.ThisUpdate, l.NextUpdate = in(time.Hour), in(2*time.Hour) })},
		{"a-part", "critical", list(func(l *x509.RevocationList) { l.ExtraExtensions = critical })},
		{"of-others-certificates", "critical", list(func(l *x509.RevocationList) { l.RevokedCertificateEntries[0] = strange })},
		{"no-such-number", "number", list(func(l *x509.RevocationList) { l.RevokedCertificateEntries[0] = long })},
	} {
		l, err := revoke.ReadLists(row.text, []*x509.Certificate{a.Cert}, time.Now())
		if err == nil || l != nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q", row.name, err, row.want)
		}
	}
}

func FuzzReadLists(f *testing.F) {
	a := testdata.NewAuthority(f, "a")
	text := a.List(in(time.Hour), 7, 8)
	block, _ := pem.Decode(text)
	f.Add(text)
	f.Add(block.Bytes)
	f.Add(append(a.PEM, text...))
	c := a.Client(7, in(time.Hour)).Leaf
	f.Fuzz(func(t *testing.T, text []byte) {
		l, err := revoke.ReadLists(text, []*x509.Certificate{a.Cert}, time.Now())
		if (l == nil) != (err != nil) {
			t.Fatal(l, err)
		}
		// Whatever was changed, nothing that the authority signed says less.
		if err == nil && l.Covers(a.Cert) && l.Status(c, a.Cert, time.Now()) != revoke.Revoked {
			t.Error("a certificate that was taken back is good")
		}
	})
}
