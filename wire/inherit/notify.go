package inherit

import (
	"net"
	"strconv"
	"time"
)

// Notifier tells systemd what the program is doing (sd_notify(3)). The nil
// Notifier tells nobody. Its methods do not wait: a word that finds no room is
// lost.
type Notifier struct{ to *net.UnixAddr }

// NewNotifier returns nil when nobody wants to know.
func NewNotifier(look Lookup) *Notifier {
	path, _ := look("NOTIFY_SOCKET")
	if path == "" || path[0] != '/' && path[0] != '@' {
		return nil
	}
	return &Notifier{&net.UnixAddr{Name: path, Net: "unixgram"}}
}

// Ready says that the gate serves, also after a reload.
func (n *Notifier) Ready() error { return n.send("READY=1") }

// Reloading says that everything is read again; Ready follows.
func (n *Notifier) Reloading() error {
	return n.send("RELOADING=1\nMONOTONIC_USEC=" + strconv.FormatInt(monotonic().Microseconds(), 10))
}

// Stopping says that the gate ends.
func (n *Notifier) Stopping() error { return n.send("STOPPING=1") }

func (n *Notifier) send(state string) error {
	if n == nil {
		return nil
	}
	c, err := net.DialUnix("unixgram", nil, n.to)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetWriteDeadline(time.Now().Add(time.Second))
	_, err = c.Write([]byte(state))
	return err
}
