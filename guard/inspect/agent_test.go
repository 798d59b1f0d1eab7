package inspect

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/guard/inspect/detect"
)

var agents = []string{
	"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
	"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36",
}

var lists = []string{
	"application/json, text/plain, */*", "en-GB,en;q=0.9,de;q=0.8", "gzip, deflate, br", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
}

var noShapes = []string{
	"Mozilla/5.0 (X11; cat /etc/passwd)", "Mozilla/5.0' or 1=1--", "() { :; }; echo 1", "Mozilla/5.0 like 1", "Mozilla/..", "${jndi:ldap://x}", "Mozilla/5.0 (X11;Linux)", "a,base64,JyBvciAxPTEtLSBhYmM=",
	"en;q=0.9;cat", "en;id", "a/../b", "a--", "text/*", "etc/passwd;q=1", "Mozilla/5.0 (X11", "X11)",
}

// TestShapes holds that what browsers send is known, and what is none is read.
func TestShapes(t *testing.T) {
	for _, s := range agents {
		if !agent([]byte(s)) {
			t.Errorf("no agent: %s", s)
		}
	}
	for _, s := range lists {
		if !ranges([]byte(s)) {
			t.Errorf("no ranges: %s", s)
		}
	}
	for _, s := range noShapes {
		if agent([]byte(s)) || ranges([]byte(s)) || plain([]byte(s)) {
			t.Errorf("passes unread: %s", s)
		}
	}
}

// shaped fails when a value that passes unread is one in which grammars find
// something.
func shaped(t *testing.T, value string) (known bool) {
	known = agent([]byte(value)) || ranges([]byte(value))
	if known {
		if v := detect.JudgeAmong([]byte(value), detect.Header, detect.Unknown, inFields); v.Score > 0 {
			t.Errorf("%q: %v", value, v)
		}
	}
	return known
}

// TestShapesHoldNothing puts the parts of such fields, and words of queries and
// shells, together at random.
func TestShapesHoldNothing(t *testing.T) {
	parts := []string{" ", "/", ";", "; ", ", ", ",", ":", "(", ")", "_", ".", "-", "5.0", "1", "0", " (", ") ", ";q=0.9", ";q=1", "*/*", "like", "like Gecko", "or", "select", "union", "cat", "id", "sleep", "etc", "passwd", "sh", "bin", "windows", "system32", "php", "text/html", "application/json", "image/webp", "gzip", "en-GB", "de", "base64", "O", "rO0AB", "a", "+"}
	for w := range agentWords {
		parts = append(parts, w)
	}
	r := rand.New(rand.NewPCG(1, 2))
	known := 0
	for range 200_000 {
		var b strings.Builder
		for range 1 + r.IntN(7) {
			b.WriteString(parts[r.IntN(len(parts))])
			if r.IntN(3) == 0 {
				b.WriteByte(" /,"[r.IntN(3)])
			}
		}
		if shaped(t, b.String()) {
			known++
		}
	}
	if known < 1000 {
		t.Errorf("only %d values have a shape", known)
	}
}

func FuzzShapes(f *testing.F) {
	for _, s := range append(append(agents, lists...), noShapes...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) { shaped(t, value) })
}
