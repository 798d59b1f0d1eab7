package config

import (
	"path/filepath"
	"strings"
)

// The words before an address that is no host:port.
const (
	unixWord    = "unix:"
	systemdWord = "systemd:"
)

// maxSocketPath is how long the path of a Unix socket may be on Linux, in
// bytes.
const maxSocketPath = 107

// judgeListen knows where a listener can be: host:port, a Unix socket, or a
// socket that systemd holds.
func judgeListen(text string) (wrong, hint string) {
	if path, ok := strings.CutPrefix(text, unixWord); ok {
		return judgeSocket(path)
	}
	name, ok := strings.CutPrefix(text, systemdWord)
	if !ok {
		return judgeAddress(text)
	}
	// systemd.socket(5): FileDescriptorName= is ASCII without control
	// characters and colons.
	if name == "" || len(name) > 255 || strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c > '~' || c == ':' }) {
		return quote(text) + " names no socket of systemd", "write systemd: and what FileDescriptorName= of the socket unit says, as in systemd:https"
	}
	return "", ""
}

// judgeSocket knows paths of Unix sockets.
func judgeSocket(path string) (wrong, hint string) {
	const example = "write it like unix:/run/gatehouse.sock"
	switch {
	case !filepath.IsAbs(path) || strings.HasSuffix(path, "/"):
		return quote(unixWord+path) + " is no absolute path of a socket", example
	case len(path) > maxSocketPath:
		return "the path of the socket is longer than the 107 bytes that the system takes", "choose a shorter one"
	case strings.ContainsFunc(path, func(c rune) bool { return c < ' ' || c == 0x7f }):
		return "the path of the socket holds a control character", example
	}
	return "", ""
}
