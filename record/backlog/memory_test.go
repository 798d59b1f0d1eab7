package backlog

import (
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"sync"
)

var errCrash = errors.New("the machine stopped")

// memory is a disk that stops at the n-th call, which does half of its work,
// and of which a loss of power leaves what was synced and a random part of the
// rest.
type memory struct {
	mu    sync.Mutex
	files map[string]*content
	calls int // until it stops; negative for never
	full  bool
	rand  *rand.Rand
}

type content struct {
	now, synced []byte
	named       bool // its name was synced
}

func newMemory(seed uint64) *memory {
	return &memory{files: map[string]*content{}, calls: -1, rand: rand.New(rand.NewPCG(seed, 1))}
}

// call counts down; it needs mu.
func (m *memory) call() error {
	if m.calls == 0 {
		return errCrash
	}
	m.calls--
	return nil
}

// start is the machine that starts again; power says that it was a loss of power.
func (m *memory) start(power bool) {
	m.calls = -1
	if !power {
		return
	}
	for name, c := range m.files {
		if !c.named && m.rand.IntN(2) == 0 {
			delete(m.files, name)
			continue
		}
		next := make([]byte, 0, len(c.now))
		next = append(next, c.synced...)
		if len(next) > len(c.now) {
			next = next[:len(c.now)]
		}
		if more := len(c.now) - len(next); more > 0 {
			keep := m.rand.IntN(more + 1)
			piece := append([]byte{}, c.now[len(next):len(next)+keep]...)
			if keep > 0 && m.rand.IntN(2) == 0 { // a block that was never written
				clear(piece[m.rand.IntN(keep):])
			}
			next = append(next, piece...)
		}
		c.now, c.synced = next, append([]byte{}, next...)
	}
}

func (m *memory) open(name string, create bool) (file, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.files[name]
	if c == nil {
		if !create {
			return nil, fs.ErrNotExist
		}
		if err := m.call(); err != nil {
			return nil, err
		}
		c = &content{}
		m.files[name] = c
	}
	return &memoryFile{m, c}, nil
}

func (m *memory) remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.call(); err != nil {
		return err
	}
	delete(m.files, name)
	return nil
}

func (m *memory) list() (names []string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name := range m.files {
		names = append(names, name)
	}
	return names, nil
}

func (m *memory) sync() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.call(); err != nil {
		return err
	}
	for _, c := range m.files {
		c.named = true
	}
	return nil
}

func (m *memory) close() error { return nil }

type memoryFile struct {
	m *memory
	c *content
}

func (f *memoryFile) ReadAt(p []byte, at int64) (int, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if at >= int64(len(f.c.now)) {
		return 0, io.EOF
	}
	n := copy(p, f.c.now[at:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *memoryFile) WriteAt(p []byte, at int64) (int, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	err := f.m.call()
	if f.m.full {
		err = errors.New("no space left")
	}
	if err != nil {
		p = p[:f.m.rand.IntN(len(p)+1)]
	}
	if need := int(at) + len(p); need > len(f.c.now) {
		f.c.now = append(f.c.now, make([]byte, need-len(f.c.now))...)
	}
	copy(f.c.now[at:], p)
	return len(p), err
}

func (f *memoryFile) Sync() error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if err := f.m.call(); err != nil {
		return err
	}
	f.c.synced = append([]byte{}, f.c.now...)
	return nil
}

func (f *memoryFile) Close() error { return nil }

func (f *memoryFile) size() (int64, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	return int64(len(f.c.now)), nil
}
