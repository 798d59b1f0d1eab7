//go:build unix

package testdata

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Postgres is a PostgreSQL server of a test. It listens on a Unix socket alone.
type Postgres struct {
	t       testing.TB
	folder  string // bin of the version that is used
	home    string // holds data and socket
	as      *syscall.Credential
	running *exec.Cmd
	ended   chan struct{}
	names   int
}

// StartPostgres starts a server of the installed version that ends with the
// test. The server refuses to be root, so root runs it as the user postgres.
func StartPostgres(t testing.TB) *Postgres {
	t.Helper()
	versions, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(versions) == 0 {
		Lack(t, "PostgreSQL is missing: install the Debian package postgresql")
	}
	slices.Sort(versions)
	// A path that t.TempDir gives is too long for a socket, and not the other
	// user's to enter.
	home, err := os.MkdirTemp("", "pg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	p := &Postgres{t: t, folder: filepath.Dir(versions[len(versions)-1]), home: home}
	if os.Getuid() == 0 {
		p.as = credential(t)
		if err := os.Chown(home, int(p.as.Uid), int(p.as.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := p.command("initdb", "--no-sync", "-A", "trust", "-U", "gatehouse", "-E", "UTF8", "--locale=C.UTF-8", p.data()).CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	p.Start()
	t.Cleanup(p.Stop)
	return p
}

// shared is the server of SharedPostgres.
var shared struct {
	once   sync.Once
	server *Postgres
	ends   []func()
}

// lasting outlives the test that it comes from.
type lasting struct{ testing.TB }

func (lasting) Cleanup(end func()) { shared.ends = append(shared.ends, end) }

// SharedPostgres is a server that all tests of a package share, whose TestMain
// calls EndSharedPostgres. Each test makes databases of its own, and stops
// nothing.
func SharedPostgres(t testing.TB) *Postgres {
	t.Helper()
	shared.once.Do(func() { shared.server = StartPostgres(lasting{t}) })
	if shared.server == nil {
		Lack(t, "PostgreSQL could not be started")
	}
	return shared.server
}

// EndSharedPostgres ends it, if it was started.
func EndSharedPostgres() {
	for _, end := range slices.Backward(shared.ends) {
		end()
	}
}

func credential(t testing.TB) *syscall.Credential {
	t.Helper()
	u, err := user.Lookup("postgres")
	if err != nil {
		Lack(t, "there is no user postgres: install the Debian package postgresql")
	}
	uid, errUID := strconv.ParseUint(u.Uid, 10, 32)
	gid, errGID := strconv.ParseUint(u.Gid, 10, 32)
	if errUID != nil || errGID != nil {
		t.Fatal(errUID, errGID)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

func (p *Postgres) data() string { return filepath.Join(p.home, "data") }

func (p *Postgres) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(p.folder, name), args...)
	cmd.Dir = p.home
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.as}
	return cmd
}

// Start starts the server after Stop. It returns when the server answers.
func (p *Postgres) Start() {
	p.t.Helper()
	log := new(bytes.Buffer)
	cmd := p.command("postgres", "-D", p.data(), "-k", p.home, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=60")
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		cmd.Wait()
		close(ended)
	}()
	p.running, p.ended = cmd, ended
	for deadline := time.Now().Add(30 * time.Second); p.command("pg_isready", "-q", "-h", p.home, "-d", "postgres", "-U", "gatehouse").Run() != nil; {
		select {
		case <-ended:
			p.t.Fatal("the server ended: ", log)
		default:
		}
		if time.Now().After(deadline) {
			p.t.Fatal("the server does not answer")
		}
	}
}

// Stop ends the server at once and cuts its connections.
func (p *Postgres) Stop() {
	if p.running == nil {
		return
	}
	p.running.Process.Signal(syscall.SIGINT) // fast shutdown
	<-p.ended
	p.running = nil
}

// Database makes an empty database and returns its URL.
func (p *Postgres) Database() string {
	p.t.Helper()
	p.names++
	name := fmt.Sprintf("test%d", p.names)
	if out, err := p.command("createdb", "-h", p.home, "-U", "gatehouse", name).CombinedOutput(); err != nil {
		p.t.Fatalf("createdb: %v\n%s", err, out)
	}
	return "postgres://gatehouse@/" + name + "?host=" + p.home
}
