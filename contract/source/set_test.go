package source_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// folder holds api/main.yaml, some files beside it and some outside of api.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"api/main.yaml": "a: 1\n", "api/sub/pets.yaml": "b: 2\n", "api/a b#c?.yaml": "c: 3\n", "outside.yaml": "secret: 1\n",
		"api/bad.json": "{", "api/twice.json": `{"a": 1, "a": 2}`,
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{"out.yaml": "../outside.yaml", "in.yaml": "sub/pets.yaml", "up": ".."} {
		if err := os.Symlink(target, filepath.Join(dir, "api", link)); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "api")
}

func TestReferredFiles(t *testing.T) {
	api := folder(t)
	set, main, err := source.Open(filepath.Join(api, "main.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	sub, err := set.Refer(main, "sub/pets.yaml")
	if err != nil || sub.Root.Get("b") == nil {
		t.Fatal(sub, err)
	}
	if err := syscall.Mkfifo(filepath.Join(api, "pipe.yaml"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name string
		from *source.File
		ref  string
		want string // the file's name below the folder, or what the error holds
	}{
		{"below", main, "sub/pets.yaml", "sub/pets.yaml"},
		{"above-but-inside", sub, "../main.yaml", "main.yaml"},
		{"percent-encoded", main, "a%20b%23c%3f.yaml", "a b#c?.yaml"},
		{"other-spelling", main, "./x/../sub//%70ets.yaml", "sub/pets.yaml"},
		{"link-inside", main, "in.yaml", "in.yaml"},
		{"absolute-uri-of-the-set", sub, main.URI, "main.yaml"},
		{"above", main, "../outside.yaml", "leaves the folder"},
		{"far-above", main, "../../../../main.yaml", "leaves the folder"},
		{"above-from-below", sub, "../../outside.yaml", "leaves the folder"},
		{"encoded-above", main, "%2e%2e/outside.yaml", "leaves the folder"},
		{"encoded-slash-above", main, "sub%2f..%2f..%2foutside.yaml", "leaves the folder"},
		{"absolute-path", main, "/etc/passwd", "leaves the folder"},
		{"link-outside", main, "out.yaml", "cannot be read"},
		{"link-to-the-folder-above", main, "up/outside.yaml", "cannot be read"},
		{"network", main, "https://user:secret@example.com/a.yaml", "never reach the network"},
		{"network-without-scheme", main, "//example.com/a.yaml", "never reach the network"},
		{"file-of-a-host", main, "file://example.com/contract/main.yaml", "never reach the network"},
		{"data", main, "data:,a", "never reach the network"},
		{"not-a-reference", main, "%zz", "is not a reference"},
		{"query", main, "main.yaml?a", "has a query"},
		{"missing", main, "none.yaml", "there is no file"},
		{"a-folder", main, "sub", "not a regular file"},
		{"the-folder", main, ".", "leaves the folder"},
		{"a-pipe", main, "pipe.yaml", "not a regular file"},
		{"nul", main, "a%00.yaml", "cannot be read"},
	} {
		t.Run(row.name, func(t *testing.T) {
			f, err := set.Refer(row.from, row.ref)
			if err != nil {
				if !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "secret") {
					t.Errorf("error %q, want %q", err, row.want)
				}
				return
			}
			if f.Name != filepath.Join(api, filepath.FromSlash(row.want)) {
				t.Errorf("read %s, want %s", f.Name, row.want)
			}
		})
	}
	if again, _ := set.Refer(main, "x/../sub/%70ets.yaml"); again != sub {
		t.Error("one file was read twice")
	}
	if again, _ := set.Load(main.URI); again != main {
		t.Error("the main document was read twice")
	}
}

func TestProblemsOfReferredFiles(t *testing.T) {
	set, main, err := source.Open(filepath.Join(folder(t), "main.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	bad, err := set.Refer(main, "bad.json")
	if err != nil || bad.Root != nil {
		t.Error(bad, err)
	}
	if _, err := set.Refer(main, "twice.json"); err != nil {
		t.Error(err)
	}
	if n := len(set.Problems()); n != 2 {
		t.Errorf("%d problems, want 2: %v", n, set.Problems())
	}
}

// The main document may be a link to another place, whose folder then counts.
func TestOpenLink(t *testing.T) {
	api := folder(t)
	link := filepath.Join(t.TempDir(), "link.yaml")
	if err := os.Symlink(filepath.Join(api, "main.yaml"), link); err != nil {
		t.Fatal(err)
	}
	set, main, err := source.Open(link)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := set.Refer(main, "sub/pets.yaml"); err != nil {
		t.Error(err)
	}
	if _, err := set.Refer(main, "../outside.yaml"); err == nil {
		t.Error("left the folder")
	}
}

func TestOpenFails(t *testing.T) {
	api := folder(t)
	if _, _, err := source.Open(filepath.Join(api, "none.yaml")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if _, _, err := source.Open(filepath.Join(api, "none", "main.yaml")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	large := filepath.Join(api, "large.json")
	if err := errors.Join(os.WriteFile(large, nil, 0o644), os.Truncate(large, 64<<20+1)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := source.Open(large); err == nil || !strings.Contains(err.Error(), "larger than 64 MiB") {
		t.Error(err)
	}
	if err := os.Truncate(large, 16<<20+1); err != nil {
		t.Fatal(err)
	}
	yaml := filepath.Join(api, "large.yaml")
	if err := os.Rename(large, yaml); err != nil {
		t.Fatal(err)
	}
	set, f, err := source.Open(yaml)
	if err != nil || f.Root != nil || !strings.Contains(set.Problems().Error(), "the YAML document is larger than 16 MiB") {
		t.Error(err, set)
	}
}

// A set of one document reaches no other.
func TestNewSet(t *testing.T) {
	f, _ := source.ParseString("a.yaml", "a: 1\n")
	set := source.NewSet(f)
	if _, err := set.Refer(f, "b.yaml"); err == nil || !strings.Contains(err.Error(), "reaches no other files") {
		t.Error(err)
	}
	if same, err := set.Load(f.URI); same != f || err != nil {
		t.Error(same, err)
	}
}
