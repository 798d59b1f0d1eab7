package serve

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/apikey"
)

const keyed = `openapi: 3.1.0
info: {title: Keyed, version: 1.0.0}
security: [{key: []}]
paths:
  /orders: {get: {operationId: listOrders, responses: {"200": {description: OK, content: {text/plain: {}}}}}}
  /bills: {get: {operationId: listBills, responses: {"200": {description: OK, content: {text/plain: {}}}}}}
components: {securitySchemes: {key: {type: apiKey, in: header, name: X-Api-Key}}}
`

// keysOf is a configuration of a gate that takes API keys. Tests ask until a key is
// known, which would lock them out.
func keysOf(api, store string) string {
	return one("keyed.yaml", api) + store + `credentials: [{name: key, keys: {pepper: "${file:pepper}", max_stale: 2s}}]` + "\nlocks: {disabled: true}\n"
}

const pepperOfTests = "a pepper of thirty-two characters or more"

// keyIn makes a key and keeps it in a store.
func keyIn(t *testing.T, s *store.Store, change func(*store.Key)) (text string, id string) {
	t.Helper()
	secret, id := apikey.New("live")
	p := apikey.NewPepper(trust.NewSecret(pepperOfTests))
	sum := p.Hash([]byte(secret.Reveal()))
	k := &store.Key{ID: id, Environment: "live", Name: id, Hash: sum[:], Pepper: p.ID(), Issuer: apikey.Issuer, Subject: id, Created: time.Now()}
	change(k)
	if err := s.AddKey(t.Context(), k); err != nil {
		t.Fatal(err)
	}
	return secret.Reveal(), id
}

// answerTo makes a call with a key and returns the status.
func answerTo(t *testing.T, url, key string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Api-Key", key)
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusServiceUnavailable && answer.Header.Get("Retry-After") == "" {
		t.Error("a 503 says nothing of when to ask again")
	}
	return answer.Status[:3]
}

// becomes waits until a call has an answer, and says how long that took.
func becomes(t *testing.T, url, key, status string) time.Duration {
	t.Helper()
	begun := time.Now()
	for {
		got := answerTo(t, url, key)
		if got == status {
			return time.Since(begun)
		}
		if time.Since(begun) > 15*time.Second {
			t.Fatalf("the answer is %s, and never %s", got, status)
		}
	}
}

func openKeyed(t *testing.T, where string) *house {
	t.Helper()
	api, _ := upstreamOf(t)
	h := &house{t: t, dir: t.TempDir()}
	h.write("keyed.yaml", keyed)
	h.write("planted", planted)
	h.write("pepper", pepperOfTests)
	h.write("gatehouse.yaml", keysOf(api, where))
	p, err := Start(Config{File: filepath.Join(h.dir, "gatehouse.yaml"), Stderr: &h.log, Poll: -1})
	if err != nil {
		t.Fatal(err)
	}
	h.Program = p
	t.Cleanup(func() { h.Stop() })
	return h
}

// TestKeysOfAGate has another process, which shares the store alone, make, change
// and revoke keys: the gate knows within a second.
func TestKeysOfAGate(t *testing.T) {
	h := openKeyed(t, "store: {}\n")
	s, err := store.Open(store.Settings{SQLite: filepath.Join(h.dir, "state", "gatehouse.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	keysOverTime(t, s, h)
}

// TestFirstCallWithAKey: who verifies keys knows those of the store from the
// beginning, so that no call after a start or a reload is refused for nothing.
func TestFirstCallWithAKey(t *testing.T) {
	s, err := store.Open(store.Settings{SQLite: filepath.Join(t.TempDir(), "gatehouse.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	text, _ := keyIn(t, s, func(*store.Key) {})
	s.Start()
	keyed := &config.Credential{Name: "key", Keys: &config.KeysCredential{Environment: "live", Pepper: trust.NewSecret(pepperOfTests), MaxStale: time.Minute}}
	ctx, end := context.WithCancel(t.Context())
	v, wait, err := keysVerifier(ctx, keyed, dependencies{store: s, log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer wait()
	defer end()
	if _, why := v.Verify(&gate.Exchange{}, &gate.Use{}, []byte(text)); why != nil {
		t.Error(why.Code, why.Cause)
	}
}

// TestKeysOfSeveralGates shares a PostgreSQL.
func TestKeysOfSeveralGates(t *testing.T) {
	server := testdata.StartPostgres(t)
	url := server.Database()
	where := "store: {postgres: {url: \"${env:STORE_URL}\"}, timeout: 2s}\n"
	t.Setenv("STORE_URL", url)
	a, b := openKeyed(t, where), openKeyed(t, where)
	s, err := store.Open(store.Settings{Postgres: trust.NewSecret(url)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	keysOverTime(t, s, a, b)

	// The server goes: what is known goes on to be good for max_stale, then it is
	// unknown whether it still is; and it is never invalid or an open door.
	text, _ := keyIn(t, s, func(*store.Key) {})
	becomes(t, a.URL()+"/orders", text, "200")
	server.Stop()
	if got := answerTo(t, a.URL()+"/orders", text); got != "200" {
		t.Error("the key is refused at once: ", got)
	}
	becomes(t, a.URL()+"/orders", text, "503")
	server.Start()
	becomes(t, a.URL()+"/orders", text, "200")
}

// keysOverTime changes keys in s and looks what gates make of them.
func keysOverTime(t *testing.T, s *store.Store, gates ...*house) {
	t.Helper()
	// On a machine that does much else, one or two may be late by a little.
	late := 0
	within := func(what, path, key, status string) {
		t.Helper()
		for _, h := range gates {
			took := becomes(t, h.URL()+path, key, status)
			if took > time.Second {
				late++
			}
			if took > 3*time.Second || late > 2 {
				t.Errorf("%s: known after %v", what, took)
			}
		}
	}
	text, id := keyIn(t, s, func(k *store.Key) { k.Operations = []string{"listOrders"} })
	within("a new key", "/orders", text, "200")
	within("another operation", "/bills", text, "403")
	within("no key", "/orders", "", "401")
	if err := s.RevokeKey(t.Context(), id, time.Now()); err != nil {
		t.Fatal(err)
	}
	within("a key that was revoked", "/orders", text, "401")

	text, id = keyIn(t, s, func(k *store.Key) { k.Subject = "alice" })
	within("a second key", "/orders", text, "200")
	if err := s.Revoke(t.Context(), store.Revocation{Kind: store.RevokedSubject, Value: "alice", At: time.Now().Add(time.Second)}); err != nil {
		t.Fatal(err)
	}
	within("a subject that was revoked", "/orders", text, "401")
	if _, err := s.Key(t.Context(), id); err != nil {
		t.Error(err)
	}
}

// TestKeysWithTheStoreAwayAtStart: a store that is not there, says nothing or
// something else than PostgreSQL would is no reason to refuse a key for good, nor
// to let anybody in.
func TestKeysWithTheStoreAwayAtStart(t *testing.T) {
	for name, does := range map[string]func(net.Conn){
		"away":   nil,
		"silent": func(c net.Conn) { io.Copy(io.Discard, c) },
		"lying":  func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("STORE_URL", "postgres://u:p@"+answering(t, does)+"/d?sslmode=disable")
			h := openKeyed(t, "store: {postgres: {url: \"${env:STORE_URL}\"}, timeout: 1s}\n")
			secret, _ := apikey.New("live")
			if got := answerTo(t, h.URL()+"/orders", secret.Reveal()); got != "503" {
				t.Error(got)
			}
			if got := answerTo(t, h.URL()+"/orders", "ghk_live_x"); got != "401" {
				t.Error(got)
			}
		})
	}
}

// answering returns an address at which does answers each connection; nil is for
// an address where nobody is.
func answering(t *testing.T, does func(net.Conn)) string {
	t.Helper()
	if does == nil {
		return "127.0.0.1:1"
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				does(c)
			}()
		}
	}()
	return l.Addr().String()
}

func TestKeysInACookie(t *testing.T) {
	h := &house{t: t, dir: t.TempDir()}
	h.write("keyed.yaml", strings.Replace(keyed, "in: header", "in: cookie", 1))
	h.write("planted", planted)
	h.write("pepper", pepperOfTests)
	h.write("gatehouse.yaml", keysOf("http://127.0.0.1:9", "store: {}\n"))
	found := Check(filepath.Join(h.dir, "gatehouse.yaml"))
	if err := found.Problems.Err(); err == nil || !strings.Contains(err.Error(), `the scheme "key" of the contract is a cookie`) {
		t.Error(err)
	}
}
