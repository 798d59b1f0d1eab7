package main

import (
	"io"
	"os"
	"strings"
	"sync"
	"unicode/utf8"
)

// paint is how words are coloured; the zero paint leaves them as they are.
type paint bool

// paint returns colours for a terminal, unless the user wants none
// (https://no-color.org: set and not empty).
func (w *world) paint(out io.Writer) paint {
	if v, ok := w.lookup("NO_COLOR"); ok && v != "" {
		return false
	}
	if v, _ := w.lookup("TERM"); v == "dumb" {
		return false
	}
	return paint(onTerminal(out))
}

// onTerminal reports whether somebody reads what is written to out.
func onTerminal(out io.Writer) bool {
	f, ok := bare(out).(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && f.Name() != os.DevNull
}

func (p paint) red(s string) string   { return p.in("31", s) }
func (p paint) green(s string) string { return p.in("32", s) }
func (p paint) bold(s string) string  { return p.in("1", s) }

func (p paint) in(colour, s string) string {
	if !p || s == "" {
		return s
	}
	return "\x1b[" + colour + "m" + s + "\x1b[0m"
}

// keeper keeps the first error of a writer, so that verbs need not look at
// each line's and nobody takes half a result for a whole one.
type keeper struct {
	io.Writer
	mu    sync.Mutex
	first error // guarded by mu
}

// Write implements io.Writer.
func (k *keeper) Write(p []byte) (int, error) {
	n, err := k.Writer.Write(p)
	if err != nil {
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.first == nil {
			k.first = err
		}
	}
	return n, err
}

func (k *keeper) lost() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.first
}

// bare returns the writer that out keeps the errors of.
func bare(out io.Writer) io.Writer {
	if k, ok := out.(*keeper); ok {
		return k.Writer
	}
	return out
}

// table lays rows out in columns; the last column is as long as it is. A
// coloured cell is as wide as its text.
func table(rows [][]string) string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], width(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			line += cell
			if i < len(row)-1 {
				line += strings.Repeat(" ", widths[i]-width(cell)+2)
			}
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// width counts the characters of s that a terminal shows.
func width(s string) (n int) {
	for s != "" {
		if strings.HasPrefix(s, "\x1b[") {
			_, s, _ = strings.Cut(s, "m")
			continue
		}
		_, size := utf8.DecodeRuneInString(s)
		s = s[size:]
		n++
	}
	return n
}
