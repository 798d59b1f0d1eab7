package e2e

import (
	"crypto/tls"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// declined are the rows of the corpus that the gate passes on and a server
// behind it refuses by itself. To refuse is to read nothing.
var declined = map[string][]string{
	"pipeline-body-with-a-byte-behind": {"node", "node-lenient", "nginx"}, // a method that is no word: !GET
	"pipeline-body-short-by-one":       {"node", "node-lenient"},          // a method that it does not know: ET
}

// TestHostileCorpusBehindTheGate sends the corpus of hostile requests through
// the gate to real servers. What the gate refuses none of them sees; what it
// passes on every one of them reads as one request, with the method, the
// target, the host, the fields and the body that the corpus says. After each
// row a plain request follows on another connection, which must be read as it is:
// connections to the API are kept, so that what a server had left of the row
// would become a part of it.
func TestHostileCorpusBehindTheGate(t *testing.T) {
	rows := testdata.Corpus(t, "h1")
	gate, err := gatehouse()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range readers {
		t.Run(r.name, func(t *testing.T) {
			back := r.start(t)
			front := start(t, gateListens, gate, "serve", "--mode", "observe", "--contract", fixture(t, "openapi.yaml"),
				"--upstream", "http://"+back.address, "--listen", anywhere)
			for _, row := range rows {
				t.Run(row.Name, func(t *testing.T) { overLines(front).passOn(t, back, r.name, row, plain) })
			}
		})
	}
}

// TestHostileStreamsBehindTheGate is the same for HTTP/2: what the gate writes
// of it to the API, in HTTP/1.1, every server reads as the one request that the
// stream was.
func TestHostileStreamsBehindTheGate(t *testing.T) {
	rows := testdata.Corpus(t, "h2")
	gate, err := gatehouse()
	if err != nil {
		t.Fatal(err)
	}
	cert, key := certificate(t)
	for _, r := range readers {
		t.Run(r.name, func(t *testing.T) {
			back := r.start(t)
			front := start(t, gateListens, gate, "serve", "--mode", "observe", "--contract", fixture(t, "openapi.yaml"),
				"--upstream", "http://"+back.address, "--listen", anywhere, "--tls-cert", cert, "--tls-key", key)
			for _, row := range rows {
				if strings.HasPrefix(row.Name, "scheme-") {
					continue // they are for connections without TLS
				}
				t.Run(row.Name, func(t *testing.T) { overStreams(front).passOn(t, back, r.name, secured(row), secured(plainStream)) })
			}
		})
	}
}

// secured is row for a connection with TLS.
func secured(row testdata.Hostile) testdata.Hostile {
	row.Head = slices.Clone(row.Head)
	for i := range row.Head {
		if f := &row.Head[i]; f[0] == ":scheme" && f[1] == "http" {
			f[1] = "https"
		}
	}
	return row
}

// plain is the row that follows each other one.
var plain = testdata.Hostile{Sent: "POST /plain HTTP/1.1\r\nHost: plain.test\r\nContent-Length: 5\r\nX-Plain: yes\r\n\r\nplain",
	Want: []testdata.Outcome{{Method: "POST", Target: "/plain", Host: "plain.test", Fields: []string{"X-Plain: yes"}, Body: "plain"}}}

var plainStream = testdata.Hostile{Want: plain.Want, Data: []string{"plain"},
	Head: [][2]string{{":method", "POST"}, {":scheme", "http"}, {":path", "/plain"}, {":authority", "plain.test"}, {"x-plain", "yes"}}}

// player sends a row to the gate and returns what it answered.
type player func(t *testing.T, row testdata.Hostile) []testdata.Answer

// passOn sends a row and then the plain one, and compares what was read.
func (play player) passOn(t *testing.T, back reader, name string, row, plain testdata.Hostile) {
	want := slices.Concat(row.Want, plain.Want)
	got := slices.Concat(play(t, row), play(t, plain))
	read := back.take(t)
	for i, w := range want {
		a := got[i]
		switch {
		case a.Code == testdata.Reset && w.Code != "":
		case a.Code != w.Code:
			t.Errorf("request %d got %d %q, want %q", i, a.Status, a.Code, w.Code)
		case w.Code != "":
		case a.Status != 204:
			if !slices.Contains(declined[row.Name], name) || i >= len(row.Want) {
				t.Errorf("request %d is refused with %d: %v", i, a.Status, w)
			}
		case len(read) == 0:
			t.Errorf("not read: %v", w)
		default:
			if !w.Same(read[0]) {
				t.Errorf("read  %v\nmeant %v", read[0], w)
			}
			read = read[1:]
		}
	}
	for _, more := range read {
		t.Errorf("read as well: %v", more)
	}
}

// overLines sends each row on a connection of HTTP/1.1 of its own.
func overLines(address string) player {
	return func(t *testing.T, row testdata.Hostile) []testdata.Answer {
		t.Helper()
		got, _, err := row.Play(dial(t, address), false)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
}

// overStreams sends each row on a connection of HTTP/2 of its own.
func overStreams(address string) player {
	return func(t *testing.T, row testdata.Hostile) []testdata.Answer {
		t.Helper()
		c := tls.Client(dial(t, address), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}) // loopback, a certificate of this test
		if err := c.Handshake(); err != nil || c.ConnectionState().NegotiatedProtocol != "h2" {
			t.Fatalf("no HTTP/2: %v", err)
		}
		got, err := row.PlayStream(c)
		if err != nil {
			t.Fatal(err)
		}
		return []testdata.Answer{got}
	}
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(20 * time.Second)) // a hang is a failure
	return c
}
