package introspection_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/binding"
	"github.com/gatehouse-api/gatehouse/guard/authn/introspection"
)

const issuer = "https://id.example.com"

var now = time.Now().Truncate(time.Second)

// server answers with what say returns.
type server struct {
	*httptest.Server
	asked atomic.Int64
	say   atomic.Pointer[func(w http.ResponseWriter, r *http.Request)]
}

func newServer(t testing.TB) *server {
	s := &server{}
	s.says(`{"active":false}`)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		r.ParseForm() // a body that is not read hides that the client has gone
		(*s.say.Load())(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) does(f func(w http.ResponseWriter, r *http.Request)) { s.say.Store(&f) }

func (s *server) says(text string) {
	s.does(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, text)
	})
}

func binder(t testing.TB) *binding.Binder {
	t.Helper()
	b, err := binding.New(binding.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func verifier(t testing.TB, url string, change func(*introspection.Options)) *introspection.Verifier {
	t.Helper()
	o := introspection.Options{Name: "opaque", URL: url, ClientID: "gate", ClientSecret: "s3cret", Issuer: issuer, Binder: binder(t), Timeout: 2 * time.Second}
	if change != nil {
		change(&o)
	}
	v, err := introspection.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return v
}

func exchange(at time.Time) *gate.Exchange {
	return &gate.Exchange{Context: context.Background(), Received: at, Peer: netip.MustParseAddrPort("192.0.2.7:5000"), Client: netip.MustParseAddr("192.0.2.7"),
		Fields: []gate.Field{{Name: []byte("Authorization"), Value: []byte("Bearer token")}}}
}

func verify(v *introspection.Verifier, at time.Time) (*gate.Principal, gate.Code) {
	p, r := v.Verify(exchange(at), &gate.Use{}, []byte("token"))
	if (p == nil) == (r == nil) {
		panic("not exactly one of caller and refusal")
	}
	if r != nil {
		return nil, r.Code
	}
	return p, gate.Undecided
}

func TestCaller(t *testing.T) {
	s := newServer(t)
	s.says(fmt.Sprintf(`{"active":true,"scope":"write read write","client_id":"app","sub":"alice","iss":"%s","aud":["shop","other"],"exp":%d,"iat":%d,
		"jti":"1","sid":"s","acr":"high","amr":["pwd","otp"],"auth_time":%d,"realm":{"roles":["b","a",3]},"org":"acme","level":3,"part":1.5,"null":null,"token_type":"Bearer"}`,
		issuer, now.Add(time.Hour).Unix(), now.Unix(), now.Unix()))
	v := verifier(t, s.URL, func(o *introspection.Options) {
		o.Roles, o.Tenant, o.Attributes = "realm.roles", "org", []string{"level", "part", "null", "realm"}
	})
	p, c := verify(v, now)
	if p == nil {
		t.Fatal(c)
	}
	if p.ID != issuer+"|alice" || p.Subject != "alice" || p.Client != "app" || p.Kind != gate.Person || strings.Join(p.Scopes, " ") != "read write" ||
		strings.Join(p.Roles, " ") != "a b" || p.Tenant != "acme" || p.Serial != "1" || p.Session != "s" || p.ACR != "high" || len(p.AMR) != 2 ||
		!p.Expires.Equal(now.Add(time.Hour)) || !p.AuthTime.Equal(now) || p.Credential != "opaque" {
		t.Errorf("%+v", p.ID)
	}
	if a := p.Attributes; a["level"] != int64(3) || a["part"] != 1.5 || a["sub"] != nil || len(a) != 3 {
		t.Errorf("%+v", a)
	}
}

func TestQuestion(t *testing.T) {
	s := newServer(t)
	s.does(func(w http.ResponseWriter, r *http.Request) {
		id, secret, _ := r.BasicAuth()
		body := r.PostForm.Encode()
		if id != "gate%3A1" || secret != "s%3Acret" || body != "token=token&token_type_hint=access_token" || r.Method != "POST" {
			t.Errorf("%s %s %s %s", r.Method, id, secret, body)
		}
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		io.WriteString(w, `{"active":true,"client_id":"app"}`)
	})
	p, c := verify(verifier(t, s.URL, func(o *introspection.Options) { o.ClientID, o.ClientSecret = "gate:1", "s:cret" }), now)
	if p == nil || p.Kind != gate.Program || p.Subject != "app" {
		t.Error(c, p)
	}
}

// TestHostileAnswers lets none of these pass: 401 where the server says that
// the token is not good, 503 where what it says does not hold.
func TestHostileAnswers(t *testing.T) {
	hash := "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
	for _, row := range []struct {
		name, says string
		want       gate.Code
	}{
		{"good", `{"active":true,"sub":"a"}`, gate.Undecided},
		{"not-active", `{"active":false}`, gate.CredentialInvalid},
		{"not-active-with-claims", `{"active":false,"sub":"a","exp":9999999999}`, gate.CredentialInvalid},
		{"active-missing", `{"sub":"a"}`, gate.CredentialUnverified},
		{"active-text", `{"active":"true","sub":"a"}`, gate.CredentialUnverified},
		{"active-number", `{"active":1,"sub":"a"}`, gate.CredentialUnverified},
		{"active-null", `{"active":null,"sub":"a"}`, gate.CredentialUnverified},
		{"active-twice", `{"active":false,"active":true,"sub":"a"}`, gate.CredentialUnverified},
		{"active-in-capitals", `{"ACTIVE":true,"sub":"a"}`, gate.CredentialUnverified},
		{"list", `[{"active":true,"sub":"a"}]`, gate.CredentialUnverified},
		{"two-values", `{"active":true,"sub":"a"}{}`, gate.CredentialUnverified},
		{"empty", ``, gate.CredentialUnverified},
		{"not-utf8", "{\"active\":true,\"sub\":\"\xff\"}", gate.CredentialUnverified},
		{"nobody", `{"active":true}`, gate.CredentialUnverified},
		{"subject-number", `{"active":true,"sub":1}`, gate.CredentialUnverified},
		{"other-issuer", `{"active":true,"sub":"a","iss":"https://evil.example"}`, gate.CredentialUnverified},
		{"issuer-with-slash", `{"active":true,"sub":"a","iss":"` + issuer + `/"}`, gate.CredentialUnverified},
		{"expired", `{"active":true,"sub":"a","exp":1}`, gate.CredentialExpired},
		{"expires-as-text", `{"active":true,"sub":"a","exp":"9999999999"}`, gate.CredentialUnverified},
		{"expires-never-in-fact", `{"active":true,"sub":"a","exp":1e300}`, gate.CredentialUnverified},
		{"expires-negative", `{"active":true,"sub":"a","exp":-1}`, gate.CredentialUnverified},
		{"not-yet", fmt.Sprintf(`{"active":true,"sub":"a","nbf":%d}`, now.Add(time.Hour).Unix()), gate.CredentialInvalid},
		{"audience-object", `{"active":true,"sub":"a","aud":{}}`, gate.CredentialUnverified},
		{"audience-of-numbers", `{"active":true,"sub":"a","aud":[1]}`, gate.CredentialUnverified},
		{"bound-to-a-key", `{"active":true,"sub":"a","cnf":{"jkt":"` + hash + `"}}`, gate.ProofInvalid},
		{"bound-to-a-certificate", `{"active":true,"sub":"a","cnf":{"x5t#S256":"` + hash + `"}}`, gate.CredentialInvalid},
		{"bound-to-what-is-not-known", `{"active":true,"sub":"a","cnf":{"kid":"1"}}`, gate.CredentialUnverified},
		{"bound-to-nothing", `{"active":true,"sub":"a","cnf":{}}`, gate.CredentialUnverified},
		{"huge", `{"active":true,"sub":"a","x":"` + strings.Repeat("a", 65<<10) + `"}`, gate.CredentialUnverified},
		{"page", `<html>`, gate.CredentialUnverified},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newServer(t)
			s.says(row.says)
			if _, got := verify(verifier(t, s.URL, nil), now); got != row.want {
				t.Errorf("%s, want %s", got, row.want)
			}
		})
	}
}

// TestServerFails is 503 for whatever fails, and never 401.
func TestServerFails(t *testing.T) {
	good := `{"active":true,"sub":"a"}`
	status := func(code int) func(w http.ResponseWriter, r *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(code)
			io.WriteString(w, good)
		}
	}
	other := newServer(t)
	other.says(good)
	for name, does := range map[string]func(w http.ResponseWriter, r *http.Request){
		"400": status(400), "401": status(401), "403": status(403), "404": status(404), "500": status(500), "201": status(201), "503": status(503),
		"text": func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, good) },
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		},
		"cut": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "900")
			status(200)(w, r)
		},
		"hangs-up":  func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) },
		"never-end": func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			s.does(does)
			var log strings.Builder
			v := verifier(t, s.URL, func(o *introspection.Options) {
				o.Timeout, o.Log = 100*time.Millisecond, slog.New(slog.NewTextHandler(&log, nil))
			})
			if _, got := verify(v, now); got != gate.CredentialUnverified {
				t.Error(got)
			}
			if text := log.String(); !strings.Contains(text, "credential=opaque") || strings.Contains(text, "s3cret") || strings.Contains(text, "token=") {
				t.Errorf("the log says %s", text)
			}
		})
	}
	if other.asked.Load() != 0 {
		t.Error("the token went to another server")
	}
	s := newServer(t)
	s.Close()
	if _, got := verify(verifier(t, s.URL, nil), now); got != gate.CredentialUnverified {
		t.Error("a server that is down: ", got)
	}
}

// TestSkew takes a token behind its end for as long as clocks may differ, in the
// verifier and in what it tells the engine alike, and asks for it each time.
func TestSkew(t *testing.T) {
	s := newServer(t)
	s.says(fmt.Sprintf(`{"active":true,"client_id":"app","exp":%d}`, now.Unix()))
	v := verifier(t, s.URL, func(o *introspection.Options) { o.Skew, o.Cache, o.Stale = 30*time.Second, time.Hour, time.Hour })
	p, code := verify(v, now.Add(29*time.Second))
	if p == nil || !p.Expires.Equal(now.Add(30*time.Second)) {
		t.Fatal(p, code)
	}
	s.does(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
	if p, code := verify(v, now.Add(29*time.Second)); p != nil || code != gate.CredentialUnverified {
		t.Error("it is remembered behind its end: ", code)
	}
	s.says(fmt.Sprintf(`{"active":true,"client_id":"app","exp":%d}`, now.Unix()))
	if _, code := verify(v, now.Add(30*time.Second)); code != gate.CredentialExpired {
		t.Error(code)
	}
}

func TestAudience(t *testing.T) {
	s := newServer(t)
	own := verifier(t, s.URL, func(o *introspection.Options) { o.Audience = []string{"shop"} })
	for _, row := range []struct {
		name, aud string
		use       []string
		want      gate.Code
	}{
		{"own", `,"aud":"shop"`, nil, gate.Undecided},
		{"one-of-many", `,"aud":["a","shop"]`, nil, gate.Undecided},
		{"other", `,"aud":"a"`, nil, gate.CredentialInvalid},
		{"missing", ``, nil, gate.CredentialInvalid},
		{"null", `,"aud":null`, nil, gate.CredentialInvalid},
		{"empty", `,"aud":[]`, nil, gate.CredentialInvalid},
		{"of-the-api", `,"aud":"api"`, []string{"api", "b"}, gate.Undecided},
		{"of-another-api", `,"aud":"shop"`, []string{"api"}, gate.CredentialInvalid},
	} {
		t.Run(row.name, func(t *testing.T) {
			s.says(`{"active":true,"sub":"a"` + row.aud + `}`)
			_, r := own.Verify(exchange(now), &gate.Use{Audience: row.use}, []byte("token"))
			if got := code(r); got != row.want {
				t.Errorf("%s, want %s", got, row.want)
			}
		})
	}
}

func code(r *gate.Refusal) gate.Code {
	if r == nil {
		return gate.Undecided
	}
	return r.Code
}

func TestLongToken(t *testing.T) {
	s := newServer(t)
	_, r := verifier(t, s.URL, nil).Verify(exchange(now), &gate.Use{}, make([]byte, 17<<10))
	if code(r) != gate.CredentialInvalid || s.asked.Load() != 0 {
		t.Error(code(r))
	}
}

func TestOptions(t *testing.T) {
	b, _ := binding.New(binding.Options{})
	for name, o := range map[string]introspection.Options{
		"zero":       {},
		"no-binder":  {URL: "https://id.example.com/introspect", Issuer: issuer},
		"no-issuer":  {URL: "https://id.example.com/introspect", Binder: b},
		"file":       {URL: "file:///etc/passwd", Issuer: issuer, Binder: b},
		"with-user":  {URL: "https://a:b@id.example.com/", Issuer: issuer, Binder: b},
		"not-a-host": {URL: "https:///a", Issuer: issuer, Binder: b},
	} {
		if v, err := introspection.New(t.Context(), o); v != nil || err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestNoAllocation(t *testing.T) {
	s := newServer(t)
	s.says(`{"active":true,"sub":"a"}`)
	v := verifier(t, s.URL, func(o *introspection.Options) { o.Cache = time.Hour })
	x, raw, use := exchange(now), []byte("token"), &gate.Use{}
	v.Verify(x, use, raw)
	if n := testing.AllocsPerRun(100, func() { v.Verify(x, use, raw) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzAnswer reads answers of a server: none that does not say active: true
// names a caller.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"active":true,"sub":"a","aud":["a"],"exp":1e9,"cnf":{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}}`))
	f.Add([]byte(`{"active":false}`))
	v := verifier(f, "https://id.example.com/", func(o *introspection.Options) { o.Roles = "a.b" })
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := introspection.Read(v, text)
		if err == nil && p != nil && (!strings.Contains(string(text), "true") || p.ID == issuer+"|" || p.Credential != "opaque") {
			t.Errorf("%q is %+v", text, p.ID)
		}
	})
}

func BenchmarkKnown(b *testing.B) {
	s := newServer(b)
	s.says(`{"active":true,"sub":"a"}`)
	v := verifier(b, s.URL, func(o *introspection.Options) { o.Cache = time.Hour })
	x, raw, use := exchange(now), []byte("token"), &gate.Use{}
	v.Verify(x, use, raw)
	b.ReportAllocs()
	for b.Loop() {
		v.Verify(x, use, raw)
	}
}
