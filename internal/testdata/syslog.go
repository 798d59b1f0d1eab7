package testdata

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Syslog is rsyslogd of a test, which listens on loopback: over TLS, over TCP and
// on a socket. It keeps each message as a line of the file Messages.
type Syslog struct {
	TLS, TCP string    // host:port
	Socket   string    // of datagrams
	Clients  Authority // vouches for the certificates that it takes
	CA       string    // a file with whom vouches for its own, and for those of clients

	t       testing.TB
	folder  string
	running *exec.Cmd
	ended   chan struct{}
}

// StartSyslog starts a server that ends with the test.
func StartSyslog(t testing.TB) *Syslog {
	t.Helper()
	program := Program(t, "rsyslogd", "rsyslog")
	if list, _ := filepath.Glob("/usr/lib/*/rsyslog/lmnsd_ossl.so"); len(list) == 0 {
		Lack(t, "rsyslogd speaks no TLS: install rsyslog-openssl")
	}
	folder, err := os.MkdirTemp("", "syslog") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	s := &Syslog{t: t, folder: folder, Socket: filepath.Join(folder, "log"), CA: filepath.Join(folder, "ca.pem"), Clients: *NewAuthority(t, "syslog")}
	cert, key := s.Clients.Server(2, "localhost")
	for name, text := range map[string][]byte{"ca.pem": s.Clients.PEM, "cert.pem": cert, "key.pem": key} {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.running = exec.Command(program)
	s.start("0", "0")
	t.Cleanup(s.Kill)
	return s
}

// syslogSettings have the ports, and FOLDER where the files are. Ports of 0 are
// free ones, which the server writes to files.
const syslogSettings = `
global(workDirectory="FOLDER" maxMessageSize="8k" defaultNetstreamDriverCAFile="FOLDER/ca.pem"
  defaultNetstreamDriverCertFile="FOLDER/cert.pem" defaultNetstreamDriverKeyFile="FOLDER/key.pem")
module(load="imtcp")
module(load="imuxsock" SysSock.Use="off")
module(load="mmjsonparse")
template(name="line" type="string" string="%syslogfacility-text%.%syslogseverity-text% %timereported:::date-rfc3339% %hostname% %app-name% %procid% %msgid% %structured-data% %$!id% %msg%\n")
ruleset(name="keep") {
  action(type="mmjsonparse" cookie="")
  action(type="omfile" file="FOLDER/messages" template="line")
}
input(type="imtcp" address="127.0.0.1" port="TLSPORT" listenPortFileName="FOLDER/tls" ruleset="keep"
  streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="x509/certvalid")
input(type="imtcp" address="127.0.0.1" port="TCPPORT" listenPortFileName="FOLDER/tcp" ruleset="keep")
input(type="imuxsock" socket="FOLDER/log" useSpecialParser="off" parseHostname="on" ignoreTimestamp="off" ruleset="keep")
`

// Start starts the server again after Kill, at the same addresses.
func (s *Syslog) Start() {
	s.t.Helper()
	_, secure, _ := net.SplitHostPort(s.TLS)
	_, plain, _ := net.SplitHostPort(s.TCP)
	s.start(secure, plain)
}

func (s *Syslog) start(secure, plain string) {
	s.t.Helper()
	file := filepath.Join(s.folder, "rsyslog.conf")
	text := strings.NewReplacer("FOLDER", s.folder, "TLSPORT", secure, "TCPPORT", plain).Replace(syslogSettings)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	for _, name := range []string{"tls", "tcp", "log"} {
		os.Remove(filepath.Join(s.folder, name))
	}
	log := new(bytes.Buffer)
	cmd := exec.Command(s.running.Path, "-n", "-f", file, "-i", filepath.Join(s.folder, "pid"))
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.running, s.ended = cmd, make(chan struct{})
	go func() {
		cmd.Wait()
		close(s.ended)
	}()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		select {
		case <-s.ended:
			s.t.Fatalf("rsyslogd ended: %s", log)
		default:
		}
		if s.listens() {
			return
		}
	}
	s.Kill()
	s.t.Fatalf("rsyslogd does not listen: %s", log)
}

// listens reports whether the server does, and where.
func (s *Syslog) listens() bool {
	for file, at := range map[string]*string{"tls": &s.TLS, "tcp": &s.TCP} {
		if port, err := os.ReadFile(filepath.Join(s.folder, file)); err == nil {
			*at = "localhost:" + string(bytes.TrimSpace(port))
		}
		c, err := net.Dial("tcp", *at)
		if err != nil {
			return false
		}
		c.Close()
	}
	_, err := os.Stat(s.Socket)
	return err == nil
}

// Kill ends the server at once, with all that it has not written.
func (s *Syslog) Kill() {
	if s.ended == nil {
		return
	}
	s.running.Process.Kill()
	<-s.ended
	s.ended = nil
}

// Messages are those that the server has written.
func (s *Syslog) Messages() []string {
	text, err := os.ReadFile(filepath.Join(s.folder, "messages"))
	if err != nil {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// Wait waits until a message holds each of the words.
func (s *Syslog) Wait(words ...string) {
	s.t.Helper()
	missing := ""
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		text := strings.Join(s.Messages(), "\n")
		missing = ""
		for _, w := range words {
			if !strings.Contains(text, w) {
				missing = w
				break
			}
		}
		if missing == "" {
			return
		}
	}
	s.t.Fatalf("none of these messages holds %q:\n%.4000s", missing, strings.Join(s.Messages(), "\n"))
}
