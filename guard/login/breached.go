package login

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// List is a file of passwords that became known: one line for each, the SHA-1
// of it in 40 hexadecimal digits, a colon and how often it was seen, sorted by
// the hash. Public lists come so, with hundreds of millions of lines. It is
// never read whole: a look-up reads a few blocks, which the system keeps in its
// cache. A file that takes its place is found within seconds. Many goroutines
// may use it at once.
type List struct {
	path string
	log  func(error) // hears of a file that cannot take the place

	live  atomic.Pointer[opened]
	look  sync.Mutex
	after atomic.Int64 // when to look again, in Unix nanoseconds
}

// opened is a file; the collector closes it when nobody reads it any more.
type opened struct {
	file *os.File
	info os.FileInfo
}

// every is how often a list is looked at for changes.
const every = 5 * time.Second

// OpenList opens a list and holds its beginning and its end to the format. log,
// which may be nil, hears later of a file that cannot take its place.
func OpenList(path string, log func(error)) (*List, error) {
	o, err := openFile(path)
	if err != nil {
		return nil, err
	}
	if log == nil {
		log = func(error) {}
	}
	l := &List{path: path, log: log}
	l.live.Store(o)
	l.after.Store(time.Now().Add(every).UnixNano())
	return l, nil
}

func openFile(path string) (*opened, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	o := &opened{file: f}
	if o.info, err = f.Stat(); err == nil {
		err = o.sound()
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return o, nil
}

// Has reports whether a password is in the list. An error is of the disk.
func (l *List) Has(password []byte) (bool, error) {
	l.refresh(time.Now())
	sum := sha1.Sum(password) // the format of the lists, and no protection of anything
	var digits [hashDigits]byte
	hex.Encode(digits[:], sum[:])
	upper(digits[:])
	return l.live.Load().has(digits[:])
}

// refresh takes a file that has changed. One goroutine looks, the others go on.
func (l *List) refresh(now time.Time) {
	if at := now.UnixNano(); at < l.after.Load() || !l.look.TryLock() {
		return
	}
	defer l.look.Unlock()
	l.after.Store(now.Add(every).UnixNano())
	old := l.live.Load().info
	info, err := os.Stat(l.path)
	if err == nil && os.SameFile(info, old) && info.Size() == old.Size() && info.ModTime().Equal(old.ModTime()) {
		return
	}
	if err == nil {
		var o *opened
		if o, err = openFile(l.path); err == nil {
			l.live.Store(o)
			return
		}
	}
	l.log(err)
}

const (
	hashDigits = 2 * sha1.Size
	maxLine    = hashDigits + 32 // with its count and line end
	blockBytes = 4 << 10
)

var blocks = sync.Pool{New: func() any { b := make([]byte, blockBytes+maxLine); return &b }}

// has looks for a hash: where it must be in a file whose hashes are spread
// evenly, as hashes are, and by halves when that does not lead there soon. Its
// line begins within [low, high), or nowhere.
func (o *opened) has(want []byte) (bool, error) {
	b := blocks.Get().(*[]byte)
	defer blocks.Put(b)
	low, high := int64(0), o.info.Size()
	first, last := 0.0, 1.0 // shares of all hashes at these places
	goal := share(want)
	for round := 0; low < high; round++ {
		middle := low + (high-low)/2
		if round < 8 && last > first {
			middle = low + int64(float64(high-low)*(goal-first)/(last-first)) - blockBytes/2
		}
		middle = max(min(middle, high-blockBytes/2), low)
		text, from, err := o.lines(*b, middle)
		switch {
		case err != nil:
			return false, err
		case len(text) < hashDigits || from >= high: // no line begins here
			high = middle
			continue
		case less(want, text):
			high, last = middle, share(text)
			continue
		}
		if contains(text, want) {
			return true, nil
		}
		end := lastLine(text)
		if less(want, end) {
			return false, nil
		}
		low, first = from+int64(len(text)-len(end))+1, share(end)
	}
	return false, nil
}

// lines returns the text from the first line on that begins at a place of the
// file or behind it, and where that is.
func (o *opened) lines(b []byte, at int64) (text []byte, from int64, err error) {
	if at == 0 {
		text, err = o.read(b, 0)
		return text, 0, err
	}
	if text, err = o.read(b, at-1); err != nil {
		return nil, 0, err
	}
	i := bytes.IndexByte(text, '\n')
	if i < 0 {
		return nil, 0, nil
	}
	return text[i+1:], at + int64(i), nil
}

var errLines = errors.New("the list of passwords is not lines of HASH:COUNT")

var errShorter = errors.New("the list of passwords was cut while it was in use")

// read fills b from a place of the file. A file that became shorter says nothing
// of a password.
func (o *opened) read(b []byte, at int64) ([]byte, error) {
	n, err := o.file.ReadAt(b, at)
	if err == io.EOF {
		if err = nil; at+int64(n) < o.info.Size() {
			err = errShorter
		}
	}
	return b[:n], err
}

// lastLine is the last line of text that is whole: it has all its digits.
func lastLine(text []byte) []byte {
	for end := len(text); end > 0; {
		i := bytes.LastIndexByte(text[:end], '\n')
		if len(text)-i-1 >= hashDigits {
			return text[i+1:]
		}
		end = max(i, 0)
	}
	return text
}

// less compares by the digits of a hash, without case.
func less(a, b []byte) bool {
	for i := range min(len(a), len(b), hashDigits) {
		x, y := digit(a[i]), digit(b[i])
		if x != y {
			return x < y
		}
	}
	return false
}

func digit(c byte) byte {
	if 'a' <= c && c <= 'f' {
		c -= 'a' - 'A'
	}
	return c
}

func upper(b []byte) {
	for i := range b {
		b[i] = digit(b[i])
	}
}

// contains looks at each line.
func contains(lines, want []byte) bool {
	for len(lines) >= hashDigits {
		if !less(lines, want) && !less(want, lines) {
			return true
		}
		i := bytes.IndexByte(lines, '\n')
		if i < 0 {
			return false
		}
		lines = lines[i+1:]
	}
	return false
}

// share is which part of all hashes is below one, from 0 to 1.
func share(hash []byte) float64 {
	n := 0.0
	scale := 1.0 / 16
	for i := range min(len(hash), 12) {
		c := digit(hash[i])
		v := float64(c - '0')
		if c >= 'A' {
			v = float64(c - 'A' + 10)
		}
		n += v * scale
		scale /= 16
	}
	return n
}

// sound holds the beginning and the end of the file to the format.
func (o *opened) sound() error {
	var b [blockBytes]byte
	begin, err := o.read(b[:], 0)
	if err != nil {
		return err
	}
	if err := ordered(begin, 1); err != nil || o.info.Size() <= blockBytes {
		return err
	}
	end, _, err := o.lines(b[:], o.info.Size()-blockBytes)
	if err != nil {
		return err
	}
	return ordered(end, 0)
}

// ordered reports the first line that is not as the format wants it. The last
// one may be cut off.
func ordered(text []byte, number int) error {
	var before []byte
	for ; len(text) > 0; number++ {
		line, rest, whole := bytes.Cut(text, []byte{'\n'})
		if !whole && len(line) < maxLine && before != nil {
			return nil
		}
		line = bytes.TrimSuffix(line, []byte{'\r'})
		if !isLine(line) {
			if number > 0 {
				return fmt.Errorf("line %d is not HASH:COUNT, with a SHA-1 in 40 hexadecimal digits", number)
			}
			return errLines
		}
		if before != nil && !less(before, line) {
			return errors.New("the lines are not sorted by their hashes")
		}
		before, text = line, rest
	}
	if before == nil {
		return errors.New("the file is empty")
	}
	return nil
}

func isLine(line []byte) bool {
	if len(line) < hashDigits || len(line) > maxLine || len(line) > hashDigits && line[hashDigits] != ':' {
		return false
	}
	for _, c := range line[:hashDigits] {
		if c = digit(c); (c < '0' || c > '9') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return true
}
