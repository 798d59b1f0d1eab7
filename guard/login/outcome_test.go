package login_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/stage"
	"github.com/gatehouse-api/gatehouse/guard/login"
)

// talkative is the contract of an API that answers in many ways.
const talkative = `openapi: 3.1.0
info: {title: Shop, version: 1.0.0}
security: []
paths:
  /login:
    post:
      operationId: logIn
      requestBody: {required: true, content: {application/json: {schema: {type: object, properties: {email: {type: string}, password: {type: string}}}}}}
      responses: {default: {description: any, content: {application/json: {%s}, text/html: {}}}}
  /basic:
    get: {operationId: basic, responses: {default: {description: any}}}
`

// TestEnds is what counts as a login that failed and as one that succeeded.
func TestEnds(t *testing.T) {
	const failed, succeeded, unknown = "failed", "succeeded", "unknown"
	json := func(body string) [2]string { return [2]string{"application/json", body} }
	rows := []struct {
		name   string
		login  config.Login
		status int
		answer [2]string
		want   string
	}{
		{"200", config.Login{}, 200, [2]string{}, succeeded},
		{"204", config.Login{}, 204, [2]string{}, succeeded},
		{"302", config.Login{}, 302, [2]string{}, unknown},
		{"400", config.Login{}, 400, [2]string{}, failed},
		{"401", config.Login{}, 401, [2]string{}, failed},
		{"403", config.Login{}, 403, [2]string{}, failed},
		{"404", config.Login{}, 404, [2]string{}, failed},
		{"422", config.Login{}, 422, [2]string{}, failed},
		{"429", config.Login{}, 429, [2]string{}, unknown},
		{"503", config.Login{}, 503, [2]string{}, unknown},
		{"basic-404", config.Login{Basic: true}, 404, [2]string{}, unknown},
		{"basic-401", config.Login{Basic: true}, 401, [2]string{}, failed},
		{"listed", config.Login{Failed: []int{302}}, 302, [2]string{}, failed},
		{"not-listed", config.Login{Failed: []int{302}}, 401, [2]string{}, unknown},
		{"listed-as-good", config.Login{Succeeded: []int{303}}, 303, [2]string{}, succeeded},
		{"not-listed-as-good", config.Login{Succeeded: []int{303}}, 200, [2]string{}, unknown},
		{"token", config.Login{Success: "/token"}, 200, json(`{"token":"x"}`), succeeded},
		{"token-by-an-open-schema", config.Login{Success: "/token"}, 200, json(`{"a":[1],"token":"x"}`), succeeded},
		{"no-token", config.Login{Success: "/token"}, 200, json(`{"error":"wrong"}`), failed},
		{"token-null", config.Login{Success: "/token"}, 200, json(`{"token":null}`), failed},
		{"token-elsewhere", config.Login{Success: "/data/token"}, 200, json(`{"token":"x","data":{}}`), failed},
		{"token-deep", config.Login{Success: "/data/to~1ken"}, 200, json(`{"data":{"to/ken":1}}`), succeeded},
		{"token-401", config.Login{Success: "/token"}, 401, json(`{"token":"x"}`), failed},
		{"no-json", config.Login{Success: "/token"}, 200, [2]string{"text/html", "<p>wrong</p>"}, failed},
		{"malformed", config.Login{Success: "/token"}, 200, json(`{"token":"x"`), failed},
		{"nothing", config.Login{Success: "/token"}, 204, [2]string{}, failed},
		{"error", config.Login{Failure: "/error"}, 200, json(`{"error":{"code":7}}`), failed},
		{"no-error", config.Login{Failure: "/error"}, 200, json(`{"user":"x"}`), succeeded},
		{"error-null", config.Login{Failure: "/error"}, 200, json(`{"error":null}`), succeeded},
	}
	for _, schema := range []string{"", "schema: {type: object, additionalProperties: true}"} {
		for _, r := range rows {
			t.Run(fmt.Sprintf("%s-schema-%t", r.name, schema != ""), func(t *testing.T) {
				if r.name == "malformed" && schema != "" {
					return // the gate refuses the answer itself
				}
				id := "basic"
				if !r.login.Basic {
					id, r.login.Account, r.login.Password = "logIn", "/email", "/password"
				}
				table := login.NewTable()
				s := stage.New(t, fmt.Sprintf(talkative, schema), gatehouse.API{Logins: table, Options: gatehouse.Options{Operations: map[string]gatehouse.Operation{id: {Login: &r.login}}}})
				s.From = home
				s.API = func(x *gate.Exchange) {
					x.Answer.Status = r.status
					stage.Content(x, r.answer[0], r.answer[1])
				}
				call := func() {
					if r.login.Basic {
						s.With = []gate.Field{{Name: []byte("Authorization"), Value: []byte("Basic YTpi")}}
						s.Call("GET", "/basic", "", "")
						return
					}
					s.Call("POST", "/login", "application/json", `{"email":"a","password":"b"}`)
				}
				call()
				if s.Status != r.status || s.Body != r.answer[1] {
					t.Errorf("the answer is %d %q", s.Status, s.Body)
				}
				got := unknown
				if table.Stats().Failed == 1 {
					got = failed
				} else if table.Known("a", home, time.Now()) {
					got = succeeded
				}
				if got != r.want {
					t.Errorf("%s, want %s", got, r.want)
				}
			})
		}
	}
}

// TestRefusedByTheGate: a call that the gate refuses with a status by which logins
// fail was no login, and an answer that it withholds says nothing.
func TestRefusedByTheGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := login.NewTable()
		s := stage.New(t, fmt.Sprintf(talkative, "schema: {type: object, properties: {token: {type: integer}}}"), gatehouse.API{Logins: table, Options: gatehouse.Options{
			Operations: map[string]gatehouse.Operation{"logIn": {Login: &config.Login{Account: "/email", Password: "/password", Success: "/token"}}}}})
		s.From = home
		s.API = func(x *gate.Exchange) {
			x.Answer.Status = 200
			stage.Content(x, "application/json", `{"token":"none"}`)
		}
		for range 20 {
			if s.Call("POST", "/login", "application/json", `{"email":"a","password":"b","more":1}`); s.Status != 400 {
				t.Fatal(s.Status)
			}
			if s.Call("POST", "/login", "application/json", `{"email":"' or 1=1 --","password":"b"}`); s.Status != 400 {
				t.Fatal(s.Status)
			}
			if s.Call("POST", "/login", "application/json", `{"email":"a","password":"b"}`); s.Status != 502 {
				t.Fatal(s.Status, s.Body)
			}
		}
		if stats := table.Stats(); stats.Failed != 0 || stats.Refused != 0 {
			t.Errorf("%+v", stats)
		}
	})
}
