package route

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// What the router accepts is read alike by others: each path of
// testdata/differential.json and some thousand generated ones has the same
// decoded segments for Go's net/url, for Node's URL and for Python's urllib,
// and none of them normalises it to another path.

// reading is one accepted path and its decoded segments.
type reading struct {
	Name     string   `json:"name"`
	Path     string   `json:"path"`
	Segments []string `json:"segments"`
}

// nodeReader and pythonReader read a list of paths from standard input and
// write a list of lists of segments; null where they read another path.
const nodeReader = `
const paths = JSON.parse(require("fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(paths.map(p => {
	const u = new URL("http://gate.example" + p);
	if (u.pathname !== p || u.search !== "" || u.hash !== "" || u.host !== "gate.example") return null;
	return u.pathname.split("/").slice(1).map(decodeURIComponent);
})));
`

const pythonReader = `
import json, posixpath, sys
from urllib.parse import unquote, urlsplit
def read(p):
    u = urlsplit("http://gate.example" + p)
    if u.path != p or u.query or u.fragment or u.netloc != "gate.example":
        return None
    whole = unquote(u.path, errors="strict")
    if posixpath.normpath(whole) != (whole.rstrip("/") or "/"):
        return None
    return [unquote(s, errors="strict") for s in u.path.split("/")[1:]]
json.dump([read(p) for p in json.load(sys.stdin)], sys.stdout)
`

// goReader reads as programs do that build on net/url.
func goReader(paths []string) [][]string {
	all := make([][]string, len(paths))
	for i, p := range paths {
		u, err := url.Parse("http://gate.example" + p)
		if err != nil || u.EscapedPath() != p || u.RawQuery != "" || u.Fragment != "" || u.Host != "gate.example" {
			continue
		}
		if path.Clean(u.Path) != strings.TrimSuffix(u.Path, "/") && u.Path != "/" {
			continue
		}
		all[i] = strings.Split(u.Path, "/")[1:]
	}
	return all
}

// scriptReader returns what a script makes of paths.
func scriptReader(t *testing.T, program, option, script string, paths []string) (all [][]string) {
	t.Helper()
	file := testdata.Program(t, program, strings.Replace(program, "node", "nodejs", 1))
	in, err := json.Marshal(paths)
	if err != nil {
		t.Fatal(err)
	}
	run := exec.Command(file, option, script)
	run.Stdin = bytes.NewReader(in)
	var failure bytes.Buffer
	run.Stderr = &failure
	out, err := run.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", program, err, failure.Bytes())
	}
	if err := json.Unmarshal(out, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// readings returns the rows of the file and generated ones.
func readings(t *testing.T) []reading {
	t.Helper()
	data, err := os.ReadFile("testdata/differential.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []reading
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	if len(list) < 40 {
		t.Fatalf("the file has only %d rows", len(list))
	}
	var lines []string
	for i, p := 0, ""; i < 12; i++ {
		p += "/{p" + string(rune('a'+i)) + "}"
		lines = append(lines, "GET "+p, "GET "+p+"/")
	}
	tbl := table(t, entries(append(lines, "GET /")...))
	var m Match
	read := func(p string) (segments []string, ok bool) {
		tbl.Match(&m, nil, []byte("GET"), []byte(p))
		for _, v := range m.Values {
			segments = append(segments, string(v.Decoded))
		}
		if strings.HasSuffix(p, "/") {
			segments = append(segments, "")
		}
		return segments, m.Outcome == Found
	}
	for _, r := range list {
		if got, ok := read(r.Path); !ok || !slices.Equal(got, r.Segments) {
			t.Errorf("%s: the router reads %q as %q (%s), want %q", r.Name, r.Path, got, say(&m), r.Segments)
		}
	}
	random := rand.New(rand.NewPCG(3, 4))
	for len(list) < 3_000 {
		p := generated(random)
		if segments, ok := read(p); ok {
			list = append(list, reading{"generated", p, segments})
		}
	}
	return list
}

func TestAcceptedPathsAreReadAlikeByOthers(t *testing.T) {
	list := readings(t)
	paths := make([]string, len(list))
	for i, r := range list {
		paths[i] = r.Path
	}
	for _, row := range []struct {
		name string
		read func(*testing.T) [][]string
	}{
		{"go-net-url", func(*testing.T) [][]string { return goReader(paths) }},
		{"node-url", func(t *testing.T) [][]string { return scriptReader(t, "node", "-e", nodeReader, paths) }},
		{"python-urllib", func(t *testing.T) [][]string { return scriptReader(t, "python3", "-c", pythonReader, paths) }},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := row.read(t)
			if len(got) != len(list) {
				t.Fatalf("%d answers for %d paths", len(got), len(list))
			}
			bad := 0
			for i, r := range list {
				if !slices.Equal(got[i], r.Segments) {
					if bad++; bad <= 20 {
						t.Errorf("%s: %q is read as %q, the router reads %q", r.Name, r.Path, got[i], r.Segments)
					}
				}
			}
			t.Logf("%d paths compared", len(list))
		})
	}
}
