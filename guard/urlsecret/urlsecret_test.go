package urlsecret_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/stage"
)

const orders = `openapi: 3.1.0
info: {title: Orders, version: 1.0.0}
paths:
  /orders:
    get:
      security: []
      parameters:
        - {name: q, in: query, schema: {type: string}}
        - {name: number, in: query, schema: {type: integer}}
        - {name: token, in: query, schema: {type: string}}
        - {name: birthday, in: query, schema: {type: string}, x-gatehouse-sensitive: true}
        - {name: pass, in: query, schema: {type: string, format: password}}
      responses: {"204": {description: Done}}
  /orders/{id}:
    get: {security: [], parameters: [{name: id, in: path, required: true, schema: {type: string}}], responses: {"204": {description: Done}}}
  /lines/{line}:
    get: {security: [], parameters: [{name: line, in: path, required: true, schema: {type: integer}}], responses: {"204": {description: Done}}}
`

// random is what keys are made of. It is put together here, so that nobody takes
// the file for a leak.
const random = "9fQ2xLr7Zt4Kd8Wm3Vb6Yc1Hn5Js0Pg9fQ2xLr7Z"

var token = "eyJ" + "hbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9." + random

func newStage(t testing.TB, set *gatehouse.URLCredentials) *stage.Stage {
	t.Helper()
	o := gatehouse.Options{Settings: gatehouse.Settings{URLCredentials: set, Undeclared: gatehouse.Undeclared{Requests: config.Allow}}}
	s := stage.New(t, orders, gatehouse.API{Options: o})
	s.API = func(x *gate.Exchange) { x.Answer.Status = 204 }
	return s
}

// TestGuard plants secrets in every part of a URL, and things that look alike.
func TestGuard(t *testing.T) {
	const card = "4111111111111111"
	rows := []struct{ name, target, code string }{
		{"name", "/orders?access_token=x", "credential-misplaced"},
		{"name-other-spelling", "/orders?Api-Key=x", "credential-misplaced"},
		{"name-encoded", "/orders?p%61ssword=x", "credential-misplaced"},
		{"name-in-brackets", "/orders?user[password]=x", "credential-misplaced"},
		{"name-second", "/orders?q=a&client_secret=x", "credential-misplaced"},
		{"name-without-value", "/orders?password", ""},
		{"name-empty-value", "/orders?password=", ""},
		{"name-alike", "/orders?tokens_left=3&keyword=a&sort=b&author=c&code=d", ""},
		{"declared-name", "/orders?token=abc", ""},
		{"declared-name-token", "/orders?token=" + token, ""},
		{"declared-name-key", "/orders?token=ghp_" + random, "credential-misplaced"},
		{"token", "/orders?state=" + token, "credential-misplaced"},
		{"token-within", "/orders?next=https%3A%2F%2Fa.example%2F%23x%3D" + token, "credential-misplaced"},
		{"token-alone", "/orders?" + token, "credential-misplaced"},
		{"token-encoded-twice", "/orders?x=" + strings.ReplaceAll(strings.ReplaceAll(token, ".", "%252E"), "e", "%65"), "credential-misplaced"},
		{"no-token", "/orders?q=eyJ.a.b", ""},
		{"aws", "/orders?q=AKIA" + "IOSFODNN7EXAMPLE", "credential-misplaced"},
		{"github", "/orders?q=see+ghp_" + random, "credential-misplaced"},
		{"stripe", "/orders?q=sk_live_" + random[:24], "credential-misplaced"},
		{"own", "/orders?q=ghk_live_abc_" + random, "credential-misplaced"},
		{"not-random", "/orders?q=ghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ""},
		{"within-a-word", "/orders?q=taskforce-sk-lights-of-the-longest-night-in-the-year", ""},
		{"words", "/orders?q=sk-is-the-code-of-slovakia-and-of-nothing-else", ""},
		{"key-in-path", "/orders/AKIA" + "IOSFODNN7EXAMPLE", "credential-misplaced"},
		{"pem", "/orders?q=-----BEGIN+EC+PRIVATE+KEY-----", "credential-misplaced"},
		{"card", "/orders?q=" + card, "sensitive-misplaced"},
		{"card-in-groups", "/orders?q=4111+1111+1111+1111", "sensitive-misplaced"},
		{"card-with-dashes", "/orders?q=4111-1111-1111-1111", "sensitive-misplaced"},
		{"card-in-path", "/orders/" + card, "sensitive-misplaced"},
		{"card-american", "/orders?q=378282246310005", "sensitive-misplaced"},
		{"card-wrong-digit", "/orders?q=4111111111111112", ""},
		{"card-of-nobody", "/orders?q=1234567812345670", ""},
		{"digits-in-a-word", "/orders?q=x" + card, ""},
		{"longer-number", "/orders?q=" + card + "77", ""},
		{"number", "/orders?number=" + card, ""},
		{"number-in-path", "/lines/" + card, ""},
		{"uuid", "/orders/41111111-1111-4111-8111-111111111111", ""},
		{"time", "/orders?q=2026-11-27T12:04:48Z&number=1764245088123456789", ""},
		{"sensitive-by-contract", "/orders?birthday=2000-01-01", "sensitive-misplaced"},
		{"password-by-contract", "/orders?pass=x", "sensitive-misplaced"},
		{"sensitive-empty", "/orders?birthday=", ""},
	}
	s := newStage(t, nil)
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			s.Call("GET", row.target, "", "")
			if row.code == "" && (strings.Contains(s.Body, "misplaced") || s.Status != 204 && s.Status != 400) || row.code != "" && !strings.Contains(s.Body, `"code":"`+row.code+`"`) {
				t.Errorf("%d %s, want %q", s.Status, s.Body, row.code)
			}
			if said := s.Body + fmt.Sprint(s.Event); strings.Contains(said, card) || strings.Contains(said, random[:20]) || strings.Contains(said, "IOSFODNN") {
				t.Errorf("what was found is said: %s", said)
			}
		})
	}
}

// TestSettings shows what gatehouse.yaml makes of it.
func TestSettings(t *testing.T) {
	s := newStage(t, &gatehouse.URLCredentials{Allow: []string{"session", "birthday", "id"}})
	for _, target := range []string{"/orders?session=x", "/orders?birthday=1", "/orders/AKIA" + "IOSFODNN7EXAMPLE"} {
		if s.Call("GET", target, "", ""); s.Status != 204 {
			t.Errorf("%s: %d %s", target, s.Status, s.Body)
		}
	}
	if s.Call("GET", "/orders?session=x&password=y", "", ""); s.Status != 400 {
		t.Errorf("another name: %d", s.Status)
	}
	s = newStage(t, &gatehouse.URLCredentials{Found: config.URLObserve})
	if s.Call("GET", "/orders?password=y", "", ""); s.Status != 204 || len(s.Event.Would) != 1 || s.Event.Would[0] != gate.CredentialMisplaced {
		t.Errorf("observed: %d %v", s.Status, s.Event.Would)
	}
	s = newStage(t, &gatehouse.URLCredentials{Found: config.URLAllow})
	if s.Call("GET", "/orders?password=y", "", ""); s.Status != 204 || len(s.Event.Would) != 0 {
		t.Errorf("allowed: %d %v", s.Status, s.Event.Would)
	}
}

// FuzzGuard sends any query: nothing of it may come back.
func FuzzGuard(f *testing.F) {
	s := newStage(f, nil)
	for _, seed := range []string{"a=b", "password=x", "q=4111+1111+1111+1111", "x=%2565yJ", "=", "&&", "a[b]=%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		s.Call("GET", "/orders?"+query, "", "")
		if strings.Contains(s.Body, "misplaced") && len(query) > 12 && !strings.Contains("must carry credentials in header fields sensitive data body", query) && strings.Contains(s.Body, query) {
			t.Fatalf("%s holds %q", s.Body, query)
		}
	})
}

func BenchmarkGuard(b *testing.B) {
	s := newStage(b, nil)
	without := newStage(b, &gatehouse.URLCredentials{Found: config.URLAllow})
	for _, row := range []struct{ name, target string }{
		{"benign", "/orders?q=having+friends+over&number=7&page=3&sort=-created_at&state=b6f1a2c3d4e5f60718293a4b5c6d7e8f"}, {"hostile", "/orders?q=" + strings.Repeat("41111111", 200)},
	} {
		b.Run(row.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.Call("GET", row.target, "", "")
			}
		})
		b.Run(row.name+"-without", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				without.Call("GET", row.target, "", "")
			}
		})
	}
}
