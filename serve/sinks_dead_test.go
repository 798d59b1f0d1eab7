package serve

import (
	"bytes"
	"crypto/tls"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// receivers are one for each kind of sink. Until they wake they take connections
// and say nothing, and the folder of the file is not there.
type receivers struct {
	t                    *testing.T
	folder               string
	webhook, logs, topic net.Listener
	server               tls.Certificate
}

func newReceivers(t *testing.T) *receivers {
	r := &receivers{t: t, folder: filepath.Join(t.TempDir(), "later")}
	for _, l := range []*net.Listener{&r.webhook, &r.logs, &r.topic} {
		var err error
		if *l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { (*l).Close() })
	}
	return r
}

// sinks are those of gatehouse.yaml.
func (r *receivers) sinks() string {
	const each = ", backlog: 1MiB, timeout: 1s, "
	_, logs, _ := net.SplitHostPort(r.logs.Addr().String())
	return "\n    - {name: file" + each + "file: {path: '" + filepath.Join(r.folder, "events") + "'}}" +
		"\n    - {name: webhook" + each + "webhook: {url: 'http://" + r.webhook.Addr().String() + "/'}}" +
		"\n    - {name: syslog" + each + "syslog: {url: 'tls://localhost:" + logs + "', ca: ca.pem}}" +
		"\n    - {name: kafka" + each + "kafka: {brokers: ['" + r.topic.Addr().String() + "'], topic: events, plaintext: true}}\n"
}

// wake has all receivers take what comes.
func (r *receivers) wake() {
	if err := os.Mkdir(r.folder, 0o700); err != nil {
		r.t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) { io.Copy(io.Discard, q.Body) })}
	go server.Serve(r.webhook)
	r.t.Cleanup(func() { server.Close() })
	go func() {
		for secure := tls.NewListener(r.logs, &tls.Config{Certificates: []tls.Certificate{r.server}}); ; {
			c, err := secure.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				io.Copy(io.Discard, c)
			}()
		}
	}()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "events"), kfake.ListenFn(func(string, string) (net.Listener, error) { return r.topic, nil }))
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(c.Close)
}

// TestDeadSinks calls a gate none of whose sinks takes anything, beside one that
// has none: calls are as quick, the backlogs grow to their bounds, are encrypted
// and shown, and all of it is delivered when the receivers wake.
func TestDeadSinks(t *testing.T) {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") }))
	t.Cleanup(api.Close)
	r := newReceivers(t)
	ca := testdata.NewAuthority(t, "logs")
	cert, key := ca.Server(2, "localhost")
	var err error
	if r.server, err = tls.X509KeyPair(cert, key); err != nil {
		t.Fatal(err)
	}
	text := "version: 1\nlisteners: [{address: 127.0.0.1:0}]\nmaintenance: {address: 127.0.0.1:0}\n" +
		"apis: [{contract: a.yaml, upstreams: [{url: '" + api.URL + "'}]}]\nrecord:\n  events: none\n"
	without := openHouse(t, text)
	defer without.Stop()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "ca.pem"), ca.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	sinks := strings.ReplaceAll(r.sinks(), "ca.pem", filepath.Join(folder, "ca.pem"))
	with := openHouse(t, text+"  sinks_folder: '"+folder+"/sinks'\n  sinks:"+sinks+"trust: {keys_file: gate.keys, key: {passphrase: \"${file:planted}\"}}\n")
	defer with.Stop()

	alone, beside := callBoth(t, without, with)
	t.Logf("without sinks %v, with dead ones %v", alone, beside)
	if beside > 5*alone+50*time.Millisecond {
		t.Errorf("nine of ten calls took %v, and without sinks %v", beside, alone)
	}
	names := []string{"file", "webhook", "syslog", "kafka"}
	for _, name := range names {
		with.countedAs(`gatehouse_sink_up{sink="`+name+`"} 0`, `gatehouse_sink_delivered_total{sink="`+name+`"} 0`)
		with.until(name+" drops what is too much", func() bool { return with.sinkFigure("dropped_total", name, `,why="full"`) > 0 })
		if held := with.sinkFigure("backlog_bytes", name, ""); held < 1<<19 || held > 1<<20 {
			t.Errorf("%s: %v bytes wait", name, held)
		}
		holdsNothingReadable(t, filepath.Join(folder, "sinks", name))
	}
	r.wake()
	for _, name := range names {
		with.until(name+" is drained", func() bool { return with.sinkFigure("waiting", name, "") == 0 })
		with.countedAs(`gatehouse_sink_up{sink="` + name + `"} 1`)
		if n := with.sinkFigure("delivered_total", name, ""); n == 0 {
			t.Errorf("%s: nothing was delivered", name)
		}
	}
}

// callBoth calls two gates in turn, the second until its backlogs are full, and
// returns how long nine of ten calls of each took at most.
func callBoth(t *testing.T, one, other *house) (first, second time.Duration) {
	t.Helper()
	call := func(h *house) time.Duration {
		begun := time.Now()
		a, err := http.Get(h.URLs()[0] + "/a")
		if err != nil {
			t.Error(err)
			return 0
		}
		defer a.Body.Close()
		if _, err := io.Copy(io.Discard, a.Body); err != nil || a.StatusCode != http.StatusOK {
			t.Error(a.StatusCode, err)
		}
		return time.Since(begun)
	}
	var took [2][]time.Duration
	for range 300 {
		took[0], took[1] = append(took[0], call(one)), append(took[1], call(other))
	}
	var work sync.WaitGroup
	for range 4 {
		work.Go(func() {
			for range 1600 {
				call(other)
			}
		})
	}
	work.Wait()
	for i := range took {
		slices.Sort(took[i])
	}
	return took[0][270], took[1][270]
}

// until waits until something holds.
func (h *house) until(what string, holds func() bool) {
	h.t.Helper()
	for limit := time.Now().Add(time.Minute); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(limit) {
			h.t.Fatalf("it never was so that %s: %s", what, h.log.String())
		}
	}
}

// sinkFigure is a metric of a sink.
func (h *house) sinkFigure(metric, name, more string) float64 {
	h.t.Helper()
	m := regexp.MustCompile(`\ngatehouse_sink_` + metric + `\{sink="` + name + `"` + more + `\} (\S+)\n`).FindStringSubmatch(scrape(h.t, h))
	if m == nil {
		h.t.Fatalf("there is no %s of %s", metric, name)
	}
	n, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

// holdsNothingReadable looks for words of events in all files of a folder, and
// for a megabyte and little more in all.
func holdsNothingReadable(t *testing.T, folder string) {
	t.Helper()
	size := 0
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil // it was delivered, or dropped, meanwhile
		}
		if size += len(text); bytes.Contains(text, []byte(`"event"`)) || bytes.Contains(text, []byte("outcome")) {
			t.Errorf("%s can be read", path)
		}
		return nil
	})
	if err != nil || size < 1<<19 || size > 1<<20+1<<16 {
		t.Error(size, " bytes on disk, ", err)
	}
}
