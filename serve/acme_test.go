package serve

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/config"
)

// acmeDoor asks an authority that is not there.
const acmeDoor = `version: 1
listeners:
  - address: 127.0.0.1:0
    tls:
      acme: {domains: [a.test], storage: $STORAGE, directory: "https://127.0.0.1:1/dir", ca: $CA}
apis:
  - contract: a.yaml
    upstreams: [{url: "http://127.0.0.1:1"}]
record: {events: none}
`

// TestMistakesOfACME finds what keeps certificates from being obtained before
// anybody is asked for one.
func TestMistakesOfACME(t *testing.T) {
	cert, _, err := certificate()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name, storage, ca string
		check, start      string // part of the problem
	}{
		{"good", "state/acme", "ca.pem", "", ""},
		{"no-authority", "state/acme", "a.yaml", "#/listeners/0/tls/acme/ca: ", "#/listeners/0/tls/acme/ca: "},
		{"no-file", "state/acme", "gone.pem", "no such file", "no such file"},
		{"a-file", "ca.pem", "ca.pem", "#/listeners/0/tls/acme/storage: ", "#/listeners/0/tls/acme/storage: "},
		{"no-rights", "/proc/self/task", "ca.pem", "", "#/listeners/0/tls/acme/storage: "},
		{"no-folder", "ca.pem/acme", "ca.pem", "", "#/listeners/0/tls/acme/storage: "},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := &house{t: t, dir: t.TempDir()}
			h.write("a.yaml", contractOf("A", "/a"))
			h.write("ca.pem", string(cert))
			h.write("gatehouse.yaml", strings.NewReplacer("$STORAGE", row.storage, "$CA", row.ca).Replace(acmeDoor))
			file := filepath.Join(h.dir, "gatehouse.yaml")
			problems := Check(file).Problems
			if (problems.Err() == nil) != (row.check == "") || problems.Err() != nil && !strings.Contains(problems.Error(), row.check) {
				t.Errorf("check: %v", problems)
			}
			if _, err := os.Stat(filepath.Join(h.dir, "state")); err == nil {
				t.Error("check has made the folder")
			}
			if row.start == "" {
				return
			}
			if p, err := Start(Config{File: file, Quiet: true}); err == nil || !strings.Contains(err.Error(), row.start) {
				t.Errorf("start: %v", err)
				if err == nil {
					p.Stop()
				}
			}
		})
	}
}

func TestWordsOfACME(t *testing.T) {
	for _, row := range []struct {
		tls  *config.TLS
		want string
	}{
		{nil, ""},
		{&config.TLS{}, ""},
		{&config.TLS{ACME: &config.ACME{Domains: []string{"a.test", "b.test"}}}, ", which obtains certificates for a.test, b.test"},
	} {
		if got := obtainsWords(&config.Listener{TLS: row.tls}); got != row.want {
			t.Errorf("%q, want %q", got, row.want)
		}
	}
}

func TestSameACME(t *testing.T) {
	one := func() *config.ACME { return &config.ACME{Domains: []string{"a.test"}, Storage: "s", Directory: "d"} }
	for name, change := range map[string]func(*config.ACME){
		"domains": func(a *config.ACME) { a.Domains = append(a.Domains, "b.test") }, "storage": func(a *config.ACME) { a.Storage = "t" },
		"directory": func(a *config.ACME) { a.Directory = "e" }, "ca": func(a *config.ACME) { a.CA = "c" }, "email": func(a *config.ACME) { a.Email = "e@a.test" },
	} {
		other := one()
		if !sameACME(one(), other) {
			t.Error("two of the same differ")
		}
		if change(other); sameACME(one(), other) {
			t.Errorf("%s makes no difference", name)
		}
	}
	if !sameACME(nil, nil) || sameACME(one(), nil) || sameACME(nil, one()) {
		t.Error("none is like one")
	}
}

func TestPortOfAnAddress(t *testing.T) {
	if got := port(&net.TCPAddr{Port: 443}); got != 443 {
		t.Error(got)
	}
	if got := port(&net.UnixAddr{Name: "/run/a.sock"}); got != 0 {
		t.Error("a Unix socket has a port: ", got)
	}
}
