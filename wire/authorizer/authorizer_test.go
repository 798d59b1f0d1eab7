package authorizer_test

import (
	"io"
	"net/netip"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/authorizer"
	"github.com/gatehouse-api/gatehouse/wire/internal/forwarded"
	"github.com/gatehouse-api/gatehouse/wire/internal/stage"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// heard is what a proxy gets.
type heard struct {
	method string // by which the engine frames the answer
	status int
	fields map[string]string
	body   string
}

func (h *heard) Reply(x *gate.Exchange) error {
	h.method, h.status, h.body, h.fields = string(x.Method), x.Reply.Status, string(x.Reply.Body), map[string]string{}
	for _, f := range x.Reply.Fields {
		h.fields[string(f.Name)] = string(f.Value)
	}
	return nil
}

func (h *heard) Relay(*gate.Exchange) error { panic("a question is never relayed") }

// desk is an authorizer in front of a gate that enforces. Its API adds a field
// of its own to what it lets pass, and hears of it.
type desk struct {
	*stage.House
	shared *session.Shared
	asker  *authorizer.Authorizer
	seen   string // the call, as the guards saw it
}

var networks = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}

func open(t *testing.T, s authorizer.Settings) *desk {
	t.Helper()
	d := &desk{House: stage.New(t, nil)}
	d.API.Mode, d.API.Unrouted = gate.Enforce, nil
	s.APIs = []string{"stage"}
	d.asker = authorizer.New(s)
	d.shared = &session.Shared{Gate: d.Gate, Limits: session.Limits{}.WithDefaults(), Asker: d.asker}
	d.shared.Proxies.Store(forwarded.New(networks))
	for _, op := range d.Gate.Plan().Operations {
		op.Steps = append(op.Steps, gate.Step{Name: "look", Head: look{d}, Done: look{d}})
		if err := op.Compile(); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// look writes down the call, calls its caller alice, and takes Authorization from it.
type look struct{ d *desk }

func (l look) Head(x *gate.Exchange) gate.Verdict {
	l.d.seen = string(x.Method) + " " + string(x.Host) + string(x.Target) + " " + x.Client.String()
	if x.ClientSecure && x.Secure {
		l.d.seen += " tls"
	}
	for i := range x.Fields {
		f := &x.Fields[i]
		if gate.EqualFold(f.Name, "Authorization") {
			f.Gone = true
		} else if !gate.EqualFold(f.Name, "Host") || string(f.Value) != string(x.Host) {
			l.d.seen += " " + string(f.Name) + "=" + string(f.Value)
		}
	}
	x.OutFields = append(x.OutFields, gate.Field{Name: []byte("X-Caller"), Value: []byte("alice")})
	return gate.Allow
}

func (look) Done(*gate.Exchange) {}

// question is a request of a proxy: a request line and fields, in lines.
func (d *desk) question(t *testing.T, peer, text, body string) *heard {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(text), "\n")
	x, h := d.Gate.Acquire(), &heard{}
	method, target, _ := strings.Cut(strings.TrimSpace(lines[0]), " ")
	x.Method, x.Target, x.Host, x.Version = []byte(method), []byte(target), []byte("gate.test"), "HTTP/1.1"
	if peer != "" {
		x.Peer = netip.MustParseAddrPort(peer)
	}
	x.Fields = append(x.Fields, gate.Field{Name: []byte("Host"), Value: []byte("gate.test")})
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		x.Fields = append(x.Fields, gate.Field{Name: []byte(name), Value: []byte(strings.TrimSpace(value))})
		if name == "Envoy-Host" { // the call's own
			x.Host = x.Fields[len(x.Fields)-1].Value
			x.Fields = x.Fields[:len(x.Fields)-1]
		}
	}
	if body != "" {
		x.Incoming, x.BodyLength = io.Reader(strings.NewReader(body)), int64(len(body))
	}
	d.seen = ""
	d.asker.Ask(d.shared, x, h)
	d.Gate.Release(x)
	return h
}

const proxy = "10.0.0.1:4711"

const honestNginx = `GET /gatehouse
	X-Original-Method: GET
	X-Original-URI: /get?a=%41
	X-Original-Host: api.test
	X-Original-Proto: https
	X-Original-Addr: 203.0.113.7
	Authorization: Bearer x
	Accept: */*`

const honestForward = `GET /gatehouse
	X-Forwarded-Method: GET
	X-Forwarded-Uri: /get?a=%41
	X-Forwarded-Host: api.test
	X-Forwarded-Proto: https
	X-Forwarded-For: 203.0.113.7
	Authorization: Bearer x
	Accept: */*`

const honestEnvoy = `GET /gatehouse/get?a=%41
	Envoy-Host: api.test
	Content-Length: 0
	X-Forwarded-Proto: https
	X-Forwarded-For: 203.0.113.7, 10.2.3.4
	Authorization: Bearer x
	Accept: */*`

// TestHonest asks as each proxy does, of calls that may pass and of one that
// may not.
func TestHonest(t *testing.T) {
	for _, row := range []struct {
		settings authorizer.Settings
		text     string
	}{
		{authorizer.Settings{Protocol: authorizer.Nginx}, honestNginx},
		{authorizer.Settings{Protocol: authorizer.ForwardAuth}, honestForward},
		{authorizer.Settings{Protocol: authorizer.EnvoyHTTP, Prefix: "/gatehouse"}, honestEnvoy},
	} {
		t.Run(string(row.settings.Protocol), func(t *testing.T) {
			d := open(t, row.settings)
			h := d.question(t, proxy, row.text, "")
			if want := "GET api.test/get?a=%41 203.0.113.7 tls Accept=*/*"; d.seen != want {
				t.Errorf("the guards saw %q, want %q", d.seen, want)
			}
			gone, told := h.fields["Authorization"]
			if h.status != 200 || h.fields["X-Caller"] != "alice" || h.fields["Cache-Control"] != "no-store" || !told || gone != "" || len(h.body) > 0 {
				t.Errorf("%+v", h)
			}
			if e := d.Event(0); e.Asked != string(row.settings.Protocol) || e.Operation != "/get" || e.Outcome != gate.Replied || e.Denied || e.Client.String() != "203.0.113.0/24" || !e.Secure {
				t.Errorf("event %+v", e)
			}
			h = d.question(t, proxy, strings.Replace(row.text, "/get?a=%41", "/private", 1), "")
			if e := d.Event(1); h.status != 401 || e.Status != 401 || e.Code != gate.CredentialMissing || !strings.Contains(h.body, `"credential-missing"`) || h.fields["X-Caller"] != "" {
				t.Errorf("%+v, event %+v", h, e)
			}
			if h := d.question(t, "", row.text, ""); h.status != 200 {
				t.Errorf("over a Unix socket: %+v", h)
			}
		})
	}
}

// TestNginxKnowsTwoWords has refusals go as 401 and 403 and say in fields what
// the client is to get.
func TestNginxKnowsTwoWords(t *testing.T) {
	d := open(t, authorizer.Settings{Protocol: authorizer.Nginx})
	for i, row := range []struct {
		method, target string
		goes, status   int
	}{
		{"GET", "/nowhere", 403, 404},
		{"BREW", "/get", 403, 405},
		{"HEAD", "/private", 401, 401},
		{"HEAD", "/nowhere", 403, 404},
	} {
		text := strings.Replace(strings.Replace(honestNginx, "Method: GET", "Method: "+row.method, 1), "/get?a=%41", row.target, 1)
		h := d.question(t, proxy, text, "")
		e := d.Event(i)
		if h.status != row.goes || h.method != "GET" || e.Status != row.status || e.Method == "GET" && row.method != "GET" {
			t.Errorf("%s %s: %+v, event %+v", row.method, row.target, h, e)
		}
		if h.fields["X-Gatehouse-Problem"] != strings.TrimSpace(h.body) || h.fields["X-Gatehouse-Status"] != strings.TrimSpace(h.fields["X-Gatehouse-Status"]) || h.body == "" {
			t.Errorf("%s %s: %+v", row.method, row.target, h.fields)
		}
	}
}

// TestEnvoyBody takes a body only where it is to come, and only a whole one.
func TestEnvoyBody(t *testing.T) {
	post := strings.NewReplacer("GET /gatehouse/get?a=%41", "POST /gatehouse/buffer").Replace(honestEnvoy)
	whole, part := post+"\n\tX-Envoy-Auth-Partial-Body: false", post+"\n\tX-Envoy-Auth-Partial-Body: true"
	for _, row := range []struct {
		name, text, body string
		takes            bool
		status           int
	}{
		{"kept", post, "", false, 200},
		{"comes-unasked", post, "{}", false, 500},
		{"whole", whole, "{}", true, 200},
		{"empty", whole, "", true, 200},
		{"part", part, "{", true, 413},
		{"not-said", post, "{}", true, 500},
		{"said-twice", whole + "\n\tX-Envoy-Auth-Partial-Body: false", "{}", true, 500},
		{"said-otherwise", strings.Replace(whole, "false", "no", 1), "{}", true, 500},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := open(t, authorizer.Settings{Protocol: authorizer.EnvoyHTTP, Prefix: "/gatehouse", Body: row.takes})
			if h := d.question(t, proxy, row.text, row.body); h.status != row.status {
				t.Errorf("%+v", h)
			}
		})
	}
}

// TestSettingsChange has a question meet the settings that are in force.
func TestSettingsChange(t *testing.T) {
	d := open(t, authorizer.Settings{Protocol: authorizer.Nginx})
	d.asker.Set(authorizer.Settings{Protocol: authorizer.Nginx, APIs: []string{"another"}})
	if h := d.question(t, proxy, honestNginx, ""); h.fields["X-Gatehouse-Status"] != "404" {
		t.Errorf("%+v", h)
	}
	d.asker.Set(authorizer.Settings{Protocol: "carrier pigeon", APIs: []string{"stage"}})
	if h := d.question(t, proxy, honestNginx, ""); h.status != 500 {
		t.Errorf("%+v", h)
	}
}
