package login_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/stage"
	"github.com/gatehouse-api/gatehouse/guard/login"
)

const contract = `openapi: 3.1.0
info: {title: Shop, version: 1.0.0}
paths:
  /login:
    post:
      operationId: logIn
      requestBody:
        required: true
        content:
          application/json: {schema: {$ref: "#/components/schemas/Login"}}
          application/x-www-form-urlencoded: {schema: {$ref: "#/components/schemas/Login"}}
      responses: {"200": {description: in}, "401": {description: out}, "503": {description: down}}
  /basic:
    get: {operationId: basic, responses: {"200": {description: in}, "401": {description: out}}}
components:
  schemas:
    Login:
      type: object
      required: [password]
      properties:
        email: {$ref: "#/components/schemas/Text"}
        password: {$ref: "#/components/schemas/Text"}
        other: {$ref: "#/components/schemas/Text"}
    Text: {type: [string, integer, "null"]}
`

// play is a gate in front of an API that knows accounts and their passwords.
type play struct {
	*stage.Stage
	table    *login.Table
	accounts map[string]string
	asked    int // logins that the API judged
	down     bool
}

func newPlay(t testing.TB, o gatehouse.Options) *play {
	t.Helper()
	if o.Operations == nil {
		o.Operations = map[string]gatehouse.Operation{}
	}
	if o.Operations["logIn"].Login == nil {
		o.Operations["logIn"] = gatehouse.Operation{Login: &config.Login{Account: "/email", Password: "/password"}}
	}
	p := &play{table: login.NewTable(), accounts: map[string]string{}}
	p.Stage = stage.New(t, contract, gatehouse.API{Options: o, Logins: p.table})
	p.API = func(x *gate.Exchange) {
		p.asked++
		x.Answer.Status = 401
		var in struct{ Email, Password string }
		json.Unmarshal(x.OutBody, &in)
		if password, ok := p.accounts[in.Email]; ok && password == in.Password {
			x.Answer.Status = 200
		}
		if p.down {
			x.Answer.Status = 503
		}
	}
	return p
}

// try logs in and returns the status.
func (p *play) try(from netip.Addr, email, password string) int {
	p.From = from
	body, _ := json.Marshal(map[string]string{"email": email, "password": password})
	p.Call("POST", "/login", "application/json", string(body))
	return p.Status
}

func address(base string, i int) netip.Addr {
	a := netip.MustParseAddr(base).As4()
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, binary.BigEndian.Uint32(a[:])+uint32(i))))
}

// crowd is honest users: some at home, some behind the one address of an office.
type crowd struct {
	*play
	refused, logins int
}

// come has a user log in: who mistypes tries again, as often as people do.
func (c *crowd) come(from netip.Addr, user string, r *rand.Rand) {
	if r.IntN(20) == 0 {
		c.try(from, user, "typo"+user)
	}
	c.logins++
	if got := c.try(from, user, c.accounts[user]); got != 200 {
		c.refused++
	}
}

// TestStuffing has honest users log in for an hour while four attacks go on at
// once. It counts how many guesses reach the API, and how many users are
// refused.
func TestStuffing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &crowd{play: newPlay(t, gatehouse.Options{})}
		r := rand.New(rand.NewPCG(1, 2))
		user := func(i int) string { return fmt.Sprintf("user%d@example.com", i) }
		for i := range 5000 {
			c.accounts[user(i)] = fmt.Sprintf("secret %d", i)
		}
		office := netip.MustParseAddr("198.51.100.1")
		home := func(i int) netip.Addr { return address("10.0.0.0", i*256) }
		from := func(i int) netip.Addr {
			if i < 200 {
				return office
			}
			return home(i)
		}
		for i := range 600 { // a quiet morning
			c.come(from(i), user(i), r)
			time.Sleep(time.Second)
		}
		if c.refused > 0 {
			t.Errorf("%d of %d were refused before any attack", c.refused, c.logins)
		}

		var reached [4]int
		guess := func(which int, from netip.Addr, user, password string) {
			before := c.asked
			c.try(from, user, password)
			reached[which] += c.asked - before
		}
		var tried [4]int
		c.refused, c.logins = 0, 0
		fresh := 600
		for second := range 3600 {
			for range 5 { // stuffing: a list of accounts with their passwords elsewhere, from one address
				guess(0, netip.MustParseAddr("203.0.113.5"), user(1000+tried[0]%4000), fmt.Sprint("leaked ", tried[0]))
				tried[0]++
			}
			// spraying: one password at all accounts, from a thousand addresses
			guess(1, address("172.16.0.0", tried[1]%1000*256), user(1000+tried[1]), "Summer2026!")
			tried[1]++
			// one account, from a thousand addresses of other networks
			guess(2, address("100.64.0.0", tried[2]%1000*256), user(7), fmt.Sprint("guess ", tried[2]))
			tried[2]++
			for range 2 { // one account, from one address
				guess(3, netip.MustParseAddr("203.0.114.9"), user(8), fmt.Sprint("guess ", tried[3]))
				tried[3]++
			}
			if second%4 == 0 { // users whom the gate knows, those under attack among them
				i := second / 4 % 600
				c.come(from(i), user(i), r)
				c.come(office, user(7), r)
				c.come(office, user(8), r)
			}
			if second%60 == 0 { // and some who come for the first time
				c.come(home(fresh), user(fresh), r)
				fresh++
			}
			time.Sleep(time.Second)
		}
		t.Logf("honest: %d refused of %d; attacks: %v of %v reached the API; %+v", c.refused, c.logins, reached, tried, c.table.Stats())
		if c.refused > 0 {
			t.Errorf("%d of %d honest logins were refused", c.refused, c.logins)
		}
		// What each may reach the API: its allowance until it is noticed, and then
		// one guess for each lock, which soon are 15 minutes long.
		for i, most := range [...]int{30, 30, 40, 20} {
			if reached[i] > most {
				t.Errorf("attack %d: %d of %d guesses reached the API, at most %d may", i, reached[i], tried[i], most)
			}
			if reached[i] == 0 {
				t.Errorf("attack %d was refused before it did anything", i)
			}
		}
	})
}
