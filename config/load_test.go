package config_test

import (
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
)

// environment is one for tests: a few variables, a few files.
var environment = config.Environment{
	Env: func(name string) (string, bool) {
		v, ok := map[string]string{"TOKEN": "planted-in-env", "SHOP_TOKEN": "planted-in-shop", "EMPTY": "", "LINES": "planted\r\nX: y", "SPACES": " planted ", "PEPPER": strings.Repeat("planted-", 4), "LONG": strings.Repeat("planted", 2000)}[name]
		return v, ok
	},
	File: func(path string, most int) ([]byte, bool, error) {
		switch filepath.Base(path) {
		case "token.txt":
			return []byte("planted-in-file\n"), false, nil
		case "loose.txt":
			return []byte("planted-in-file\n"), true, nil
		case "blank.txt":
			return []byte("\n"), false, nil
		}
		return nil, false, fs.ErrNotExist
	},
}

// TestGood reads a file with every key.
func TestGood(t *testing.T) {
	c := good(t, "full.good.yaml")
	folder, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	api := c.APIs[0]
	up := api.Upstreams[0]
	own := api.Operations["GET /pets/{id}"]
	for _, row := range []struct {
		name      string
		got, want any
	}{
		{"path", c.Path, "testdata/full.good.yaml"},
		{"default-time", c.Drain, 30 * time.Second},
		{"listener", c.Listeners[0].Address, "127.0.0.1:8443"},
		{"file", c.Listeners[0].TLS.Key, config.File(filepath.Join(folder, "tls.key"))},
		{"absolute-file", api.Contract, config.File("/etc/gatehouse/pets.yaml")},
		{"port", c.Listeners[1].HTTPSPort, uint16(8443)},
		{"default-port", c.Listeners[0].HTTPSPort, uint16(443)},
		{"networks", c.Listeners[0].TrustedProxies, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")}},
		{"number", c.Listeners[0].MaxConnections, 100},
		{"default-number", c.Listeners[1].MaxConnections, 8192},
		{"secret-of-a-file", up.Fields["X-Static"].Reveal(), "planted-in-file"},
		{"secret-of-a-variable", up.Fields["Authorization"].Reveal(), "Bearer planted-in-env!"},
		{"time", up.AnswerTimeout, 90 * time.Second},
		{"mode", api.Mode, config.Observe},
		{"guards-mode", api.Modes, map[string]config.Mode{"authn": config.Enforce}},
		{"undeclared", api.Undeclared, config.Undeclared{Requests: config.Drop, Answers: config.Refuse}},
		{"size", api.MaxBodyBytes, config.Bytes(2 << 20)},
		{"default-size", api.MaxAnswerBytes, config.Bytes(8 << 20)},
		{"an-operation-takes-no-defaults", own.MaxAnswerBytes, config.Bytes(0)},
		{"operation", own.MaxBodyBytes, config.Bytes(4096)},
		{"slashes", own.Slashes, []string{"id"}},
		{"upgrade", own.Upgrade, []string{"websocket"}},
		{"public", own.Public, true},
		{"days", c.APIs[1].HSTS.MaxAge, 730 * 24 * time.Hour},
		{"default-of-a-pointer", api.CORS.MaxAge, 10 * time.Minute},
		{"events", c.Record.Events, filepath.Join(folder, "events.jsonl")},
		{"archive", *c.Record.Archive, config.Archive{Place: c.Record.Archive.Place, Path: config.File(filepath.Join(folder, "archive")), MaxBytes: 4 << 30, MaxAge: 90 * 24 * time.Hour}},
		{"no-archive", good(t, "minimal.good.yaml").Record.Archive, (*config.Archive)(nil)},
		{"default-events", good(t, "minimal.good.yaml").Record.Events, "-"},
		{"maintenance", c.Maintenance.Address, "127.0.0.1:9090"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if !reflect.DeepEqual(row.got, row.want) {
				t.Errorf("is %v, want %v", row.got, row.want)
			}
		})
	}
}

// TestGoodFiles reads every file that has nothing wrong.
func TestGoodFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.good.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		good(t, filepath.Base(name))
	}
}

// good reads a file of testdata that has nothing wrong.
func good(t *testing.T, name string) *config.Config {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	c, problems := config.Parse("testdata/"+name, text, environment)
	if c == nil || len(problems) > 0 {
		t.Fatal(problems)
	}
	return c
}

// TestDocumentInPlaceOfConfiguration names one file where the other belongs.
func TestDocumentInPlaceOfConfiguration(t *testing.T) {
	for _, text := range []string{"openapi: 3.1.0\npaths: {}\n", "swagger: \"2.0\"\ninfo: {}\n"} {
		_, problems := config.Parse("openapi.yaml", []byte(text), environment)
		if len(problems) != 1 || problems[0].Text != "this is an OpenAPI document, and no gatehouse.yaml" || !strings.Contains(problems[0].Hint, "--contract") {
			t.Errorf("%q: %v", text, problems)
		}
	}
}
