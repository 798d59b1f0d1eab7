//go:build linux

package main

import (
	"fmt"
	"slices"
)

// protocol is how a client speaks to the proxy. The way to the API is plain
// HTTP/1.1 for all.
type protocol int

const (
	plain protocol = iota // HTTP/1.1
	tls13                 // TLS 1.3 with HTTP/1.1
	http2                 // TLS 1.3 with HTTP/2
)

// kind is how a scenario measures.
type kind int

const (
	saturated kind = iota // 32 requests at a time, as fast as they are answered
	steady                // 2,000 requests a second over 16 connections
	idle                  // connections that have had their answer and wait
)

// request is what clients send and what they must get.
type request struct {
	name, method, path string
	answer             func(at *stage) []byte
	tokens             bool // each with one of the stage's tokens, in turns
}

var (
	get       = request{"GET, 1 KiB answer", "GET", "/order", func(at *stage) []byte { return at.order }, false}
	getToken  = request{"GET with a token seen before, 1 KiB answer", "GET", "/order", func(at *stage) []byte { return at.order }, true}
	postToken = request{"POST 1 KiB with a token seen before, 200 B answer", "POST", "/orders", func(at *stage) []byte { return at.receipt }, true}
	get16     = request{"GET, 16 KiB answer", "GET", "/order16.json", func(at *stage) []byte { return at.order16 }, false}
	get100    = request{"GET, 100 KiB answer", "GET", "/order100.json", func(at *stage) []byte { return at.order100 }, false}
	post      = request{"POST 1 KiB, 200 B answer", "POST", "/orders", func(at *stage) []byte { return at.receipt }, false}
	crooked   = request{"GET, an answer off its schema", "GET", "/crooked", func(at *stage) []byte { return at.crooked }, false}
)

// scenario is one row of what is measured, for each of its subjects.
type scenario struct {
	name     string
	request  *request
	protocol protocol
	kind     kind
	subjects []string // in the order of the tables
}

// What stands in a scenario. nginx is first, as the measure.
var (
	everyone = []string{"nginx", "relay", "haproxy", "caddy", "kin-openapi", "gate", "gate-enforced", "gate-before", "gate-before-enforced"}
	// those that look at tokens beside those that do not
	known     = []string{"nginx", "haproxy", "haproxy-token", "gate", "gate-enforced", "gate-token", "gate-rule", "gate-events", "gate-all", "gate-all-rule", "gate-recorded", "gate-limited", "gate-shared", "gate-before-token"}
	encrypted = []string{"nginx", "haproxy", "caddy", "gate", "gate-enforced", "gate-before", "gate-before-enforced"}
)

var scenarios = []scenario{
	{"get", &get, plain, saturated, everyone},
	{"post", &post, plain, saturated, everyone},
	{"get-token", &getToken, plain, saturated, known},
	{"post-token", &postToken, plain, saturated, known},
	{"get-token-tls", &getToken, tls13, saturated, known},
	{"post-token-tls", &postToken, tls13, saturated, known},
	{"get16", &get16, plain, saturated, everyone},
	{"get100", &get100, plain, saturated, slices.Insert(slices.Clone(everyone), 1, "nginx-buffers")},
	{"get-tls", &get, tls13, saturated, encrypted},
	{"post-tls", &post, tls13, saturated, encrypted},
	{"get100-tls", &get100, tls13, saturated, slices.Insert(slices.Clone(encrypted), 1, "nginx-buffers")},
	{"get-h2", &get, http2, saturated, encrypted},
	{"post-h2", &post, http2, saturated, encrypted},
	{"get100-h2", &get100, http2, saturated, slices.Insert(slices.Clone(encrypted), 1, "nginx-buffers")},
	{"steady", &get, plain, steady, everyone},
	{"steady-post", &post, plain, steady, everyone},
	{"idle", &get, plain, idle, encrypted},
	{"idle-tls", &get, tls13, idle, encrypted},
}

// title says in words what the scenario does.
func (s *scenario) title() string {
	how := [...]string{"HTTP/1.1", "TLS 1.3 with HTTP/1.1", "TLS 1.3 with HTTP/2"}[s.protocol]
	switch s.kind {
	case steady:
		return fmt.Sprintf("%s over %s, %d requests a second", s.request.name, how, steadyRate)
	case idle:
		return fmt.Sprintf("%d idle connections, %s", idleConnections, how)
	}
	return fmt.Sprintf("%s over %s, 32 at a time", s.request.name, how)
}

// url is what the clients of the scenario ask for.
func (s *scenario) url(at *stage) string {
	if s.protocol == plain {
		return fmt.Sprintf("http://%s%s", at.plain(), s.request.path)
	}
	return fmt.Sprintf("https://%s%s", at.encrypted(), s.request.path)
}

// bar is what the gate promises: the ratio of one figure to another subject's.
type bar struct {
	what             string
	scenario, figure string
	subject, against string // without against the figure itself is held
	most             float64
	unit             string
}

var bars = []bar{
	{"plain forwarding, GET 1 KiB", "get", "cpu", "gate", "nginx", 1.1, ""},
	{"plain forwarding, POST 1 KiB", "post", "cpu", "gate", "nginx", 1.0, ""},
	{"plain forwarding, GET 100 KiB, to HAProxy", "get100", "cpu", "gate", "haproxy", 1.05, ""},
	{"plain forwarding, GET 100 KiB, to nginx with large buffers", "get100", "cpu", "gate", "nginx-buffers", 1.2, ""},
	{"TLS 1.3 with HTTP/1.1", "get-tls", "cpu", "gate", "nginx", 0.9, ""},
	{"TLS 1.3 with HTTP/2", "get-h2", "cpu", "gate", "nginx", 1.1, ""},
	{"contract enforced, POST 1 KiB", "post", "cpu", "gate-enforced", "nginx", 1.5, ""},
	{"contract enforced, GET 1 KiB", "get", "cpu", "gate-enforced", "nginx", 1.45, ""},
	{"contract enforced, POST 1 KiB, to Caddy doing nothing", "post", "cpu", "gate-enforced", "caddy", 0.25, ""},
	{"contract enforced, GET 1 KiB, to Caddy doing nothing", "get", "cpu", "gate-enforced", "caddy", 0.25, ""},
	{"everything with a rule in Cedar, GET 1 KiB", "get-token", "cpu", "gate-all-rule", "nginx", 1.6, ""},
	{"everything with a rule in Cedar, GET 1 KiB, TLS 1.3", "get-token-tls", "cpu", "gate-all-rule", "nginx", 1.3, ""},
	{"everything with a rule in Cedar, POST 1 KiB", "post-token", "cpu", "gate-all-rule", "nginx", 1.9, ""},
	{"everything with a rule in Cedar, POST 1 KiB, TLS 1.3", "post-token-tls", "cpu", "gate-all-rule", "nginx", 1.5, ""},
	{"everything without one, GET 1 KiB", "get-token", "cpu", "gate-all", "nginx", 1.45, ""},
	{"everything without one, GET 1 KiB, TLS 1.3", "get-token-tls", "cpu", "gate-all", "nginx", 1.15, ""},
	{"everything without one, POST 1 KiB", "post-token", "cpu", "gate-all", "nginx", 1.75, ""},
	{"everything without one, POST 1 KiB, TLS 1.3", "post-token-tls", "cpu", "gate-all", "nginx", 1.35, ""},
	{"throughput with a limit counted alone, to that with Redis", "get-token", "rate", "gate-limited", "gate-shared", 1.25, ""},
	{"CPU at 2,000 requests a second", "steady", "cpu", "gate", "nginx", 1.8, ""},
	{"p99 at 2,000 requests a second", "steady", "p99", "gate", "nginx", 1.5, ""},
	{"heap bytes a request, HTTP/1.1", "get", "heap", "gate", "", 1, "B"},
	{"heap bytes a request, HTTP/2", "get-h2", "heap", "gate", "", 300, "B"},
	{"an idle connection, plain", "idle", "idle", "gate", "", 8, "KiB"},
	{"an idle connection, TLS", "idle-tls", "idle", "gate", "", 20, "KiB"},
	{"memory under load, 32 streams", "get", "peak", "gate", "", 40, "MiB"},
	{"memory under load, 32 streams, contract enforced", "post", "peak", "gate-enforced", "", 40, "MiB"},
}
