package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"gatehouse": main})
}

// TestScripts runs the whole program as operators do. Besides the commands of
// testscript there are:
//
//	api [unsolicited]        starts an API that echoes; $API is its address. An
//	                         unsolicited one sends more than its answer
//	lie FILE                 has the API answer what stands in FILE: head, empty line, body
//	apisaw N                 the API has seen N calls
//	gate ARGS                starts gatehouse serve in front of it, or as --config says;
//	                         $GATE is its URL, $ADDRESS its host and port, $GATE2 the URL
//	                         of its second listener, $MAINTENANCE that of maintenance,
//	                         $ADMIN that of the API of administration;
//	                         gate.out and gate.err hold what it has printed after halt
//	fill SOURCE TARGET [OLD NEW]...
//	                         writes SOURCE as TARGET, in one step, with the values of
//	                         $API, $ADDRESS, $WORK, $RECEIVER, $SYSLOG and $BROKER, and OLD replaced by NEW
//	said PATTERN             waits until the gate has printed it on standard error,
//	                         behind what it was waited for before
//	hup                      sends SIGHUP to the gate
//	halt [STATUS]            sends SIGTERM to the gate and waits for its end
//	call METHOD TARGET [NAME:VALUE] [=BODY]
//	                         makes a call; the answer goes to standard output. TARGET
//	                         is a path at $GATE, or a whole URL
//	send FILE                sends the file's bytes to the gate, lines ended by CR LF
//	sites NAME...            starts an address of an API for each name, $API_NAME, which
//	                         answers with it, and has a /health
//	die NAME [N]             ends it, now or with the Nth call from here on
//	[!] sick NAME            has its health check fail, or go well
//	sitesaw NAME N[+]        waits until it has seen N calls, and no more without a +
//	burst N METHOD PATH      makes N calls to the gate, eight at once, and says how many
//	                         were answered by whom
//	token NAME [CLAIM=VALUE]...
//	                         signs a token as $NAME, whose keys stand in keys.json;
//	                         VALUE is JSON, a time like +1m, or text
//	shop                     starts the weak shop of the demo; $API is its address. The
//	                         files of examples/shop are here then, to be served with it,
//	                         and $SHOP_ALICE, $SHOP_MALLORY and so on are its own tokens
//	learn NAME FILE          sets $NAME to what stands in the file
//	record DIR FROM TO       records events in the ledger DIR, named shop/n1, with the
//	                         keys of gatehouse.yaml
//	keep KIND NAME TEXT      keeps a text in a ledger, an archive, a backlog, a store or
//	                         what alerts have seen, of that name, as the gate does
//	receiver                 starts a server, $RECEIVER, that takes all that is sent to it,
//	                         into files below received/
//	syslog                   starts rsyslogd, $SYSLOG over TLS: syslog.pem vouches for it,
//	                         and it knows who shows syslog-gate.pem and syslog-gate.key
//	brokers TOPIC            starts brokers of Kafka, $BROKER, with a topic; the user gate,
//	                         whose password is $PLANTED_CLIENT, may use it
//	arrived WHERE PATTERN    waits until syslog or kafka got something like it; all that
//	                         they got stands in received/WHERE
//	crash NAME               ends the gate as a crash does, in the middle of a call with
//	                         the token $NAME
//	certificate NAME         writes NAME.pem and NAME.key for 127.0.0.1
//	shown FILE               the last output of a program stands in FILE of docs/guide;
//	                         times and widths of columns may differ
//	status N PROGRAM [ARG]...
//	                         runs a program, which must end with the status N
//
// Each script also has the secrets of planted_test.go in its environment and
// folder; neither its transcript nor a file that it leaves may hold one.
func TestScripts(t *testing.T) {
	allowCores()
	runScripts(t, "testdata/script", func(found string) { t.Error(found) })
}

// TestSelftestHasCounters holds that selftest_counters.txt has a server to break.
func TestSelftestHasCounters(t *testing.T) {
	testdata.Program(t, "redis-server", "redis-server")
}

// runScripts runs the scripts of a folder. report hears of secrets that were
// written down; files with one fail the script besides.
func runScripts(t *testing.T, folder string, report func(found string)) {
	plants := new(sync.Map)
	testscript.RunT(searched{t, plants, report}, testscript.Params{
		Dir: folder,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"api": startAPI, "lie": setLie, "apisaw": apiSaw, "gate": startGate, "halt": haltGate,
			"call": makeCall, "token": makeToken, "send": sendBytes, "certificate": writeCertificate,
			"sites": startSites, "die": endSite, "sick": sicken, "sitesaw": siteSaw, "burst": burst,
			"fill": fillFile, "said": waitSaid, "hup": hangUp, "status": checkStatus, "shown": checkShown,
			"shop": startShop, "learn": learn, "record": recordEntries, "keep": keepText,
			"receiver": startReceiver, "syslog": startSyslog, "brokers": startBrokers, "arrived": waitArrived, "crash": crashGate,
		},
		Setup: func(e *testscript.Env) error {
			s := newStage()
			s.t = e.T().(searched).T
			s.planted = plant(e, plants, report)
			e.Values[stageKey{}] = s
			e.Setenv("NO_COLOR", "")
			return nil
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// TestScriptsRunToTheirEnd refuses lines that would end a script as passed:
// testscript's own "stop" and "skip" hide everything that stands behind them.
func TestScriptsRunToTheirEnd(t *testing.T) {
	files, err := filepath.Glob("testdata/script/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d scripts, %v", len(files), err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		line := 0
		for words := range strings.Lines(string(text)) {
			line++
			if f := strings.Fields(words); len(f) > 0 && (f[0] == "stop" || f[0] == "skip") {
				t.Errorf("%s:%d: %q ends the script here", name, line, f[0])
			}
		}
	}
}

type stageKey struct{}

// stage is what one script has started.
type stage struct {
	t       *testing.T
	planted *planted
	arrived map[string]func() error // by receiver: writes all that it got into its file
	api     *httptest.Server
	sites   map[string]*site
	gate    *exec.Cmd
	done    chan struct{} // the gate's standard error has ended
	mu      sync.Mutex
	calls   int        // guarded by mu
	lie     string     // guarded by mu; what the API answers; see setLie
	text    string     // guarded by mu; what the gate has said and was not waited for yet
	ended   bool       // guarded by mu; the gate says nothing more
	more    *sync.Cond // text or ended has changed
}

func newStage() *stage {
	s := &stage{arrived: map[string]func() error{}}
	s.more = sync.NewCond(&s.mu)
	return s
}

func on(ts *testscript.TestScript) *stage { return ts.Value(stageKey{}).(*stage) }

// plain refuses a negation, which these commands do not have.
func plain(ts *testscript.TestScript, neg bool, args []string, least int) {
	if neg || len(args) < least {
		ts.Fatalf("usage: see the comment of TestScripts")
	}
}

func startAPI(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg, args, 0)
	s := on(ts)
	if len(args) > 0 {
		startUnsolicited(ts)
		return
	}
	s.api = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.calls++
		s.mu.Unlock()
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprintf(w, "api saw %s %s %s\n", r.Method, r.RequestURI, body)
		var names []string
		for name := range r.Header {
			if strings.HasPrefix(name, "X") && !strings.HasPrefix(name, "X-Forwarded-") {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		fmt.Fprintf(w, "fields: %s\n", strings.Join(names, " "))
		if user := r.Header.Values("X-User"); len(user) > 0 {
			fmt.Fprintf(w, "user: %s\n", strings.Join(user, ", "))
		}
		if r.Header.Get("Authorization") != "" {
			fmt.Fprintln(w, "with a credential")
		}
		fmt.Fprintf(w, "host: %s, forwarded: %s\n", r.Host, r.Header.Get("Forwarded"))
	}))
	ts.Setenv("API", s.api.URL)
	ts.Defer(s.api.Close)
}

// startUnsolicited starts an API that sends something after each answer.
func startUnsolicited(ts *testscript.TestScript) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { l.Close() })
	ts.Setenv("API", "http://"+l.Addr().String())
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				r := bufio.NewReader(conn)
				for {
					if _, err := http.ReadRequest(r); err != nil {
						return
					}
					io.WriteString(conn, "HTTP/1.1 204 No Content\r\n\r\nSEKRIT and more\r\n")
				}
			}()
		}
	}()
}

func apiSaw(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg, args, 1)
	s := on(ts)
	s.mu.Lock()
	defer s.mu.Unlock()
	if strconv.Itoa(s.calls) != args[0] {
		ts.Fatalf("the API saw %d calls, want %s", s.calls, args[0])
	}
}

// startGate starts the program and waits until its banner names the address.
func startGate(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg, args, 0)
	s := on(ts)
	program := ""
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if name := filepath.Join(dir, "gatehouse"); program == "" && exists(name) {
			program = name
		}
	}
	all := []string{"serve", "--listen", "127.0.0.1:0", "--upstream", ts.Getenv("API")}
	if slices.Contains(args, "--config") {
		all = all[:1]
	}
	s.gate = exec.Command(program, append(all, args...)...)
	s.gate.Dir = ts.MkAbs(".")
	s.gate.Env = append(os.Environ(), "NO_COLOR=", "GOTRACEBACK="+ts.Getenv("GOTRACEBACK"), "TMPDIR="+ts.Getenv("TMPDIR")) // where all is searched
	for name := range plantedVariables {
		s.gate.Env = append(s.gate.Env, name+"="+ts.Getenv(name))
	}
	out, err := os.Create(ts.MkAbs("gate.out"))
	ts.Check(err)
	s.gate.Stdout = out
	stderr, err := s.gate.StderrPipe()
	ts.Check(err)
	ts.Check(s.gate.Start())
	out.Close()
	ts.Defer(func() {
		if s.gate != nil {
			s.gate.Process.Kill()
			<-s.done
			s.gate.Wait()
		}
	})
	s.done = make(chan struct{})
	s.text, s.ended = "", false // nobody else is there
	doors := make(chan map[string]string, 1)
	go s.follow(stderr, ts.MkAbs("gate.err"), doors)
	if found := <-doors; found["GATE"] != "" {
		for name, url := range found {
			ts.Setenv(name, url)
		}
		_, address, _ := strings.Cut(found["GATE"], "://")
		ts.Setenv("ADDRESS", address)
		return
	}
	s.gate.Wait()
	s.gate = nil
	ts.Fatalf("the gate did not start:\n%s", ts.ReadFile("gate.err"))
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

func haltGate(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg, args, 0)
	s := on(ts)
	want := 0
	if len(args) > 0 {
		want, _ = strconv.Atoi(args[0])
	}
	ts.Check(s.gate.Process.Signal(syscall.SIGTERM))
	<-s.done
	s.gate.Wait()
	if got := s.gate.ProcessState.ExitCode(); got != want {
		ts.Fatalf("the gate ended with status %d, want %d\n%s", got, want, ts.ReadFile("gate.err"))
	}
	s.gate = nil
}

func makeCall(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg, args, 2)
	var body io.Reader
	if last := args[len(args)-1]; strings.HasPrefix(last, "=") {
		body, args = strings.NewReader(last[1:]), args[:len(args)-1]
	}
	url := args[1]
	if !strings.HasPrefix(url, "http") {
		url = ts.Getenv("GATE") + url
	}
	r, err := http.NewRequestWithContext(context.Background(), args[0], url, body)
	ts.Check(err)
	for _, field := range args[2:] {
		name, value, _ := strings.Cut(field, ":")
		if name == "Host" {
			r.Host = value
		}
		r.Header.Add(name, value)
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client := &http.Client{Timeout: 10 * time.Second, CheckRedirect: stay, Transport: &http.Transport{
		// The certificate is of the test's own making.
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true,
	}}
	answer, err := client.Do(r)
	ts.Check(err)
	defer answer.Body.Close()
	var all bytes.Buffer
	ts.Check(answer.Write(&all))
	fmt.Fprint(ts.Stdout(), strings.ReplaceAll(all.String(), "\r\n", "\n"))
}

func sendBytes(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg, args, 1)
	text := strings.ReplaceAll(ts.ReadFile(args[0]), "\n", "\r\n")
	conn, err := net.Dial("tcp", strings.TrimPrefix(ts.Getenv("GATE"), "http://"))
	ts.Check(err)
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	_, err = io.WriteString(conn, text)
	ts.Check(err)
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	ts.Check(err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%s\n%s", answer.Status, body)
}
