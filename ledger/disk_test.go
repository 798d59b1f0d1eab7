package ledger

import (
	"errors"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"sync"
)

// memDisk are files in memory that know what was synced, can fail, stop in the
// middle of everything, and lose what a loss of power may lose.
type memDisk struct {
	mu      sync.Mutex
	root    *memNode
	calls   int
	stopAt  int                     // calls from this one on fail; 0 for never
	fail    func(call string) error // asked before each call where it is not nil
	trace   []string                // what was called, where tracing
	tracing bool
	free    int64
	signed  [][]byte // every checkpoint that was ever to be seen
}

// memNode is a file or a folder.
type memNode struct {
	names, synced map[string]*memNode // of a folder
	text, stable  []byte              // of a file
	clean         bool                // text is stable
}

func newDisk() *memDisk { return &memDisk{root: newNode(), free: 1 << 40} }

func newNode() *memNode {
	return &memNode{names: map[string]*memNode{}, synced: map[string]*memNode{}}
}

var (
	errPower = errors.New("the power is gone")
	errDisk  = errors.New("input/output error")
)

// call begins a call; the lock is held where it returns nil.
func (d *memDisk) call(what, name string) error {
	d.mu.Lock()
	d.calls++
	if d.stopAt > 0 && d.calls >= d.stopAt {
		d.mu.Unlock()
		return errPower
	}
	if d.fail != nil {
		if err := d.fail(what + " " + name); err != nil {
			d.mu.Unlock()
			return err
		}
	}
	if d.tracing {
		d.trace = append(d.trace, what+" "+name)
	}
	return nil
}

// stopped reports whether the power is gone.
func (d *memDisk) stopped() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stopAt > 0 && d.calls >= d.stopAt
}

func (d *memDisk) find(name string) *memNode {
	n := d.root
	if name == "." {
		return n
	}
	for part := range strings.SplitSeq(name, "/") {
		if n = n.names[part]; n == nil {
			return nil
		}
	}
	return n
}

func (d *memDisk) in(name string) (*memNode, string, error) {
	dir := d.find(path.Dir(name))
	if dir == nil || dir.names == nil {
		return nil, "", &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return dir, path.Base(name), nil
}

func (d *memDisk) Create(name string) (File, error) {
	if err := d.call("create", name); err != nil {
		return nil, err
	}
	defer d.mu.Unlock()
	dir, base, err := d.in(name)
	if err != nil {
		return nil, err
	}
	n := dir.names[base]
	if n == nil {
		n = &memNode{}
		dir.names[base] = n
	}
	n.text, n.clean = nil, false // what was stable may still come back
	return &memFile{d, n, name}, nil
}

type memFile struct {
	d    *memDisk
	n    *memNode
	name string
}

func (f *memFile) Write(b []byte) (int, error) {
	if err := f.d.call("write", f.name); err != nil {
		return 0, err
	}
	defer f.d.mu.Unlock()
	f.n.text = append(f.n.text[:len(f.n.text):len(f.n.text)], b...)
	f.n.clean = false
	return len(b), nil
}

func (f *memFile) Sync() error {
	if err := f.d.call("sync", f.name); err != nil {
		return err
	}
	defer f.d.mu.Unlock()
	f.n.stable, f.n.clean = f.n.text, true
	return nil
}

func (f *memFile) Close() error { return nil }

func (d *memDisk) Read(name string, most int64) ([]byte, error) {
	if err := d.call("read", name); err != nil {
		return nil, err
	}
	defer d.mu.Unlock()
	n := d.find(name)
	switch {
	case n == nil:
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	case n.names != nil || int64(len(n.text)) > most:
		return nil, &fs.PathError{Op: "read", Path: name, Err: errLarge}
	}
	return slices.Clone(n.text), nil
}

func (d *memDisk) Rename(from, to string) error {
	if err := d.call("rename", to); err != nil {
		return err
	}
	defer d.mu.Unlock()
	dir, base, err := d.in(from)
	if err != nil {
		return err
	}
	n := dir.names[base]
	delete(dir.names, base)
	dir, base, err = d.in(to)
	if err != nil {
		return err
	}
	dir.names[base] = n
	if to == checkpointFile {
		d.signed = append(d.signed, slices.Clone(n.text))
	}
	return nil
}

func (d *memDisk) Remove(name string) error {
	if err := d.call("remove", name); err != nil {
		return err
	}
	defer d.mu.Unlock()
	dir, base, err := d.in(name)
	if err != nil {
		return err
	}
	n := dir.names[base]
	if n == nil {
		return &fs.PathError{Op: "remove", Path: name, Err: fs.ErrNotExist}
	}
	if len(n.names) > 0 {
		return errors.New("the folder is not empty")
	}
	delete(dir.names, base)
	return nil
}

func (d *memDisk) Mkdir(name string) error {
	if err := d.call("mkdir", name); err != nil {
		return err
	}
	defer d.mu.Unlock()
	dir, base, err := d.in(name)
	if err == nil && dir.names[base] == nil {
		dir.names[base] = newNode()
	}
	return err
}

func (d *memDisk) List(name string) ([]string, error) {
	if err := d.call("list", name); err != nil {
		return nil, err
	}
	defer d.mu.Unlock()
	n := d.find(name)
	if n == nil {
		return nil, nil
	}
	return slices.Sorted(maps.Keys(n.names)), nil
}

func (d *memDisk) SyncDir(name string) error {
	if err := d.call("syncdir", name); err != nil {
		return err
	}
	defer d.mu.Unlock()
	n := d.find(name)
	if n == nil {
		return fs.ErrNotExist
	}
	n.synced = maps.Clone(n.names)
	return nil
}

func (d *memDisk) Free() (int64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.free, nil
}

// crash returns the disk as it may be after a loss of power: each name that was
// not synced is there or not, and of each file that was not synced some is.
func (d *memDisk) crash(r *rand.Rand) *memDisk {
	d.mu.Lock()
	defer d.mu.Unlock()
	seen := map[*memNode]*memNode{}
	return &memDisk{root: d.root.crash(r, seen), free: d.free, signed: d.signed}
}

func (n *memNode) crash(r *rand.Rand, seen map[*memNode]*memNode) *memNode {
	if m := seen[n]; m != nil {
		return m
	}
	m := &memNode{}
	seen[n] = m
	if n.names == nil {
		m.text = n.torn(r)
		m.stable, m.clean = m.text, true
		return m
	}
	m.names = map[string]*memNode{}
	all := maps.Clone(n.synced)
	maps.Copy(all, n.names)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		kept := n.synced[name]
		if r.IntN(2) == 0 {
			kept = n.names[name]
		}
		if kept != nil {
			m.names[name] = kept.crash(r, seen)
		}
	}
	m.synced = maps.Clone(m.names)
	return m
}

// torn is what may be left of a file.
func (n *memNode) torn(r *rand.Rand) []byte {
	if n.clean {
		return n.text
	}
	if len(n.stable) > 0 && (len(n.text) < len(n.stable) || !slices.Equal(n.text[:len(n.stable)], n.stable)) && r.IntN(2) == 0 {
		return n.stable // it was to be written anew, and was not
	}
	safe := 0
	if len(n.text) >= len(n.stable) && slices.Equal(n.text[:len(n.stable)], n.stable) {
		safe = len(n.stable)
	}
	text := slices.Clone(n.text)
	switch fresh := len(text) - safe; {
	case fresh == 0 || r.IntN(4) == 0: // all of it came through
	case r.IntN(2) == 0: // a part, from the beginning
		text = text[:safe+r.IntN(fresh)]
	default: // there is a hole in it
		from := safe + r.IntN(fresh)
		clear(text[from : from+1+r.IntN(len(text)-from)])
	}
	return text
}
