package alert

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// Folder is where what rules of FirstSeen remember outlives the program, in a
// file for each.
type Folder struct {
	Path   string
	Sealer seal.Sealer // nil leaves it readable for the gate's user
}

// A file is one of these words, and then, sealed or as it is, a hash of what the
// rule is about, when it began to learn, its key, and its values.
const (
	openWord   = "gatehouse seen 1\n"
	sealedWord = "gatehouse seen sealed 1\n"
	headBytes  = 32 + 8 + 32
	valueBytes = 16
)

var errSeen = errors.New("it is no file of what a rule has seen, or was cut")

// encode writes what is kept.
func (s *Seen) encode(identity string) []byte {
	about := sha256.Sum256([]byte(identity))
	b := append([]byte(nil), about[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(s.Begun.Unix()))
	b = append(b, s.key[:]...)
	for _, v := range s.values {
		b = binary.BigEndian.AppendUint64(b, v.hash)
		b = binary.BigEndian.AppendUint64(b, uint64(v.last))
	}
	return b
}

// decodeSeen reads what encode wrote. It returns nil and no error for what is
// about another rule.
func decodeSeen(b []byte, identity string) (*Seen, error) {
	if len(b) < headBytes || (len(b)-headBytes)%valueBytes != 0 || len(b) > headBytes+maxSeen*valueBytes {
		return nil, errSeen
	}
	if about := sha256.Sum256([]byte(identity)); !bytes.Equal(about[:], b[:32]) {
		return nil, nil
	}
	s := &Seen{Begun: time.Unix(int64(binary.BigEndian.Uint64(b[32:])), 0)}
	copy(s.key[:], b[40:])
	known := map[uint64]bool{}
	for b = b[headBytes:]; len(b) > 0; b = b[valueBytes:] {
		v := value{binary.BigEndian.Uint64(b), int64(binary.BigEndian.Uint64(b[8:]))}
		if known[v.hash] {
			return nil, errSeen
		}
		known[v.hash] = true
		s.values = append(s.values, v)
	}
	return s, nil
}

func (f *Folder) file(name string) string { return filepath.Join(f.Path, name+".seen") }

func (f *Folder) at(name string) seal.At { return seal.At{Table: "alerts", Column: "seen", Row: name} }

// load returns what was kept of a rule; nil when there is nothing, or something
// about another rule of the name.
func (f *Folder) load(name, identity string) (*Seen, error) {
	b, err := read(f.file(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	if rest, ok := bytes.CutPrefix(b, []byte(openWord)); ok {
		return decodeSeen(rest, identity)
	}
	rest, ok := bytes.CutPrefix(b, []byte(sealedWord))
	if !ok {
		return nil, errSeen
	}
	if f.Sealer == nil {
		return nil, errors.New("it was encrypted, and the gate has no keys of its own that last")
	}
	if rest, err = f.Sealer.Open(rest, f.at(name)); err != nil {
		return nil, err
	}
	return decodeSeen(rest, identity)
}

// maxFile bounds a file, in bytes: its word, what it holds, and what sealing adds.
const maxFile = headBytes + maxSeen*valueBytes + 4<<10

// read reads a file that is no larger than what is kept of a rule.
func read(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(b) > maxFile {
		err = errSeen
	}
	return b, err
}

// save keeps what a rule remembers, with what another gate, which takes over or
// is being replaced, has kept meanwhile.
func (f *Folder) save(name, identity string, s *Seen) error {
	if other, err := f.load(name, identity); err == nil && other != nil && other.key == s.key {
		s = s.with(other)
	}
	b := s.encode(identity)
	word := openWord
	if f.Sealer != nil {
		sealed, err := f.Sealer.Seal(b, f.at(name))
		if err != nil {
			return err
		}
		b, word = sealed, sealedWord
	}
	if err := os.MkdirAll(f.Path, 0o700); err != nil {
		return err
	}
	return replace(f.file(name), append([]byte(word), b...))
}

// with is what either has, at most as many as there is room for.
func (s *Seen) with(other *Seen) *Seen {
	both := &Seen{Begun: s.Begun, key: s.key, values: slices.Clone(s.values)}
	at := make(map[uint64]bool, len(s.values))
	for _, v := range s.values {
		at[v.hash] = true
	}
	for _, v := range other.values {
		if !at[v.hash] && len(both.values) < maxSeen {
			both.values = append(both.values, v)
		}
	}
	return both
}

// replace writes a file so that it is there whole, or as it was before.
func replace(name string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("%s cannot be written: %w", name, err)
	}
	return nil
}

// kept is what is to be kept of one rule.
type kept struct {
	name, identity string
	seen           *Seen
}

// changed returns what is to be kept since it was asked last.
func (g *Engine) changed() (list []kept) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, r := range g.rules {
		if j, ok := r.judge.(*first); ok && j.change {
			j.change = false
			copied := *j.Seen
			copied.values = slices.Clone(j.values)
			list = append(list, kept{r.Name, r.identity, &copied})
		}
	}
	return list
}

// unkept says that a rule could not be kept.
func (g *Engine) unkept(name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if r := g.find(name); r != nil {
		if j, ok := r.judge.(*first); ok {
			j.change = true
		}
	}
}
