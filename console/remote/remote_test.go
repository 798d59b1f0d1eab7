package remote

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/store/keyring"
	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/apikey"
)

// credential is one for administration, of no gate.
func credential() trust.Secret {
	secret, _ := apikey.New("admin")
	return secret
}

// answering opens a gate whose answers are what h writes.
func answering(t testing.TB, h http.HandlerFunc) *Gate {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	g, err := Open(Settings{URL: server.URL, Credential: credential()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

func TestSettings(t *testing.T) {
	key, _ := apikey.New("live")
	for _, row := range []struct {
		url    string
		secret trust.Secret
		want   error
	}{
		{"https://gate.example:9091", credential(), nil},
		{"https://gate.example/", credential(), nil},
		{"http://127.0.0.1:9091", credential(), nil},
		{"http://[::1]:9091", credential(), nil},
		{"http://localhost:9091", credential(), nil},
		{"http://localhost.example:9091", credential(), ErrPlain},
		{"http://192.0.2.1:9091", credential(), ErrPlain},
		{"gate.example:9091", credential(), ErrURL},
		{"ftp://gate.example", credential(), ErrURL},
		{"https://user:pass@gate.example", credential(), ErrURL},
		{"https://gate.example/v1", credential(), ErrURL},
		{"https://gate.example?x", credential(), ErrURL},
		{"https://", credential(), ErrURL},
		{"https://:9091", credential(), ErrURL},
		{"", credential(), ErrURL},
		{"https://gate.example", key, ErrCredential},
		{"https://gate.example", trust.NewSecret("secret"), ErrCredential},
		{"https://gate.example", trust.Secret{}, ErrCredential},
	} {
		if _, err := Open(Settings{URL: row.url, Credential: row.secret}); !errors.Is(err, row.want) {
			t.Errorf("%q: %v, want %v", row.url, err, row.want)
		}
	}
}

// TestCredentialStaysWhereItWasSent: a redirect is no answer, wherever it leads.
func TestCredentialStaysWhereItWasSent(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s was asked, with a credential: %t", r.Host, r.Header.Get("Authorization") != "")
	}))
	defer elsewhere.Close()
	g := answering(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+"/v1/status", http.StatusTemporaryRedirect)
	})
	var said *Error
	if _, err := g.Keys(t.Context(), ""); !errors.As(err, &said) || !strings.Contains(said.Text, "no API of administration") {
		t.Errorf("%v", err)
	}
}

// TestAnswers holds what is made of what a gate, or something else, answers.
func TestAnswers(t *testing.T) {
	const problemType, jsonType = "application/problem+json", "application/json"
	for _, row := range []struct {
		name, media, body string
		status            int
		want              string // of the message
		is                error
	}{
		{"not-taken", problemType, `{"code":"credential-expired"}`, 401, "does not take the credential: credential-expired", nil},
		{"may-not", problemType, `{"code":"role-missing"}`, 403, "it takes the role operator", nil},
		{"locked", problemType, `{"code":"credential-locked"}`, 429, "too many credentials", nil},
		{"store-down", problemType, `{"code":"store-unavailable","title":"The store does not answer for the moment."}`, 503, "for the moment: The store", nil},
		{"none", problemType, `{"code":"not-found"}`, 404, "there is none", store.ErrNotFound},
		{"void", problemType, `{"code":"key-void"}`, 409, "revoked or has expired", keyring.ErrDead},
		{"done", problemType, `{"code":"done-already"}`, 409, "already", store.ErrConflict},
		{"other-gate", problemType, `{"code":"path-unknown"}`, 404, "no API of administration: it knows no such call", nil},
		{"other", problemType, `{"code":"new","title":"Something new.","detail":"do this"}`, 409, "the gate refuses: Something new.", nil},
		{"mistake", problemType, `{"code":"wrong-value","field":"roles","detail":"roles must be plain words"}`, 400, "roles must be plain words", nil},
		{"page", "text/html", `<h1>404</h1>`, 404, "no API of administration: it answers 404", nil},
		{"other-problem", jsonType, `{"code":"not-found"}`, 404, "no API of administration", nil},
		{"no-json", jsonType, `{"secret":`, 201, "not that of the contract", nil},
		{"no-key", jsonType, `{"secret":"x","key":{}}`, 201, "what it made is no key", nil},
		{"nothing", jsonType, ``, 201, "not that of the contract", nil},
		{"endless", jsonType, `"` + strings.Repeat("a", maxAnswer) + `"`, 201, "more than 8 MiB", nil},
		{"for-a-terminal", problemType, `{"code":"\u001b[31m"}`, 401, "credential: \ufffd[31m", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			g := answering(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", row.media)
				w.WriteHeader(row.status)
				fmt.Fprint(w, row.body)
			})
			r := &Ring{g, "/v1/environments/live/keys", "viewer", "operator"}
			_, _, err := r.Create(t.Context(), keyring.Request{Name: "n"})
			if err == nil || !strings.Contains(err.Error(), row.want) || row.is != nil && !errors.Is(err, row.is) {
				t.Errorf("%v, want %q", err, row.want)
			}
		})
	}
}

// TestPages: all pages are read, and a gate that gives the same one for ever is
// none.
func TestPages(t *testing.T) {
	g := answering(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("after") {
		case "":
			fmt.Fprint(w, `{"keys":[{"id":"aaaaaaaaaaaa","name":"\u001b]0;x"}],"next":"aaaaaaaaaaaa"}`)
		case "aaaaaaaaaaaa":
			fmt.Fprint(w, `{"keys":[{"id":"bbbbbbbbbbbb"}],"next":"bbbbbbbbbbbb"}`)
		default:
			fmt.Fprint(w, `{"keys":[],"next":"cccccccccccc"}`)
		}
	})
	r := &Ring{g, "/v1/environments/live/keys", "viewer", "operator"}
	if _, err := r.List(t.Context()); err == nil || !strings.Contains(err.Error(), "a page of keys is empty") {
		t.Errorf("%v", err)
	}
	g = answering(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("after") == "" {
			fmt.Fprint(w, `{"keys":[{"id":"aaaaaaaaaaaa","name":"\u001b]0;x"}],"next":"aaaaaaaaaaaa"}`)
			return
		}
		fmt.Fprint(w, `{"keys":[{"id":"bbbbbbbbbbbb"}]}`)
	})
	r.gate = g
	list, err := r.List(t.Context())
	if err != nil || len(list) != 2 || list[1].ID != "bbbbbbbbbbbb" || strings.Contains(list[0].Name, "\x1b") {
		t.Errorf("%v %v", list, err)
	}
}

// TestIDsAreNoPaths: what cannot be an id is asked nobody.
func TestIDsAreNoPaths(t *testing.T) {
	g := answering(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s was asked", r.URL) })
	r := g.Admins()
	for _, id := range []string{"", "../../status", "aaaaaaaaaaa/", "aaaaaaaaaaaa?x", "aaaaaaaaaaaaa", "aaaaaaaaaaaé"} {
		_, showing := r.Key(t.Context(), id)
		_, _, rotating := r.Rotate(t.Context(), id, time.Hour)
		for _, err := range []error{showing, rotating, r.Revoke(t.Context(), id)} {
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%q: %v", id, err)
			}
		}
	}
}

// TestNobodyThere says what to do when there is no answer.
func TestNobodyThere(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	plain := server.URL
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	ask := func(url string) string {
		g, err := Open(Settings{URL: url, Credential: credential()})
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		var said *Error
		if _, err := g.Admins().List(t.Context()); !errors.As(err, &said) || said.Hint == "" || strings.Contains(said.Text, "Get ") {
			t.Fatalf("%s: %v", url, err)
		}
		return said.Text
	}
	for _, row := range [][2]string{
		{strings.Replace(plain, "http:", "https:", 1), "does not speak TLS"},
		{secure.URL, "nobody known vouches for the certificate"},
		{strings.Replace(secure.URL, "https:", "http:", 1), "speaks TLS"},
		{"https://gate.invalid:9091", "there is no address for the name gate.invalid"},
	} {
		if got := ask(row[0]); !strings.Contains(got, row[1]) {
			t.Errorf("%s: %q, want %q", row[0], got, row[1])
		}
	}
	server.Close()
	if got := ask(plain); !strings.Contains(got, "the connection is refused") {
		t.Errorf("%q", got)
	}
}

// FuzzAnswer: whatever is answered, what is told of it can be shown.
func FuzzAnswer(f *testing.F) {
	f.Add(400, []byte(`{"code":"wrong-value","field":"name","detail":"name is missing"}`))
	f.Add(503, []byte(`{"title":"\u001b[2J"}`))
	f.Add(401, []byte(`{"code":7}`))
	g := &Gate{base: "https://gate.example"}
	f.Fuzz(func(t *testing.T, status int, text []byte) {
		answer := &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/problem+json"}, "Retry-After": {string(text)}}}
		err := g.refused("viewer", answer, text)
		if err == nil {
			t.Fatal("no error")
		}
		var said *Error
		if errors.As(err, &said); said != nil && strings.ContainsFunc(said.Text+said.Hint, func(r rune) bool { return !unicode.IsPrint(r) && r != unicode.ReplacementChar }) {
			t.Errorf("%q %q", said.Text, said.Hint)
		}
	})
}

// TestPlainStaysHere: a name that stands for this machine by its looks alone gets
// no credential.
func TestPlainStaysHere(t *testing.T) {
	g := answering(t, func(http.ResponseWriter, *http.Request) {})
	for address, want := range map[string]error{"127.0.0.1:9091": nil, "[::1]:9091": nil, "[::ffff:127.0.0.1]:9091": nil, "192.0.2.1:9091": ErrPlain, "[2001:db8::1]:9091": ErrPlain, "": ErrPlain} {
		if err := onlyLoopback("tcp", address, nil); !errors.Is(err, want) {
			t.Errorf("%s: %v", address, err)
		}
	}
	g.base = "http://192.0.2.1:9091" // as a name would that leads there
	if _, err := g.Keys(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "192.0.2.1:9091 is plain HTTP beyond this machine") {
		t.Errorf("%v", err)
	}
}
