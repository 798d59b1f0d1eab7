package login_test

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/stage"
	"github.com/gatehouse-api/gatehouse/guard/login"
)

var home, away = netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("198.51.100.7")

// TestSpellings: whatever a name is written like, it has one allowance.
func TestSpellings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlay(t, gatehouse.Options{})
		p.From = home
		json, form := "application/json", "application/x-www-form-urlencoded"
		for i, row := range []struct{ media, body string }{
			{json, `{"email":"alice@example.com","password":"a"}`},
			{json, `{"password":"b","email":"\u0061LICE@example.com"}`},
			{json, `{"email":" Alice@Example.com\t","password":"c","other":"bob"}`},
			{form, `email=alice%40example.com&password=d`},
			{form, `password=e&email=%61lice%40example.com+`},
		} {
			p.Call("POST", "/login", row.media, row.body)
			if p.Status != 401 || p.asked != i+1 {
				t.Fatalf("%s: %d, %d asked", row.body, p.Status, p.asked)
			}
		}
		p.Call("POST", "/login", json, `{"other":"x","email":"alice@example.com","password":"f"}`)
		if p.Status != 429 || p.Reply["Retry-After"] != "1" || p.Event.Keyword != "account" || strings.Contains(p.Body, "account") {
			t.Errorf("%d %v %q %s", p.Status, p.Reply, p.Event.Keyword, p.Body)
		}
		p.Call("POST", "/login", json, `{"email":"bob@example.com","password":"f"}`)
		if p.Status != 401 {
			t.Errorf("another account: %d", p.Status)
		}
	})
}

// TestUniform: a name that nobody has is locked as one that somebody has, with
// the same words.
func TestUniform(t *testing.T) {
	for _, locked := range []config.LockedAnswer{"", config.ConcealLocked} {
		synctest.Test(t, func(t *testing.T) {
			var said []string
			for _, name := range []string{"alice@example.com", "nobody@example.com"} {
				p := newPlay(t, gatehouse.Options{Logins: config.Logins{Locked: locked}})
				p.accounts["alice@example.com"] = "right"
				for i := range 6 {
					p.try(home, name, fmt.Sprint(i))
				}
				before := p.asked
				p.try(home, name, "right")
				if p.asked != before {
					t.Error("the API was asked")
				}
				body, _, _ := strings.Cut(p.Body, `"id"`)
				delete(p.Reply, "Content-Length")
				said = append(said, fmt.Sprint(p.Status, p.Reply, body, p.Event.Code))
				if strings.Contains(strings.ToLower(p.Body), "account") || strings.Contains(p.Body, "lock") && locked != "" {
					t.Errorf("it tells: %s", p.Body)
				}
				want := 429
				if locked != "" {
					want = 401
				}
				if p.Status != want || (p.Reply["WWW-Authenticate"] != "") != (want == 401) {
					t.Errorf("%d %v", p.Status, p.Reply)
				}
			}
			if said[0] != said[1] {
				t.Errorf("an account that there is:\n%s\none that there is not:\n%s", said[0], said[1])
			}
		})
	}
}

// TestOutcomes: what the API did not judge does not count.
func TestOutcomes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlay(t, gatehouse.Options{})
		p.down = true
		for i := range 50 {
			if got := p.try(home, "alice", fmt.Sprint(i)); got == 429 {
				t.Fatalf("locked out by failures of the API after %d", i)
			}
		}
		p.down = false
		for i := range 5 {
			p.Call("POST", "/login", "application/json", `{"email":"alice","password":"x","strange":1}`) // refused before
			p.try(home, "alice", fmt.Sprint(i))
		}
		if got := p.try(home, "alice", "x"); got != 429 {
			t.Errorf("%d after five failures", got)
		}
		p.accounts["alice"] = "right"
		time.Sleep(time.Hour)
		if got := p.try(home, "alice", "right"); got != 200 {
			t.Errorf("%d an hour later", got)
		}
		for i := range 4 { // its success is forgotten by nobody
			p.try(away, "alice", fmt.Sprint(i))
		}
		if got := p.try(home, "alice", "right"); got != 200 {
			t.Errorf("at home: %d", got)
		}
	})
}

// TestObserved: nothing is refused, and events say what would have been.
func TestObserved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlay(t, gatehouse.Options{Settings: config.Settings{Modes: map[string]config.Mode{"login": config.Observe}}})
		for i := range 7 {
			if got := p.try(home, "alice", fmt.Sprint(i)); got != 401 {
				t.Errorf("%d", got)
			}
		}
		if len(p.Event.Would) != 1 || p.Event.Would[0] != gate.LoginLocked {
			t.Errorf("would: %v", p.Event.Would)
		}
	})
}

func TestBasic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlay(t, gatehouse.Options{Operations: map[string]gatehouse.Operation{"basic": {Login: &config.Login{Basic: true}}}})
		p.From = home
		call := func(value string) int {
			p.With = []gate.Field{{Name: []byte("authorization"), Value: []byte(value)}}
			p.Call("GET", "/basic", "", "")
			return p.Status
		}
		encoded := func(text string) string { return "bAsIc " + base64.StdEncoding.EncodeToString([]byte(text)) }
		for i := range 5 {
			if got := call(encoded(fmt.Sprint("alice:", i))); got != 401 {
				t.Errorf("%d", got)
			}
		}
		for value, want := range map[string]int{
			encoded("alice:x"): 429, encoded("ALICE:x"): 429, strings.Replace(encoded("alice:x"), " ", "\t", 1): 429, strings.Replace(encoded("alice:x"), " ", " \t ", 1): 429, encoded("bob:x"): 401, "Bearer x": 401,
			"Basic %%": 400, "Basic": 400, encoded("nocolon"): 400,
		} {
			if got := call(value); got != want {
				t.Errorf("%s: %d, want %d", value, got, want)
			}
		}
		p.With = append(p.With, p.With[0])
		if p.Call("GET", "/basic", "", ""); p.Status != 400 {
			t.Errorf("two fields: %d", p.Status)
		}
	})
}

// TestSetting: mistakes in places are told, and logins that nobody protects.
func TestSetting(t *testing.T) {
	const template = `openapi: 3.1.0
info: {title: Shop, version: 1.0.0}
paths:
  /sessions:
    post:
      operationId: open
      security: []
      requestBody: {content: {application/json: {schema: {type: object, properties: {user: {type: object, properties: {name: {type: string}}}, Email: {type: string}, pass: {type: string, format: password}}}}}}
      responses: {"204": {description: in}%s}
`
	secret := fmt.Sprintf(template, "")
	for _, row := range []struct {
		login *config.Login
		want  string
	}{
		{nil, `open takes a password, and whoever guesses one is not held up`},
		{nil, `login: {account: /Email, password: /pass}`},
		{&config.Login{Account: "/user/nam", Password: "/pass"}, `the body of open, application/json, has nothing at /user/nam`},
		{&config.Login{Account: "/user/nam", Password: "/pass"}, `did you mean "name"`},
		{&config.Login{Account: "/user/name", Password: "/pass"}, `the contract of open has no answer to a login that fails`},
	} {
		o := gatehouse.Options{Authentication: gatehouse.Public, Operations: map[string]gatehouse.Operation{"open": {Login: row.login}}}
		_, problems := stage.Compile(t, secret, gatehouse.API{Options: o})
		text := ""
		for _, p := range problems {
			text += p.Text + " / " + p.Hint + "\n"
		}
		if !strings.Contains(text, row.want) {
			t.Errorf("no %q in\n%s", row.want, text)
		}
	}
	o := gatehouse.Options{Authentication: gatehouse.Public, Operations: map[string]gatehouse.Operation{"open": {Login: &config.Login{Account: "/user/name", Password: "/pass"}}}}
	for _, answer := range []string{`, "401": {description: out}`, `, "4XX": {description: out}`, `, default: {description: out}`} {
		if plan, problems := stage.Compile(t, fmt.Sprintf(template, answer), gatehouse.API{Options: o, Logins: login.NewTable()}); plan == nil || len(problems) > 0 {
			t.Error(answer, problems)
		}
	}
}
