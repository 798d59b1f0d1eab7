//go:build linux

package main

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

//go:embed configs
var configs embed.FS

// stage is what all proxies have in common: the API behind them, the ports,
// the bodies, the folder with their files.
type stage struct {
	dir                      string
	ports                    [5]int // of the API, of the proxy plain and encrypted, for those who watch over it, of Redis
	order, order16, order100 []byte
	receipt, crooked         []byte
	tokens                   []string
	upstream, redis          *process
	programs                 map[string]string // paths of those that are not looked up
	env                      []string          // of the gate
}

// setting is what the templates of configs may name.
type setting struct {
	Dir, Contract                     string
	Upstream, Plain, TLS, Maintenance int
	Redis                             int
	Buffers, Tokens, Rules            bool
	All, Ledger, Reads                bool
	Limited, Shared                   bool
	Order, Receipt, Crooked, Schema   string
}

func (at *stage) plain() string           { return address(at.ports[1]) }
func (at *stage) encrypted() string       { return address(at.ports[2]) }
func (at *stage) maintenance() string     { return address(at.ports[3]) }
func (at *stage) file(name string) string { return filepath.Join(at.dir, name) }
func address(port int) string             { return fmt.Sprintf("127.0.0.1:%d", port) }

// setUp makes the folder and starts the API.
func setUp(ctx context.Context, programs map[string]string) (at *stage, err error) {
	at = &stage{
		order: testdata.Order(1 << 10), order16: testdata.Order(16 << 10), order100: testdata.Order(100 << 10),
		programs: programs,
	}
	at.receipt = fmt.Appendf(nil, `{"id":"ord_0123456789abcdef","status":"paid","total":1234.56,"currency":"EUR","lines":13,"message":"%s"}`, strings.Repeat("Thank you. ", 8))
	at.crooked = bytes.Replace(at.order, []byte(`"price":10.00`), []byte(`"price":0`), 1)
	if at.dir, err = os.MkdirTemp("", "gatehouse-bench-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			at.tearDown()
		}
	}()
	ports, err := freePorts(len(at.ports))
	if err != nil {
		return nil, err
	}
	at.ports = [5]int(ports)
	if err = at.files(); err != nil {
		return nil, err
	}
	conf, err := at.write("upstream.conf", setting{})
	if err != nil {
		return nil, err
	}
	at.upstream, err = start(at.dir, nil, at.program("nginx"), "-p", at.dir, "-e", "stderr", "-c", conf)
	if err != nil {
		return nil, err
	}
	return at, at.upstream.await(ctx, address(at.ports[0]))
}

// counters starts the Redis in which gates count together, once.
func (at *stage) counters(ctx context.Context) (err error) {
	if at.redis != nil {
		return at.redis.alive()
	}
	at.redis, err = start(at.dir, nil, at.program("redis-server"), "--port", strconv.Itoa(at.ports[4]), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction")
	if err != nil {
		return err
	}
	return at.redis.await(ctx, address(at.ports[4]))
}

// files writes what the programs read. nginx leaves its rights and then reads
// www as somebody else.
func (at *stage) files() error {
	if err := os.Chmod(at.dir, 0o755); err != nil {
		return err
	}
	cert, key, err := testdata.Certificate("bench", 1, time.Now().Add(24*time.Hour))
	if err != nil {
		return err
	}
	jwks, public, err := at.mint(time.Now())
	if err != nil {
		return err
	}
	lua := "wrk.method = 'POST'\nwrk.headers['Content-Type'] = 'application/json'\nwrk.body = " + quoteLua(at.order) + "\n"
	for name, text := range map[string][]byte{
		"www" + get16.path: at.order16, "www" + get100.path: at.order100, "order.json": at.order, "post.lua": []byte(lua),
		"tokens.lua": at.tokensLua(&getToken, nil), "posttokens.lua": at.tokensLua(&postToken, at.order), "bench.jwks": jwks, "bench.pub": public, "bench.cedar": []byte(rule),
		"passphrase": []byte("a passphrase of many words, for this bench alone"), "pepper": []byte("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="), "bench.crt": cert, "bench.key": key, "bench.pem": append(bytes.Clone(cert), key...),
	} {
		if err := os.MkdirAll(filepath.Dir(at.file(name)), 0o755); err != nil {
			return err
		}
		mode := os.FileMode(0o644)
		if strings.HasSuffix(name, ".key") || strings.HasSuffix(name, ".pem") || name == "passphrase" || name == "pepper" {
			mode = 0o600
		}
		if err := os.WriteFile(at.file(name), text, mode); err != nil {
			return err
		}
	}
	return nil
}

// quoteLua writes text as a long string of Lua, in which nothing is special.
func quoteLua(text []byte) string { return "[==[" + string(text) + "]==]" }

// write fills in a template and returns the path of the file.
func (at *stage) write(name string, s setting) (string, error) {
	s.Dir = at.dir
	s.Upstream, s.Plain, s.TLS, s.Maintenance, s.Redis = at.ports[0], at.ports[1], at.ports[2], at.ports[3], at.ports[4]
	quoted := func(b []byte) string { return strings.ReplaceAll(string(b), "'", `\'`) }
	s.Order, s.Receipt, s.Crooked = quoted(at.order), quoted(at.receipt), quoted(at.crooked)
	var schema bytes.Buffer
	if err := json.Compact(&schema, testdata.OrderSchema30()); err != nil {
		return "", err
	}
	s.Schema = schema.String()
	t, err := template.ParseFS(configs, "configs/"+name)
	if err != nil {
		return "", err
	}
	var text bytes.Buffer
	if err := t.Execute(&text, s); err != nil {
		return "", err
	}
	return at.file(name), os.WriteFile(at.file(name), text.Bytes(), 0o600)
}

// program is the path under which a program is started.
func (at *stage) program(name string) string {
	if path := at.programs[name]; path != "" {
		return path
	}
	return find(name)
}

// tearDown ends the API and removes the folder.
func (at *stage) tearDown() {
	for _, p := range []*process{at.upstream, at.redis} {
		if p != nil {
			_ = p.stop()
		}
	}
	os.RemoveAll(at.dir)
}
