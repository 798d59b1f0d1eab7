package route

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// fuzzed is an API with each kind of segment in reach of each other.
func fuzzed() []Entry {
	return entries(
		"GET /", "GET /a", "POST /a", "GET /a/", "GET /a/b", "GET /{x}", "DELETE /{y}", "GET /{x}/b", "HEAD /a/{y}",
		"GET /a/{y}/c", "GET /a/b/d", "GET /{x}.json", "GET /v{major}.{minor}", "GET /a/{base}...{head}", "POST /a/{x}-{y}/{z}",
		"GET /f/{path*}", "PUT /f/b", "GET /g/{path*}/end", "GET /g/{path*}/end/{y}", "GET /g/{x}/fin", "GET /h/{a*}..{b}/c", "GET /h/{a}-{b*}",
		"GET /m/{id;}", "GET /m/{x}/items", "OPTIONS /m/{id;}/x", "GET /n/{x;}.{y}", "GET /a%20b/{x}", "GET /p;q/{x}", "GET /p;q-{x}",
		"GET /q/{x*;}", "GET /r/{x*}", "GET /r/{x;}/s", "GET /caf%C3%A9/{x}",
	)
}

func seeds(add func(path, method string)) {
	for _, row := range hostile {
		add(row.path, "GET")
	}
	for _, path := range []string{
		"/", "/a", "/a/", "/a/b", "/a/x/c", "/a/b/c", "/a/b/d", "/x", "/x.json", "/v1.2", "/v1.json", "/a/m...t", "/a/m....t", "/a/x-y/z", "/a/x%2dy-z/%20",
		"/f/a/b/c", "/f/a%2Fb/c", "/f/b", "/g/a/b/end", "/g/end/end/end", "/g/a/fin", "/g/a/end/y", "/g/x%2fy/end", "/h/a/b..c/c", "/h/a-b/c/d", "/h/a/b-c",
		"/m/;id=5", "/m/x;/items", "/m/a/x", "/n/;.y", "/n/y.;", "/a%20b/%E2%82%AC", "/p;q/x", "/p;q-;", "/p;q-%3B", "/q/a/;b/c", "/r/a/b;/s", "/r/;/s", "/caf%c3%a9/1",
		"/%61/%62", "/a%2e%2e%2eb", "/a/a%2e..b", "/a/%25-%25/1", "/f/a%5Cb",
	} {
		for _, method := range []string{"GET", "HEAD", "POST", "OPTIONS", "get"} {
			add(path, method)
		}
	}
}

// FuzzMatch compares the router with the slow one, over a fixed API.
func FuzzMatch(f *testing.F) {
	seeds(func(path, method string) { f.Add(path, method) })
	list := fuzzed()
	tbl := table(f, list)
	var m Match // used again and again, as the gate does
	f.Fuzz(func(t *testing.T, path, method string) { agree(t, tbl, &m, list, path, method) })
}

// FuzzBuild makes the API, too, of fuzzed text.
func FuzzBuild(f *testing.F) {
	for _, lines := range []string{
		"GET /a/{x}\nGET /a/b\nPUT /{y}/b", "GET /{x*}/{y}\nGET /a", "GET /{x;}-{y}\nGET /{x}.{y}\nGET /a.{y}\nGET /{y}.a", "GET /a//b", "GET /{", "GET /}", "GET /{a}{b}", "GET /%2", "GET /a?b", "GE T /a",
		"GET /..{x}", "GET /%7Ba%7D/{b}", "GET /{x*}-{y*;}/b\nGET /{x}/b", "GET /a\nGET /a", "GET /\nGET /{x}/\nGET /{x*}",
	} {
		for _, path := range []string{"/a/b", "/a.b", "/x-y/b", "/a;b-c/b", "/{a}/x", "/%7Ba%7D/x", "/a/", "/..b", "/a%2fb-c/b"} {
			f.Add(lines, path, "GET")
		}
	}
	f.Fuzz(func(t *testing.T, lines, path, method string) {
		if len(lines) > 400 || strings.Count(lines, "{") > 24 {
			return
		}
		list := entries(strings.Split(lines, "\n")...)
		tbl, problems := Build(list)
		var m Match
		if len(problems) > 0 {
			tbl.Match(&m, nil, []byte(method), []byte(path))
			return
		}
		agree(t, tbl, &m, list, path, method)
	})
}

// agree checks one look-up against the slow router, and that the values put
// into the template give the path again.
func agree(t *testing.T, tbl *Table, m *Match, list []Entry, path, method string) {
	t.Helper()
	tbl.Match(m, []byte("example"), []byte(method), []byte(path))
	if len(path) > 300 || strings.Count(path, "/") > 12 {
		return // the slow router tries all ways
	}
	outcome, number, values := refMatch(list, method, path)
	var got []string
	filled := ""
	if m.Outcome == Found {
		i := slices.IndexFunc(list, func(e Entry) bool { return e.Number == m.Number })
		filled = list[i].Template
	}
	for _, v := range m.Values {
		got = append(got, v.Name, string(v.Decoded))
		filled = strings.Replace(filled, "{"+v.Name+"}", string(v.Raw), 1)
		if len(v.Raw) == 0 || refDecode(string(v.Raw)) != string(v.Decoded) {
			t.Errorf("%q: %s is %q, decoded %q", path, v.Name, v.Raw, v.Decoded)
		}
	}
	if m.Outcome != outcome || m.Number != number || !slices.Equal(got, values) {
		t.Fatalf("%s %q: got %v %d %q, the slow router %v %d %q", method, path, m.Outcome, m.Number, got, outcome, number, values)
	}
	if m.Outcome == Found && refDecode(filled) != refDecode(path) {
		t.Errorf("%q: the values %q make it %q", path, got, filled)
	}
	if (m.Why == Unread) != (m.Outcome != Refused) {
		t.Errorf("%q: %v with form %v", path, m.Outcome, m.Why)
	}
	if (m.Allow != "") != (m.Outcome == WrongMethod || m.Outcome == Options) {
		t.Errorf("%q: %v with Allow %q", path, m.Outcome, m.Allow)
	}
}

// generated returns a path of parts that are likely to meet the router's
// rules. It is the same one for the same source of numbers.
func generated(random *rand.Rand) string {
	vocabulary := []string{
		"/", "/", "/", "/", "/", "/", "a", "b", "c", "d", "f", "g", "h", "m", "n", "q", "r", "v", "1", "2", "x", "end", "fin", "items", "s",
		".", "..", "...", ".json", "-", ";", ";id=", "p;q", "%61", "%2e", "%2F", "%5c", "%3B", "%20", "%25", "%2525", "%C3%A9", "%E2%82%AC", "%F0%9F%90%B6", "%00", "%ff", "caf%C3%A9", "a%20b",
		"~", "!", "$&'()*+,", "=", ":", "@", "%3F", "%23", "%2b", "%22",
	}
	path := "/"
	for range 1 + random.IntN(9) {
		path += vocabulary[random.IntN(len(vocabulary))]
	}
	return path
}

func TestGeneratedPathsAgreeWithTheSlowRouter(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	list := fuzzed()
	tbl := table(t, list)
	var m Match
	count := make(map[Outcome]int)
	for range 20_000 {
		agree(t, tbl, &m, list, generated(random), []string{"GET", "POST", "HEAD", "OPTIONS"}[random.IntN(4)])
		count[m.Outcome]++
	}
	t.Log(count)
	for o := Refused; o <= Found; o++ {
		if count[o] < 100 {
			t.Errorf("%v came out only %d times", o, count[o])
		}
	}
}
