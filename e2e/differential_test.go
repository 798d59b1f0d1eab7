package e2e

import (
	"net"
	"slices"
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
				t.Run(row.Name, func(t *testing.T) { passOn(t, front, back, r.name, row) })
			}
		})
	}
}

// plain is the row that follows each other one.
var plain = testdata.Hostile{Sent: "POST /plain HTTP/1.1\r\nHost: plain.test\r\nContent-Length: 5\r\nX-Plain: yes\r\n\r\nplain",
	Want: []testdata.Outcome{{Method: "POST", Target: "/plain", Host: "plain.test", Fields: []string{"X-Plain: yes"}, Body: "plain"}}}

func passOn(t *testing.T, front string, back reader, name string, row testdata.Hostile) {
	want := slices.Concat(row.Want, plain.Want)
	got := slices.Concat(send(t, front, row), send(t, front, plain))
	read := back.take(t)
	for i, w := range want {
		a := got[i]
		switch {
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

// send plays a row on a connection of its own.
func send(t *testing.T, address string, row testdata.Hostile) []testdata.Answer {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(20 * time.Second)) // a hang is a failure
	got, _, err := row.Play(c, false)
	if err != nil {
		t.Fatal(err)
	}
	return got
}
