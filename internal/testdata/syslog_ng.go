package testdata

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// SyslogNG is syslog-ng of a test, which listens on loopback over TLS, and takes
// messages from those alone for whose certificates Clients vouches. Alerts, which
// it tells by their MSGID, are kept apart from all else.
type SyslogNG struct {
	TLS     string    // host:port
	Clients Authority // vouches for the certificates that it takes, and for its own

	t       testing.TB
	folder  string
	program string
}

// StartSyslogNG starts a server that ends with the test. It reads JSON behind a
// marker, as "@cee:"; "" means that there is none.
func StartSyslogNG(t testing.TB, marker string) *SyslogNG {
	t.Helper()
	folder := t.TempDir()
	s := &SyslogNG{t: t, folder: folder, program: syslogNG(t), Clients: *NewAuthority(t, "syslog-ng")}
	cert, key := s.Clients.Server(2, "localhost")
	for name, text := range map[string][]byte{"ca.pem": s.Clients.PEM, "cert.pem": cert, "key.pem": key} {
		s.write(name, string(text))
	}
	if marker != "" {
		marker = `marker("` + marker + `")`
	}
	// As a server of Redis, it cannot be given a free port.
	for range 10 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ := net.SplitHostPort(l.Addr().String())
		l.Close()
		s.TLS = "localhost:" + port
		s.write("conf", strings.NewReplacer("FOLDER", folder, "PORT", port, "MARKER", marker).Replace(syslogNGSettings))
		if s.start() {
			return s
		}
	}
	log, _ := os.ReadFile(filepath.Join(folder, "log"))
	t.Fatalf("syslog-ng does not listen: %s", log)
	return nil
}

// syslogNG is the program: one that is installed, or what scripts/syslog-ng
// unpacked, since Debian installs no two servers of syslog.
func syslogNG(t testing.TB) string {
	t.Helper()
	if path, err := exec.LookPath("syslog-ng"); err == nil {
		return path
	}
	path := filepath.Join(root(), ".cache", "syslog-ng", "syslog-ng")
	if _, err := os.Stat(path); err != nil {
		Lack(t, "the program syslog-ng is missing: run scripts/syslog-ng")
	}
	return path
}

// syslogNGSettings read events as docs/guide/event-sinks.md says.
const syslogNGSettings = `@version: current
options { keep-hostname(yes); use-dns(no); };
source gate {
  syslog(ip("127.0.0.1") port(PORT) transport("tls")
    tls(key-file("FOLDER/key.pem") cert-file("FOLDER/cert.pem") ca-file("FOLDER/ca.pem") peer-verify(required-trusted)));
};
parser event { json-parser(prefix("event.") MARKER); };
filter alerts { "${MSGID}" eq "alert" };
template line { template("${FACILITY}.${PRIORITY} ${ISODATE} ${HOST} ${PROGRAM} ${PID} ${MSGID} ${.SDATA.meta.sequenceId} ${event.id}${event.metadata.uid} ${event.operation}${event.class_uid}\n"); };
log {
  source(gate); parser(event);
  if (filter(alerts)) { destination { file("FOLDER/alerts" template(line)); }; }
  else { destination { file("FOLDER/others" template(line)); }; };
};
`

// start reports whether the server listens, which it says.
func (s *SyslogNG) start() bool {
	s.t.Helper()
	at := func(name string) string { return filepath.Join(s.folder, name) }
	log, err := os.Create(at("log"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(s.program, "--foreground", "--stderr", "--verbose", "--no-caps", "--cfgfile", at("conf"), "--persist-file", at("persist"), "--pidfile", at("pid"), "--control", at("ctl"))
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		cmd.Wait()
		close(ended)
	}()
	stop := func() {
		cmd.Process.Kill()
		<-ended
	}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if text, _ := os.ReadFile(log.Name()); strings.Contains(string(text), "syslog-ng starting up;") {
			s.t.Cleanup(stop)
			return true
		}
		select {
		case <-ended:
			return false
		case <-time.After(5 * time.Millisecond):
		}
	}
	stop()
	return false
}

func (s *SyslogNG) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.folder, name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// Messages are those that the server has written: alerts, or all others.
func (s *SyslogNG) Messages(alerts bool) string {
	name := "others"
	if alerts {
		name = "alerts"
	}
	text, _ := os.ReadFile(filepath.Join(s.folder, name)) // which is not there before the first
	return string(text)
}

// Wait waits until one of the alerts, or of all others, is such a line.
func (s *SyslogNG) Wait(alerts bool, lines ...string) {
	s.t.Helper()
	for _, line := range lines {
		for deadline := time.Now().Add(30 * time.Second); !strings.Contains("\n"+s.Messages(alerts), "\n"+line+"\n"); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				s.t.Fatalf("none of these messages is %q:\n%.4000s", line, s.Messages(alerts))
			}
		}
	}
}
