package edge

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// socket opens the address, or takes a hold of its own on a socket that is
// open: connections that wait there are then accepted by either, and closing
// one of them leaves the other listening.
func (o *Options) socket(addr net.Addr) (net.Listener, *trace, error) {
	switch {
	case o.Beside != nil:
		l, err := second(o.Beside.under)
		if err != nil {
			return nil, nil, err
		}
		return l, o.Beside.trace.share(o.Mode), nil
	case o.Socket != nil:
		l, err := second(o.Socket)
		return l, nil, err
	case addr == nil:
		return nil, nil, ErrNoName
	}
	if tcp, ok := addr.(*net.TCPAddr); ok {
		l, err := net.ListenTCP("tcp", tcp)
		if err != nil {
			return nil, nil, err
		}
		return l, nil, nil
	}
	return openPath(addr.String(), o.Mode)
}

// second returns another listener on the socket of one that is open.
func second(from net.Listener) (net.Listener, error) {
	filer, ok := from.(interface{ File() (*os.File, error) })
	if !ok {
		return nil, errors.New("the open socket cannot be shared")
	}
	file, err := filer.File()
	if err != nil {
		return nil, err
	}
	defer file.Close() // FileListener has its own
	l, err := net.FileListener(file)
	if err != nil {
		return nil, err
	}
	switch l := l.(type) {
	case *net.TCPListener:
	case *net.UnixListener:
		l.SetUnlinkOnClose(false)
	default:
		l.Close()
		return nil, errors.New("the open socket is neither of TCP nor a Unix socket of streams")
	}
	return l, nil
}

// openPath opens a Unix socket. A file of that name that nobody listens on is
// left over from a program that was killed, and is replaced.
func openPath(path string, mode fs.FileMode) (net.Listener, *trace, error) {
	l, err := bind(path)
	if errors.Is(err, syscall.EADDRINUSE) && leftOver(path) {
		if err = os.Remove(path); err == nil {
			l, err = bind(path)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	info, err := os.Lstat(path)
	if err == nil {
		err = os.Chmod(path, mode)
	}
	if err != nil {
		l.Close()
		os.Remove(path)
		return nil, nil, err
	}
	return l, &trace{path: path, info: info, holds: 1}, nil
}

// bind opens a socket file that only its owner may use.
func bind(path string) (*net.UnixListener, error) {
	config := net.ListenConfig{Control: restrict}
	l, err := config.Listen(context.Background(), "unix", path)
	if err != nil {
		return nil, err
	}
	unix := l.(*net.UnixListener)
	unix.SetUnlinkOnClose(false) // see trace
	return unix, nil
}

// leftOver reports whether path is a socket that nobody listens on.
func leftOver(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || info.Mode()&fs.ModeSocket == 0 {
		return false
	}
	c, err := net.DialTimeout("unix", path, time.Second)
	if err == nil {
		c.Close()
	}
	return errors.Is(err, syscall.ECONNREFUSED)
}

// trace is the file of a Unix socket that this program made. Whoever closes
// its last listener removes it, unless it is another's by then. The nil trace
// is that of sockets that leave no file, or another's.
type trace struct {
	path string
	info fs.FileInfo

	mu    sync.Mutex
	holds int // guarded by mu
}

// share is for one more listener, which has its own mode for the file.
func (t *trace) share(mode fs.FileMode) *trace {
	if t != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.holds++
		os.Chmod(t.path, mode) // it was ours to make, so it can be changed
	}
	return t
}

// leave is for the file to stay when the last listener closes.
func (t *trace) leave() {
	if t != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.path = ""
	}
}

func (t *trace) close() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.holds--; t.holds > 0 || t.path == "" {
		return
	}
	if now, err := os.Lstat(t.path); err == nil && os.SameFile(now, t.info) {
		os.Remove(t.path)
	}
}
