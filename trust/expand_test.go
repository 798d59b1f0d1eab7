package trust_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/trust"
)

// services has one secret of Vault and opens one sealed file.
type services struct{}

func (services) Vault(path, field string) (string, *trust.Note) {
	switch {
	case path+"#"+field == "secret/shop#token":
		return planted, nil
	case path == "secret/old":
		return planted, &trust.Note{Text: "the one before goes on", Warning: true}
	case path == "secret/empty":
		return "", nil
	}
	return "", &trust.Note{Text: "Vault has no " + path}
}

func (services) Unseal(text []byte) (string, *trust.Note) {
	switch string(text) {
	case "sealed":
		return planted + "\n", nil
	case "sealed nothing":
		return "", nil
	}
	return "", &trust.Note{Text: "it does not open"}
}

func lookup() trust.Lookup {
	return trust.Lookup{
		Remote: services{},
		Folder: "/etc/gatehouse",
		Env: func(name string) (string, bool) {
			v, ok := map[string]string{"TOKEN": planted, "EMPTY": "", "NESTED": "${env:TOKEN}", "LARGE": strings.Repeat("p", 60<<10)}[name]
			return v, ok
		},
		File: func(path string, most int) ([]byte, bool, error) {
			switch filepath.ToSlash(path) {
			case "/etc/gatehouse/token", "/run/token":
				return []byte(planted + "\n"), false, nil
			case "/run/windows":
				return []byte(planted + "\r\n"), false, nil
			case "/run/lines":
				return []byte(planted + "\n\n"), false, nil
			case "/etc/gatehouse/a.sealed":
				return []byte("sealed"), true, nil
			case "/run/b.sealed":
				return []byte("sealed nothing"), true, nil
			case "/run/loose":
				return []byte(planted), true, nil
			case "/run/empty":
				return []byte("\n"), false, nil
			case "/run/denied":
				return nil, false, &fs.PathError{Op: "open", Path: path, Err: fs.ErrPermission}
			case "/run/odd":
				return nil, false, errors.New(planted)
			}
			return nil, false, fs.ErrNotExist
		},
	}
}

func TestExpand(t *testing.T) {
	for _, row := range []struct{ name, text, want, note string }{
		{"variable", "${env:TOKEN}", planted, ""},
		{"in-a-text", "Bearer ${env:TOKEN}", "Bearer " + planted, ""},
		{"twice", "${env:TOKEN}:${file:/run/token}", planted + ":" + planted, ""},
		{"relative-file", "${file:token}", planted, ""},
		{"relative-file-with-folders", "${file:../gatehouse/./token}", planted, ""},
		{"line-end-of-windows", "${file:/run/windows}", planted, ""},
		{"one-newline-alone-is-left-out", "${file:/run/lines}", planted + "\n", ""},
		{"a-value-is-not-expanded", "${env:NESTED}", "${env:TOKEN}", ""},
		{"a-dollar", "$${env:TOKEN}$", "$" + planted + "$", ""},
		{"loose", "${file:/run/loose}", planted, "others than its owner may read the secret in /run/loose"},
		{"literal", planted, "", "does not stand in the file itself"},
		{"nothing", "", "", "does not stand in the file itself"},
		{"unset", "${env:NOBODY}", "", "no variable NOBODY"},
		{"empty", "${env:EMPTY}", "", "variable EMPTY of the environment is empty"},
		{"no-name", "${env:}", "", "is no reference"},
		{"odd-name", "${env:planted-s3cr3t}", "", "is no reference"},
		{"unknown-kind", "${vault:planted-s3cr3t}", "", "is no reference"},
		{"vault", "Bearer ${vault:secret/shop#token}", "Bearer " + planted, ""},
		{"vault-that-is-down", "${vault:secret/old#token}", planted, "the one before goes on"},
		{"vault-without-the-secret", "${vault:secret/none#token}", "", "Vault has no secret/none"},
		{"vault-with-nothing", "${vault:secret/empty#a}", "", "the field a of secret/empty in Vault is empty"},
		{"vault-without-a-field", "${vault:secret/shop}", "", "is no reference"},
		{"vault-without-a-mount", "${vault:shop#token}", "", "is no reference"},
		{"vault-upwards", "${vault:secret/../sys/x#token}", "", "is no reference"},
		{"vault-with-a-query", "${vault:secret/a?b=c#token}", "", "is no reference"},
		{"vault-with-two-fields", "${vault:secret/a#b#c}", "", "is no reference"},
		{"vault-with-a-line", "${vault:secret/a\n#b}", "", "is no reference"},
		{"sealed-file", "${kms:a.sealed}", planted + "\n", ""},
		{"sealed-nothing", "${kms:/run/b.sealed}", "", "the sealed secret in /run/b.sealed is empty"},
		{"not-sealed", "${kms:/run/token}", "", "the sealed secret in /run/token: it does not open"},
		{"no-sealed-file", "${kms:/run/none}", "", "no file /run/none"},
		{"sealed-without-a-name", "${kms:}", "", "is no reference"},
		{"case", "${ENV:TOKEN}", "", "is no reference"},
		{"plain", "${planted-s3cr3t}", "", "is no reference"},
		{"open", "planted-s3cr3t ${env:TOKEN", "", "not closed"},
		{"no-file", "${file:/run/none}", "", "no file /run/none"},
		{"empty-file", "${file:/run/empty}", "", "the file /run/empty is empty"},
		{"denied", "${file:/run/denied}", "", "permission denied"},
		{"odd-error", "${file:/run/odd}", "", "it cannot be read"},
		{"many", strings.Repeat("${env:TOKEN}", 17), "", "more than 16"},
		{"most", strings.Repeat("${env:TOKEN}", 16), strings.Repeat(planted, 16), ""},
		{"large", "${env:LARGE}${env:LARGE}", "", "larger than 64 KiB"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, notes := trust.Expand(row.text, lookup())
			if s.Reveal() != row.want {
				t.Errorf("is %q, want %q", s.Reveal(), row.want)
			}
			var said string
			for _, n := range notes {
				said += n.Text + "; " + n.Hint + "\n"
				if n.Warning != (row.want != "") {
					t.Errorf("warning is %v: %s", n.Warning, n.Text)
				}
			}
			if (said == "") != (row.note == "") || !strings.Contains(said, row.note) {
				t.Errorf("says %q, want %q", said, row.note)
			}
			if strings.Contains(said, planted) {
				t.Error("a note holds the secret")
			}
		})
	}
}

// TestNoServices takes no reference to services where nothing asks them.
func TestNoServices(t *testing.T) {
	look := lookup()
	look.Remote = nil
	for _, text := range []string{"${vault:secret/shop#token}", "${kms:a.sealed}"} {
		if s, notes := trust.Expand(text, look); !s.IsZero() || len(notes) != 1 || notes[0].Warning || !strings.Contains(notes[0].Text, "of no use here") {
			t.Errorf("%s: %v", text, notes)
		}
	}
}

// TestExpandAll says everything that is wrong with one text.
func TestExpandAll(t *testing.T) {
	_, notes := trust.Expand("${env:NOBODY} ${file:none} ${x}", lookup())
	if len(notes) != 3 {
		t.Error(notes)
	}
}

func TestRefers(t *testing.T) {
	for text, want := range map[string]bool{"${env:A}": true, "a${file:b": true, "a${vault:b": true, "${kms:a}": true, "$env:A": false, "${A}": false, "^a${2}": false, "": false} {
		if trust.Refers(text) != want {
			t.Errorf("%q: want %v", text, want)
		}
	}
}

// TestSystem reads real files and variables.
func TestSystem(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string, mode fs.FileMode) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("private", planted+"\n", 0o600)
	write("open", planted, 0o644)
	write("large", strings.Repeat("p", 64<<10+1), 0o600)
	write("most", strings.Repeat("p", 64<<10), 0o600)
	t.Setenv("GATEHOUSE_TEST_TOKEN", planted)
	for _, row := range []struct {
		name, text string
		ok, loose  bool
	}{
		{"variable", "${env:GATEHOUSE_TEST_TOKEN}", true, false},
		{"private", "${file:private}", true, false},
		{"open", "${file:open}", true, runtime.GOOS != "windows"},
		{"absolute", "${file:" + filepath.ToSlash(folder) + "/private}", true, false},
		{"most", "${file:most}", true, false},
		{"large", "${file:large}", false, false},
		{"folder", "${file:.}", false, false},
		{"missing", "${file:missing}", false, false},
		{"below-a-file", "${file:private/a}", false, false},
		{"nul", "${file:private\x00}", false, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, notes := trust.Expand(row.text, trust.System(folder))
			if s.IsZero() == row.ok || (len(notes) > 0) != (row.loose || !row.ok) {
				t.Errorf("%d bytes, %+v", len(s.Reveal()), notes)
			}
		})
	}
}

func FuzzExpand(f *testing.F) {
	for _, seed := range []string{"", "${env:TOKEN}", "a ${file:/run/token} b", "${", "${}", "}${env:A}${", "${env:${env:TOKEN}}", "$$${env:TOKEN}", "${vault:secret/shop#token}", "${vault:a/b#c}${kms:a.sealed}", "${kms:}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, planted) {
			return // the text itself is shown to nobody, but its file name would be
		}
		s, notes := trust.Expand(text, lookup())
		for _, n := range notes {
			if strings.Contains(n.Text+n.Hint, planted) {
				t.Fatal("a note holds the secret")
			}
			if !n.Warning && !s.IsZero() {
				t.Fatal("a mistake gave a secret")
			}
		}
		if len(notes) == 0 && !trust.Refers(text) {
			t.Fatal("a text without references was taken")
		}
		if len(s.Reveal()) > 64<<10 {
			t.Fatal("too large")
		}
	})
}
