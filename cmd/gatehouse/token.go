package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/trust/jose"
)

func newToken(w *world) *cobra.Command {
	return noun(&cobra.Command{
		Use:   "token",
		Short: "Read, verify and make signed tokens (JWT), offline; revoke them",
		Long: `Works with signed tokens on this machine alone: nothing is sent anywhere. A token
that is "-" is read from standard input, where it does not stand in the history
of a shell. Only revoke uses the store of a gatehouse.yaml.`,
	},
		newTokenDecode(w),
		newTokenVerify(w),
		newTokenSign(w),
		newTokenKeys(w),
		newTokenRevoke(w),
	)
}

// oneToken demands the one argument of verbs that read a token.
func oneToken(cmd *cobra.Command, args []string) error {
	switch len(args) {
	case 0:
		return &usageError{cmd.CommandPath() + ": the token is missing", "write it behind the flags, or - for standard input"}
	case 1:
		return nil
	}
	return &usageError{cmd.CommandPath() + " takes one token", "quote it, if a line end stands in it"}
}

// token returns the token that an argument names. Of standard input one line
// end at the end is no part of it.
func (w *world) token(arg string) ([]byte, error) {
	if word, _, ok := strings.Cut(arg, " "); ok && strings.EqualFold(word, "bearer") {
		return nil, &usageError{"the token begins with " + word + ", which says how it is sent and is no part of it", "leave it out"}
	}
	if arg != "-" {
		return []byte(arg), nil
	}
	text, err := io.ReadAll(io.LimitReader(bufio.NewReader(w.stdin), jose.MaxBytes+3))
	if err != nil {
		return nil, fmt.Errorf("standard input cannot be read: %w", err)
	}
	return bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r")), nil
}

// argumentFile reads a file that a flag names: one that cannot be read is a
// mistake of the command line, so that nobody takes it for a verdict.
func argumentFile(flag, path string) ([]byte, error) {
	text, err := jose.ReadFile(path, jose.MaxSetBytes)
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
		return nil, &usageError{fmt.Sprintf("--%s: %s: %v", flag, path, failed.Err), "name a file that can be read"}
	}
	if err != nil {
		return nil, &usageError{fmt.Sprintf("--%s: %v", flag, err), "name a file that can be read"}
	}
	return text, nil
}

// orNow is a time that a flag says, or now.
func (m *moment) orNow() time.Time {
	if m.at.IsZero() {
		return time.Now()
	}
	return m.at
}

// shown writes what a token says so that it cannot speak to the terminal.
func shown(text string) string {
	var b strings.Builder
	for _, c := range text {
		switch {
		case c == '\n' || unicode.IsPrint(c):
			b.WriteRune(c)
		case c > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, c)
		default:
			fmt.Fprintf(&b, `\u%04x`, c)
		}
	}
	return b.String()
}

// algorithms reads names of algorithms of a flag.
func algorithms(names []string) (list []jose.Algorithm) {
	for _, name := range names {
		list = append(list, jose.Algorithm(name))
	}
	return list
}
