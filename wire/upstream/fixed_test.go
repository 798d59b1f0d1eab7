package upstream

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/trust"
)

var (
	late  = time.Now().Add(time.Hour)
	quiet = log.New(io.Discard, "", 0)
)

func pemOf(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

const planted = "s3cr3t-that-nobody-sees"

func field(name, value string) Field { return Field{name, trust.NewSecret(value)} }

func TestFixedFieldsAreRefused(t *testing.T) {
	target := &url.URL{Scheme: "http", Host: "api.test"}
	for _, row := range []struct {
		name   string
		fields []Field
		want   string
	}{
		{"good", []Field{field("X-Api-Key", planted), field("Authorization", "Bearer "+planted)}, ""},
		{"no-name", []Field{field("", planted)}, "name"},
		{"no-token", []Field{field("X Key", planted)}, "name"},
		{"a-line-in-the-name", []Field{field("X\r\nY", planted)}, "name"},
		{"no-value", []Field{field("X-Key", "")}, "X-Key has no value"},
		{"unset", []Field{{Name: "X-Key"}}, "X-Key has no value"},
		{"a-line-end", []Field{field("X-Key", planted+"\n")}, "X-Key"},
		{"a-second-field", []Field{field("X-Key", planted+"\r\nHost: evil")}, "X-Key"},
		{"a-nul", []Field{field("X-Key", planted+"\x00")}, "X-Key"},
		{"white-space", []Field{field("X-Key", " "+planted)}, "X-Key"},
		{"host", []Field{field("host", planted)}, "writes the field host itself"},
		{"length", []Field{field("Content-Length", planted)}, "writes the field Content-Length itself"},
		{"another-spelling", []Field{field("Content_Length", planted)}, "writes the field Content_Length itself"},
		{"hop-by-hop", []Field{field("Connection", planted)}, "writes the field Connection itself"},
		{"forwarded", []Field{field("X-Forwarded-For", planted)}, "writes the field X-Forwarded-For itself"},
		{"twice", []Field{field("X-Key", planted), field("x_key", planted)}, "x_key stands twice"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := New(target, Options{Fields: row.fields})
			switch {
			case row.want == "" && err != nil, row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)):
				t.Errorf("%v, want %q", err, row.want)
			case err != nil && strings.Contains(err.Error(), planted):
				t.Errorf("the error shows the value: %v", err)
			}
		})
	}
}

// TestFixedFieldsReplace also holds that no printing shows them, nor any error
// of an API that cannot be reached.
func TestFixedFieldsReplace(t *testing.T) {
	seen := make(chan http.Header, 1)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen <- r.Header }))
	target, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	u, err := New(target, Options{Fields: []Field{field("x-api-key", planted), field("User-Agent", "gate")}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(u.Close)
	exchange := func() *gate.Exchange {
		x := &gate.Exchange{Method: []byte("GET"), OutTarget: []byte("/"), Host: []byte("api.test"), Version: "HTTP/1.1"}
		for _, name := range []string{"X-API-Key", "x-api-key", "X_Api_Key", "User-Agent"} {
			x.Fields = append(x.Fields, gate.Field{Name: []byte(name), Value: []byte("client")})
		}
		x.OutFields = append(x.OutFields, gate.Field{Name: []byte("X-Api-Key"), Value: []byte("guard")}, gate.Field{Name: []byte("X-Other"), Value: []byte("guard")})
		return x
	}
	for range 2 {
		x := exchange()
		if err := u.Send(context.Background(), x); err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, x.Answer.Body)
		x.Answer.Body.Close()
		got := <-seen
		if got.Get("X-Api-Key") != planted || len(got["X-Api-Key"]) != 1 || got.Get("User-Agent") != "gate" || got.Get("X-Other") != "guard" || got["X_api_key"] != nil {
			t.Errorf("the API got %v", got)
		}
	}
	s.Close()
	err = u.Send(context.Background(), exchange())
	if err == nil {
		t.Fatal("an API that is gone answered")
	}
	for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%v %+v %#v", u, u, u), fmt.Sprintf("%+v", u.fixed)} {
		if strings.Contains(text, planted) {
			t.Errorf("it is shown: %s", text)
		}
	}
}

func TestReadRoots(t *testing.T) {
	cert, key, err := testdata.Certificate("a", 1, late)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name, text, want string
	}{
		{"one", string(cert), ""},
		{"two-with-words-between", string(cert) + "# the old one\n" + string(cert), ""},
		{"none", "", "no certificate"},
		{"no-pem", "words", "no certificate"},
		{"a-key", string(key), "PRIVATE KEY"},
		{"a-key-behind", string(cert) + string(key), "block 2 is a PRIVATE KEY"},
		{"nonsense", "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n", "certificate 1 cannot be read"},
	} {
		t.Run(row.name, func(t *testing.T) {
			pool, err := ReadRoots([]byte(row.text))
			if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) || (pool == nil) != (err != nil) {
				t.Errorf("%v, want %q", err, row.want)
			}
		})
	}
}

// TestRoots trusts the authorities that are given and no others.
func TestRoots(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ErrorLog = quiet
	s.StartTLS()
	t.Cleanup(s.Close)
	target, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name  string
		roots []byte
		good  bool
	}{{"its-own", pemOf(s.Certificate()), true}, {"another", func() []byte { c, _, _ := testdata.Certificate("b", 2, late); return c }(), false}} {
		t.Run(row.name, func(t *testing.T) {
			roots, err := ReadRoots(row.roots)
			if err != nil {
				t.Fatal(err)
			}
			u, err := New(target, Options{Roots: roots})
			if err != nil {
				t.Fatal(err)
			}
			defer u.Close()
			x := &gate.Exchange{Method: []byte("GET"), OutTarget: []byte("/"), Host: []byte("api.test"), Version: "HTTP/1.1"}
			err = u.Send(context.Background(), x)
			if (err == nil) != row.good {
				t.Errorf("%v", err)
			}
			if err == nil {
				x.Answer.Body.Close()
			}
		})
	}
}
