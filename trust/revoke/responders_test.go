package revoke_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/trust/revoke"
)

// desk is a responder that answers what it is told to.
type desk struct {
	*httptest.Server
	a      *testdata.Authority
	answer atomic.Pointer[func() (status int, text []byte)]
	asked  atomic.Int64
}

func newDesk(t testing.TB, a *testdata.Authority) *desk {
	t.Helper()
	d := &desk{a: a}
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if q, err := ocsp.ParseRequest(body); err != nil || q.SerialNumber == nil || r.Header.Get("Content-Type") != "application/ocsp-request" {
			t.Errorf("a bad question: %v", err)
		}
		d.asked.Add(1)
		status, text := (*d.answer.Load())()
		w.WriteHeader(status)
		w.Write(text)
	}))
	t.Cleanup(d.Close)
	return d
}

// will makes the desk answer so from now on.
func (d *desk) will(status int, text []byte) {
	f := func() (int, []byte) { return status, text }
	d.answer.Store(&f)
}

// says is an answer of the authority on a certificate.
func says(t testing.TB, a *testdata.Authority, c *x509.Certificate, change func(*ocsp.Response)) []byte {
	t.Helper()
	return signed(t, a.Cert, a.Cert, a.Key, c, change)
}

func signed(t testing.TB, issuer, responder *x509.Certificate, key crypto.Signer, c *x509.Certificate, change func(*ocsp.Response)) []byte {
	t.Helper()
	r := ocsp.Response{Status: ocsp.Good, SerialNumber: c.SerialNumber, ThisUpdate: in(-time.Minute), NextUpdate: in(time.Hour)}
	if responder != issuer {
		r.Certificate = responder
	}
	change(&r)
	text, err := ocsp.CreateResponse(issuer, responder, r, key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func asItIs(*ocsp.Response) {}

func TestResponders(t *testing.T) {
	a, twin := testdata.NewAuthority(t, "a"), testdata.NewAuthority(t, "a")
	c := a.Client(7, in(time.Hour)).Leaf
	other := a.Client(8, in(time.Hour))
	delegate := a.Issue(20, &x509.Certificate{Subject: pkix.Name{CommonName: "desk"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}})
	late := a.Issue(21, &x509.Certificate{Subject: pkix.Name{CommonName: "desk"}, NotAfter: in(-time.Minute), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}})
	foreign := twin.Issue(20, &x509.Certificate{Subject: pkix.Name{CommonName: "desk"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}})
	good := says(t, a, c, asItIs)
	for _, row := range []struct {
		name   string
		status int
		text   []byte
		want   revoke.Status
	}{
		{"good", 200, good, revoke.Good},
		{"revoked", 200, says(t, a, c, func(r *ocsp.Response) { r.Status, r.RevokedAt = ocsp.Revoked, in(-time.Hour) }), revoke.Revoked},
		{"not-known-to-the-authority", 200, says(t, a, c, func(r *ocsp.Response) { r.Status = ocsp.Unknown }), revoke.Revoked},
		{"of-another-certificate", 200, says(t, a, other.Leaf, asItIs), revoke.Unknown},
		{"of-another-authority", 200, says(t, twin, c, asItIs), revoke.Unknown},
		{"by-a-delegate", 200, signed(t, a.Cert, delegate.Leaf, delegate.PrivateKey.(crypto.Signer), c, asItIs), revoke.Good},
		{"by-a-client", 200, signed(t, a.Cert, other.Leaf, other.PrivateKey.(crypto.Signer), c, asItIs), revoke.Unknown},
		{"by-a-delegate-out-of-date", 200, signed(t, a.Cert, late.Leaf, late.PrivateKey.(crypto.Signer), c, asItIs), revoke.Unknown},
		{"by-a-foreign-delegate", 200, signed(t, a.Cert, foreign.Leaf, foreign.PrivateKey.(crypto.Signer), c, asItIs), revoke.Unknown},
		{"ended", 200, says(t, a, c, func(r *ocsp.Response) { r.ThisUpdate, r.NextUpdate = in(-time.Hour), in(-time.Minute) }), revoke.Unknown},
		{"without-end", 200, says(t, a, c, func(r *ocsp.Response) { r.NextUpdate = time.Time{} }), revoke.Good},
		{"without-end-and-old", 200, says(t, a, c, func(r *ocsp.Response) { r.ThisUpdate, r.NextUpdate = in(-2*time.Hour), time.Time{} }), revoke.Unknown},
		{"of-the-future", 200, says(t, a, c, func(r *ocsp.Response) { r.ThisUpdate, r.NextUpdate = in(time.Hour), in(2*time.Hour) }), revoke.Unknown},
		{"error", 200, ocsp.TryLaterErrorResponse, revoke.Unknown},
		{"status", 500, good, revoke.Unknown},
		{"redirect", 302, good, revoke.Unknown},
		{"nothing", 200, nil, revoke.Unknown},
		{"nonsense", 200, []byte("nonsense"), revoke.Unknown},
		{"more-behind", 200, append(bytes.Clone(good), 0), revoke.Unknown},
		{"too-large", 200, append(bytes.Clone(good), make([]byte, 64<<10)...), revoke.Unknown},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := newDesk(t, a)
			d.will(row.status, row.text)
			var log testdata.Buffer
			r := revoke.NewResponders(revoke.Options{URL: d.URL, Log: slog.New(slog.NewTextHandler(&log, nil))})
			defer r.Close()
			if got := r.Wait(c, a.Cert, 10*time.Second); got != row.want {
				t.Errorf("%v, want %v (%s)", got, row.want, log.String())
			}
			if said := strings.Contains(log.String(), "responder"); said != (row.want == revoke.Unknown) {
				t.Errorf("said: %s", log.String())
			}
			r.Wait(c, a.Cert, 10*time.Second) // also after a failure nobody waits again
			if n := d.asked.Load(); n != 1 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

// TestAnswersAreKept wants one question for many calls, and none on the way of
// a call.
func TestAnswersAreKept(t *testing.T) {
	a := testdata.NewAuthority(t, "a")
	c := a.Client(7, in(time.Hour)).Leaf
	d := newDesk(t, a)
	d.will(200, says(t, a, c, asItIs))
	r := revoke.NewResponders(revoke.Options{URL: d.URL})
	defer r.Close()
	if got := r.Status(c, a.Cert, time.Now()); got != revoke.Unknown {
		t.Errorf("before anybody was asked: %v", got)
	}
	if got := r.Wait(c, a.Cert, 10*time.Second); got != revoke.Good {
		t.Fatal(got)
	}
	now := time.Now()
	if n := testing.AllocsPerRun(100, func() { r.Status(c, a.Cert, now) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if n := d.asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
	// An old answer holds while it is asked for again; an ended one does not.
	d.will(200, says(t, a, c, func(r *ocsp.Response) { r.Status, r.RevokedAt = ocsp.Revoked, in(-time.Minute) }))
	if got := r.Status(c, a.Cert, now.Add(11*time.Minute)); got == revoke.Unknown { // the new one may be there already
		t.Errorf("an old answer: %v", got)
	}
	for limit := time.Now().Add(10 * time.Second); r.Status(c, a.Cert, now) != revoke.Revoked; time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("an old answer was not asked for again")
		}
	}
	if got := r.Status(c, a.Cert, now.Add(200*time.Hour)); got != revoke.Revoked {
		t.Errorf("what was taken back is %v after the answer's end", got)
	}
}

func TestAnswersEnd(t *testing.T) {
	a := testdata.NewAuthority(t, "a")
	c := a.Client(7, in(time.Hour)).Leaf
	d := newDesk(t, a)
	d.will(200, says(t, a, c, asItIs))
	r := revoke.NewResponders(revoke.Options{URL: d.URL})
	r.Wait(c, a.Cert, 10*time.Second)
	r.Close()
	for after, want := range map[time.Duration]revoke.Status{59 * time.Minute: revoke.Good, 61 * time.Minute: revoke.Unknown} {
		if got := r.Status(c, a.Cert, in(after)); got != want {
			t.Errorf("after %v: %v", after, got)
		}
	}
}

// TestAnswersAreBounded asks for more certificates than there is room for.
func TestAnswersAreBounded(t *testing.T) {
	a := testdata.NewAuthority(t, "a")
	d := newDesk(t, a)
	d.will(500, nil)
	r := revoke.NewResponders(revoke.Options{URL: d.URL})
	defer r.Close()
	c := *a.Client(7, in(time.Hour)).Leaf
	for i := range 3 * revoke.Most {
		one := c
		one.SerialNumber = big.NewInt(int64(i))
		r.Status(&one, a.Cert, time.Now())
	}
	if n := r.Kept(); n > revoke.Most || n < revoke.Most/2 {
		t.Errorf("%d answers are kept", n)
	}
}

// TestDeadResponder lets no handshake wait for long, and no call at all.
func TestDeadResponder(t *testing.T) {
	a := testdata.NewAuthority(t, "a")
	c := a.Client(7, in(time.Hour)).Leaf
	d := newDesk(t, a)
	hold := make(chan struct{})
	f := func() (int, []byte) { <-hold; return 500, nil }
	d.answer.Store(&f)
	r := revoke.NewResponders(revoke.Options{URL: d.URL})
	if got := r.Wait(c, a.Cert, time.Millisecond); got != revoke.Unknown {
		t.Error(got)
	}
	done := make(chan struct{})
	go func() { r.Close(); close(done) }() // does not wait for the responder
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Error("Close waits for a responder")
	}
	close(hold)
}

// TestWhomToAsk looks at the certificate where the operator names nobody.
func TestWhomToAsk(t *testing.T) {
	a := testdata.NewAuthority(t, "a")
	d := newDesk(t, a)
	for _, row := range []struct {
		name  string
		named []string
		want  revoke.Status
	}{
		{"nobody", nil, revoke.Unknown},
		{"its-own", []string{d.URL}, revoke.Good},
		{"behind-others", []string{"ldap://a.test", "file:///etc/passwd", "http://u:p@a.test", ":", d.URL}, revoke.Good},
		{"none-to-reach", []string{"file:///etc/passwd"}, revoke.Unknown},
	} {
		c := a.Issue(7, &x509.Certificate{OCSPServer: row.named}).Leaf
		d.will(200, says(t, a, c, asItIs))
		r := revoke.NewResponders(revoke.Options{})
		if got := r.Wait(c, a.Cert, 10*time.Second); got != row.want {
			t.Errorf("%s: %v", row.name, got)
		}
		r.Close()
	}
}

// TestOpenSSLAnswers asks a responder of another make.
func TestOpenSSLAnswers(t *testing.T) {
	a := testdata.NewAuthority(t, "a")
	dir := t.TempDir()
	file := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	ca, key := file("ca.pem", a.PEM), file("ca.key", a.KeyPEM())
	index := file("index.txt", fmt.Appendf(nil, "V\t301231235959Z\t\t07\tunknown\t/CN=client\nR\t301231235959Z\t200101000000Z\t08\tunknown\t/CN=client\n"))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		question, _ := io.ReadAll(r.Body)
		out := filepath.Join(dir, "answer")
		cmd := exec.Command("openssl", "ocsp", "-index", index, "-CA", ca, "-rsigner", ca, "-rkey", key, "-reqin", file("question", question), "-respout", out, "-ndays", "1")
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, said)
		}
		text, _ := os.ReadFile(out)
		w.Write(text)
	}))
	defer s.Close()
	r := revoke.NewResponders(revoke.Options{URL: s.URL})
	defer r.Close()
	for number, want := range map[int64]revoke.Status{7: revoke.Good, 8: revoke.Revoked, 9: revoke.Revoked} {
		if got := r.Wait(a.Client(number, in(time.Hour)).Leaf, a.Cert, 20*time.Second); got != want {
			t.Errorf("certificate %d is %v, want %v", number, got, want)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	a := testdata.NewAuthority(f, "a")
	c := a.Client(7, in(time.Hour)).Leaf
	f.Add(says(f, a, c, func(r *ocsp.Response) { r.Status, r.RevokedAt = ocsp.Revoked, in(-time.Hour) }))
	f.Add(says(f, a, a.Client(8, in(time.Hour)).Leaf, asItIs))
	f.Fuzz(func(t *testing.T, text []byte) {
		if s, _, err := revoke.Judge(text, c, a.Cert, time.Now()); s == revoke.Good || (s == revoke.Unknown) != (err != nil) {
			t.Error("nobody has said that it is good: ", s, err)
		}
	})
}
