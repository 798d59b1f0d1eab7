//go:build linux

package direct

import (
	"syscall"
	"testing"
	"time"
)

// TestReceive wants the truth about what is behind what was read, as far as it
// is told: "more" may be said without need, and never be kept back.
func TestReceive(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} { // of the other one nothing is told
		for _, row := range []struct {
			name, sent string
			ends, more bool
		}{
			{"all", "0123", false, false},
			{"as-much-as-fits", "01234567", false, false},
			{"more", "0123456789", false, true},
			{"the-end", "0123", true, true},
			{"more-and-the-end", "0123456789", true, true},
		} {
			t.Run(network+"/"+row.name, func(t *testing.T) {
				near, far := pair(t, network)
				if told := tell(t, near); told != (able && network == "tcp") {
					t.Fatalf("Tell says %v", told)
				}
				far.Write([]byte(row.sent))
				if row.ends {
					far.(interface{ CloseWrite() error }).CloseWrite()
				}
				time.Sleep(20 * time.Millisecond) // on loopback all has come by then
				var r Receiver
				p := make([]byte, 8)
				n, more, err := receiveOn(t, near, &r, p)
				if want := min(len(row.sent), len(p)); n != want || err != 0 || string(p[:n]) != row.sent[:n] {
					t.Fatalf("%d, %v: %q", n, err, p[:n])
				}
				if exact := able && network == "tcp"; more != row.more && (exact || row.more) {
					t.Errorf("more %v, want %v", more, row.more)
				}
			})
		}
	}
}

func TestReceiveNothing(t *testing.T) {
	near, far := pair(t, "tcp")
	tell(t, near)
	var r Receiver
	if n, more, err := receiveOn(t, near, &r, make([]byte, 8)); n != 0 || more || err != syscall.EAGAIN {
		t.Errorf("%d, %v, %v", n, more, err)
	}
	far.Close()
	time.Sleep(20 * time.Millisecond)
	if n, _, err := receiveOn(t, near, &r, make([]byte, 8)); n != 0 || err != 0 {
		t.Errorf("at the end %d, %v", n, err)
	}
}

func tell(t *testing.T, c *Conn) (told bool) {
	t.Helper()
	if err := rawOf(t, c).Control(func(fd uintptr) { told = Tell(fd) }); err != nil {
		t.Fatal(err)
	}
	return told
}

// rawOf is the socket, also where package direct leaves that alone.
func rawOf(t *testing.T, c *Conn) syscall.RawConn {
	t.Helper()
	raw, err := c.Conn.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func receiveOn(t *testing.T, c *Conn, r *Receiver, p []byte) (n int, more bool, err syscall.Errno) {
	t.Helper()
	if failed := rawOf(t, c).Control(func(fd uintptr) { n, more, err = r.Receive(fd, p) }); failed != nil {
		t.Fatal(failed)
	}
	return n, more, err
}
