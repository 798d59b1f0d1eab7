package serve

import (
	"context"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/fake"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// planted is the secret that every house shows its API; see one. Nothing that
// the program writes may hold it.
const planted = `zqx7-planted-"in-serve"-41aa`

// house is a folder with a gatehouse.yaml, and a program that serves it.
type house struct {
	*Program
	t   *testing.T
	dir string
	log testdata.Buffer
}

// write writes a file of the folder as careful programs do: in one step.
func (h *house) write(name, text string) {
	h.t.Helper()
	path := filepath.Join(h.dir, name)
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		h.t.Fatal(err)
	}
}

// pipe makes a named pipe, at whose other end nobody is.
func (h *house) pipe(name string) {
	h.t.Helper()
	if err := syscall.Mkfifo(filepath.Join(h.dir, name), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// contractOf describes the paths.
func contractOf(title string, paths ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "openapi: 3.1.0\ninfo: {title: %s, version: 1.0.0}\nsecurity: []\npaths:\n", title)
	for _, p := range paths {
		fmt.Fprintf(&b, "  %s: {get: {responses: {\"200\": {description: OK, content: {text/plain: {}}}}}}\n", p)
	}
	return b.String()
}

// openHouse serves gatehouse.yaml of a new folder; contracts a.yaml and b.yaml
// are there. At the end, all that was said and recorded is searched for secrets.
func openHouse(t *testing.T, text string, change ...func(*Config)) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir()}
	h.write("a.yaml", contractOf("A", "/both", "/a"))
	h.write("b.yaml", contractOf("B", "/both", "/b"))
	h.write("planted", planted)
	h.write("gatehouse.yaml", text)
	t.Cleanup(h.holdsNoSecret)
	t.Cleanup(h.rest)
	c := Config{File: filepath.Join(h.dir, "gatehouse.yaml"), Stderr: &h.log, Poll: -1}
	for _, f := range change {
		f(&c)
	}
	p, err := Start(c)
	if err != nil {
		t.Fatalf("%v", err)
	}
	h.Program = p
	return h
}

// rest ends what the program, stopped or not, writes to its folder by itself, before
// the folder is removed.
func (h *house) rest() {
	if h.Program == nil {
		return // it did not start
	}
	h.Program.end()
	h.Program.swept.Wait()
	if k := h.reader.keeper; k != nil {
		k.end()
		k.work.Wait()
	}
}

// holdsNoSecret searches what the program has written.
func (h *house) holdsNoSecret() {
	texts := map[string]string{"the log": h.log.String()}
	events, err := filepath.Glob(filepath.Join(h.dir, "*.jsonl"))
	if err != nil {
		h.t.Error(err)
	}
	for _, name := range events {
		text, err := os.ReadFile(name)
		if err != nil {
			h.t.Error(err)
		}
		texts[name] = string(text)
	}
	for where, text := range texts {
		if form := plantedIn(text, h.ownKeys()...); form != "" {
			h.t.Errorf("%s holds a planted secret as %s", where, form)
		}
	}
}

// plantedElsewhere are secrets that services of tests know: tokens of Vault and
// what they are got with.
var plantedElsewhere = []string{fake.RootToken, "hvs.planted-token-1", "hvs.planted-token-2", "planted-secret-id", "planted.pod.jwt"}

// plantedIn returns the form in which a text holds a secret, also one of more;
// "" when it does not.
func plantedIn(text string, more ...string) string {
	for _, secret := range slices.Concat([]string{planted}, plantedElsewhere, more) {
		for form, written := range testdata.Forms(secret) {
			if strings.Contains(text, written) {
				return form
			}
		}
	}
	return ""
}

// ownKeys are the gate's own keys that a program has, as far as they can be had.
func (h *house) ownKeys() (list []string) {
	if h.Program == nil || h.reader.custody.keys == nil {
		return nil
	}
	k := h.reader.custody.keys
	if ring, err := k.Ring().Reveal(); err == nil {
		list = append(list, string(ring))
	}
	for _, key := range k.Verifying() {
		if scalar, err := key.Private().Bytes(); err == nil {
			list = append(list, string(scalar), new(big.Int).SetBytes(scalar).String())
		}
	}
	return list
}

// said waits until the program has written a text.
func (h *house) said(want string) {
	h.t.Helper()
	for limit := time.Now().Add(10 * time.Second); !strings.Contains(h.log.String(), want); time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			h.t.Fatalf("the program did not say %q:\n%s", want, h.log.String())
		}
	}
}

// status makes a call on a connection of its own.
func status(t *testing.T, url string) int {
	t.Helper()
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(url)
	if err != nil {
		t.Error(err)
		return 0
	}
	answer.Body.Close()
	return answer.StatusCode
}

func upstreamOf(t *testing.T) (url string, connections *atomic.Int64) {
	connections = new(atomic.Int64)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) }))
	s.Config.ConnContext = func(ctx context.Context, _ netConn) context.Context {
		connections.Add(1)
		return ctx
	}
	s.Start()
	t.Cleanup(s.Close)
	return s.URL, connections
}

// one is a configuration of one listener and one API, which is shown a secret.
func one(contract, upstream string, more ...string) string {
	return fmt.Sprintf("version: 1\nlisteners:\n  - address: 127.0.0.1:0\n%sapis:\n  - contract: %s\n    upstreams: [{fields: {X-Planted: \"${file:planted}\"}, url: \"%s\"}]\nrecord: {events: none}\n",
		strings.Join(more, ""), contract, upstream)
}
