package challenge_test

import (
	"crypto/sha256"
	"fmt"
	"math/bits"
	"net/netip"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/challenge"
	"github.com/gatehouse-api/gatehouse/guard/internal/stage"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

const contract = `openapi: 3.1.0
info: {title: Shop, version: 1.0.0}
paths:
  /a: {get: {operationId: a, responses: {"200": {description: fine}}}}
  /b: {get: {operationId: b, responses: {"200": {description: fine}}}}
  /login:
    post:
      operationId: logIn
      requestBody: {required: true, content: {application/json: {schema: {type: object, properties: {email: {type: string}, password: {type: string}}}}}}
      responses: {"200": {description: in}, "401": {description: out}}
`

var home, near, away = netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.77"), netip.MustParseAddr("198.51.100.7")

// solve finds the proof of a puzzle as a program does.
func solve(puzzle string) string {
	want, err := strconv.Atoi(strings.Split(puzzle, ".")[2])
	if err != nil {
		return ""
	}
	for i := 0; ; i++ {
		proof := puzzle + "." + strconv.Itoa(i)
		n := 0
		for _, b := range sha256.Sum256([]byte(proof)) {
			n += bits.LeadingZeros8(b)
			if b != 0 {
				break
			}
		}
		if n >= want {
			return proof
		}
	}
}

type play struct {
	*stage.Stage
	sent []string // names of fields that the API got
}

func newPlay(t testing.TB, c config.Challenge) *play {
	t.Helper()
	if c.Bits == 0 {
		c.Bits, c.MaxBits = 8, 12
	}
	p := &play{Stage: stage.New(t, contract, gatehouse.API{Options: gatehouse.Options{Settings: config.Settings{Challenge: &c},
		Operations: map[string]gatehouse.Operation{"logIn": {Login: &config.Login{Account: "/email", Password: "/password"}}}}})}
	p.From = home
	p.API = func(x *gate.Exchange) {
		p.sent = nil
		for _, f := range x.Fields {
			if !f.Gone {
				p.sent = append(p.sent, string(f.Name))
			}
		}
		x.Answer.Status = 200
		if string(x.Path) == "/login" {
			x.Answer.Status = 401
		}
	}
	return p
}

// get calls with fields, NAME:VALUE each.
func (p *play) get(path string, fields ...string) int {
	p.With = nil
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ":")
		p.With = append(p.With, gate.Field{Name: []byte(name), Value: []byte(value)})
	}
	p.Call("GET", path, "", "")
	return p.Status
}

func TestAlways(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlay(t, config.Challenge{When: []string{"always"}})
		if got := p.get("/a"); got != 403 || p.Event.Code != gate.ChallengeRequired || p.Reply["Gatehouse-Puzzle"] == "" {
			t.Fatalf("%d %v", got, p.Reply)
		}
		proof := solve(p.Reply["Gatehouse-Puzzle"])
		p.From = near // of the same /24
		if got := p.get("/a", "gatehouse-proof:"+proof); got != 200 || len(p.sent) != 0 {
			t.Errorf("%d, the API got %v", got, p.sent)
		}
		refused := func(why, proof string) {
			t.Helper()
			if got := p.get("/a", "Gatehouse-Proof:"+proof); got != 403 || p.Event.Keyword != why || p.Reply["Gatehouse-Puzzle"] == "" {
				t.Errorf("%d %q, want %q: %s", got, p.Event.Keyword, why, proof)
			}
		}
		fresh := func() string { p.get("/a"); return solve(p.Reply["Gatehouse-Puzzle"]) }
		refused("used", proof)
		refused("form", strings.Repeat("1.", 90)+"1")
		refused("form", fresh()+"0x")
		refused("form", strings.Replace(fresh(), ".8.", ".-8.", 1))
		refused("foreign", strings.Replace(fresh(), ".8.", ".0.", 1))
		refused("foreign", strings.Replace(fresh(), "1.", "1.z", 1)) // it would end later
		late := fresh()
		p.From = away
		refused("foreign", late)
		p.From = home
		if p.get("/b", "Gatehouse-Proof:"+late); p.Event.Keyword != "foreign" {
			t.Errorf("at another operation: %q", p.Event.Keyword)
		}
		lazy := late[:strings.LastIndexByte(late, '.')]
		for i := range 100 {
			if guess := fmt.Sprint(lazy, ".", 1e6+i); p.get("/a", "Gatehouse-Proof:"+guess) == 403 {
				if p.Event.Keyword != "work" {
					t.Errorf("%q", p.Event.Keyword)
				}
				break
			}
		}
		time.Sleep(2*time.Minute + time.Second)
		refused("expired", late)
	})
}

// TestBrowser: a page is asked by a page, whose script leaves the proof in a
// cookie; with a pass it need not be asked again.
func TestBrowser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlay(t, config.Challenge{When: []string{"always"}, Pass: 10 * time.Minute})
		if got := p.get("/a", "Sec-Fetch-Mode:navigate"); got != 403 || p.Reply["Content-Type"] != "text/html; charset=utf-8" ||
			p.Reply["Content-Security-Policy"] != "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'" {
			t.Fatalf("%d %v", got, p.Reply)
		}
		puzzle := p.Reply["Gatehouse-Puzzle"]
		if !strings.Contains(p.Body, `content="`+puzzle+`"`) || !strings.Contains(p.Body, `<script src="`+challenge.ScriptPath+`"></script>`) || p.Reply["Cache-Control"] != "no-store" {
			t.Errorf("the page is %s", p.Body)
		}
		if p.get(challenge.ScriptPath) != 200 || p.Reply["Content-Type"] != challenge.ScriptType || p.Body != string(challenge.Script) {
			t.Errorf("the script: %d %v", p.Status, p.Reply)
		}
		if got := p.get("/a", "Cookie:x=y; gatehouse-proof="+solve(puzzle)); got != 200 {
			t.Fatalf("%d with the proof", got)
		}
		pass, _, _ := strings.Cut(p.Fields["Set-Cookie"], ";")
		if !strings.HasPrefix(pass, "gatehouse-pass=") || !strings.Contains(p.Fields["Set-Cookie"], "HttpOnly") {
			t.Fatalf("the pass is %q", p.Fields["Set-Cookie"])
		}
		if p.get("/a", "Cookie:"+pass) != 200 || p.get("/b", "Cookie:"+pass) != 200 {
			t.Error("the pass is not taken")
		}
		if p.get("/a", "Cookie:"+pass[:len(pass)-1]+"!") != 403 || p.get("/a", "Cookie:"+strings.Replace(pass, "=", "=z", 1)) != 403 {
			t.Error("a changed pass is taken")
		}
		if p.From = away; p.get("/a", "Cookie:"+pass) != 403 {
			t.Error("it is taken from elsewhere")
		}
		p.From = home
		time.Sleep(10 * time.Minute)
		if p.get("/a", "Cookie:"+pass) != 403 {
			t.Error("it never ends")
		}
	})
}

// TestAdaptive: a network that asks a lot is asked for more, others are not.
func TestAdaptive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlay(t, config.Challenge{When: []string{"always"}})
		bits := func() string { p.get("/a"); return strings.Split(p.Reply["Gatehouse-Puzzle"], ".")[2] }
		if got := bits(); got != "8" {
			t.Errorf("the first: %s", got)
		}
		for range 5000 {
			bits()
		}
		if got := bits(); got != "12" {
			t.Errorf("after 5000: %s", got)
		}
		if p.From = away; bits() != "8" {
			t.Error("others are asked for more")
		}
		p.From = home
		time.Sleep(time.Hour)
		if bits() != "8" {
			t.Error("it is never forgotten")
		}
	})
}

// TestLogin: strangers to an account that is guessed at prove work in place of
// being locked out.
func TestLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlay(t, config.Challenge{When: []string{"login"}})
		try := func(i int, proof string) int {
			p.From, p.With = netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 1}), nil
			if proof != "" {
				p.With = []gate.Field{{Name: []byte("Gatehouse-Proof"), Value: []byte(proof)}}
			}
			p.Call("POST", "/login", "application/json", fmt.Sprintf(`{"email":"alice","password":"guess %d"}`, i))
			return p.Status
		}
		if p.get("/a") != 200 {
			t.Error("asked where nobody logs in")
		}
		for i := range 20 {
			if got := try(i, ""); got != 401 {
				t.Fatalf("%d: %d", i, got)
			}
		}
		if got := try(21, ""); got != 403 || p.Event.Code != gate.ChallengeRequired {
			t.Fatalf("%d %v", got, p.Event.Code)
		}
		if got := try(21, solve(p.Reply["Gatehouse-Puzzle"])); got != 401 {
			t.Errorf("%d with a proof", got)
		}
	})
}

// TestScript has the page's own script solve a puzzle.
func TestScript(t *testing.T) {
	node := testdata.Program(t, "node", "nodejs")
	p := newPlay(t, config.Challenge{When: []string{"always"}, Bits: 12, MaxBits: 12})
	for range 3 {
		p.get("/a")
		puzzle := p.Reply["Gatehouse-Puzzle"]
		out, err := exec.Command(node, "-e", string(challenge.Script)+`gatehouse.solve("`+puzzle+`").then((proof) => process.stdout.write(proof))`).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if string(out) != solve(puzzle) {
			t.Errorf("the script found %s", out)
		}
		if got := p.get("/a", "Gatehouse-Proof:"+string(out)); got != 200 {
			t.Errorf("%d with %s", got, out)
		}
	}
}
