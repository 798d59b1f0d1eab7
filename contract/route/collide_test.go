package route

import "testing"

// TestTextsWithTheSameHash looks up paths whose segments share hash and
// length with those of the table: the hash looks at both ends of a text only,
// so that anybody can write them.
func TestTextsWithTheSameHash(t *testing.T) {
	const stands, other = "aaaaaaaa1bbbbbbbb", "aaaaaaaa2bbbbbbbb"
	if hash(1, []byte(stands)) != hash(1, []byte(other)) {
		t.Fatal("the texts do not collide: find others")
	}
	tbl := table(t, entries("GET /"+stands, "GET /x/"+stands, "GET /y/"+other, "GET /"+stands+"/{id}"))
	for _, row := range []struct{ name, path, want string }{
		{"stands", "/" + stands, "0"},
		{"other", "/" + other, "404"},
		{"stands-deeper", "/x/" + stands, "1"},
		{"other-deeper", "/x/" + other, "404"},
		{"stands-elsewhere", "/y/" + stands, "404"},
		{"other-before-a-parameter", "/" + other + "/7", "404"},
		{"beginning", "/aaaaaaaa", "404"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := lookUp(tbl, "", "GET", row.path); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

// TestHostsInAnyCase writes each letter of a host in upper case.
func TestHostsInAnyCase(t *testing.T) {
	const name = "abcdefghijklmnopqrstuvwxyz-0.example"
	list := entries("GET /a")
	list[0].Hosts = []string{name}
	tbl := table(t, list)
	for i := range len(name) {
		host := []byte(name)
		if c := host[i]; 'a' <= c && c <= 'z' {
			host[i] = c - 'a' + 'A'
		}
		if got := lookUp(tbl, string(host), "GET", "/a"); got != "0" {
			t.Errorf("%s: got %q", host, got)
		}
		host[i] = '_' // another host
		if got := lookUp(tbl, string(host), "GET", "/a"); got != "404" {
			t.Errorf("%s: got %q", host, got)
		}
	}
}
