package source

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
)

// Bounds of one contract's files.
const (
	maxFileBytes  = 64 << 20  // one document
	maxTotalBytes = 256 << 20 // all of them
	maxFiles      = 10_000
)

// base is the folder of the main document in the URIs of a set. It is not the
// root, so that a reference with too many ".." leaves it and is noticed
// instead of ending at the root, as RFC 3986 section 5.2.4 would have it.
const base = "/contract/"

// Set is the files of one contract. References reach files in the folder of
// the main document and below it, never outside of it and never the network.
// It may be used by many goroutines.
type Set struct {
	folder string // of the main document, as the user named it
	local  bool   // files of the folder may be read

	mu       sync.Mutex // guards what follows
	files    map[string]*entry
	bytes    int
	problems Problems
}

type entry struct {
	file *File
	err  error
}

// Open reads the main document at name and returns the set that resolves
// references out of it.
func Open(name string) (*Set, *File, error) {
	s := &Set{folder: filepath.Dir(name), local: true, files: make(map[string]*entry)}
	main, err := s.Load(uriOf(filepath.Base(name)))
	if err == nil {
		return s, main, nil
	}
	// The main document itself may be a link that leads elsewhere: the user
	// named it. Its folder is then the one that it lies in.
	if real, failed := filepath.EvalSymlinks(name); failed == nil && filepath.Dir(real) != s.folder {
		s = &Set{folder: filepath.Dir(real), local: true, files: make(map[string]*entry)}
		if main, again := s.Load(uriOf(filepath.Base(real))); again == nil {
			return s, main, nil
		}
	}
	return nil, nil, err
}

// NewSet returns a set that holds one document and reaches no other.
func NewSet(f *File) *Set {
	if f.URI == "" {
		f.URI = uriOf("document")
	}
	return &Set{files: map[string]*entry{f.URI: {file: f}}}
}

// Close is there for owners that want to say when they are done; a set holds
// nothing open between its calls.
func (s *Set) Close() error { return nil }

// Problems returns what was wrong with the text of the files read so far.
func (s *Set) Problems() Problems {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.problems[:len(s.problems):len(s.problems)]
}

// Refer returns the document that a reference without its fragment names when
// it stands in the document from.
func (s *Set) Refer(from *File, ref string) (*File, error) {
	to, err := url.Parse(ref)
	if err != nil {
		return nil, fmt.Errorf("%.200q is not a reference", ref)
	}
	start, err := url.Parse(from.URI)
	if err != nil {
		return nil, err
	}
	return s.Load(start.ResolveReference(to).String())
}

// Load returns the document at a file: URI as the URI field of this set's
// files has it. A document is read once, however its URI is spelt. Errors
// name the file as the user knows it.
func (s *Set) Load(uri string) (*File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.files[uri]; ok {
		return e.file, e.err
	}
	name, err := nameOf(uri)
	if err == nil && !s.local {
		err = errors.New("this document reaches no other files")
	}
	if err != nil {
		return nil, err
	}
	uri = uriOf(name)
	if e, ok := s.files[uri]; ok {
		return e.file, e.err
	}
	if len(s.files) >= maxFiles {
		return nil, fmt.Errorf("more than %d files", maxFiles)
	}
	e := new(entry)
	s.files[uri] = e
	e.file, e.err = s.read(name)
	if e.file != nil {
		e.file.URI = uri
	}
	return e.file, e.err
}

// nameOf returns the path below the folder that a URI names.
func nameOf(uri string) (string, error) {
	u, err := url.Parse(uri)
	switch {
	case err != nil:
		return "", fmt.Errorf("%.200q is not a reference", uri)
	case u.Scheme != "file" || u.Host != "" || u.Opaque != "":
		return "", fmt.Errorf("%s is not a local file, and references never reach the network", u.Redacted())
	case u.RawQuery != "" || u.Fragment != "":
		return "", fmt.Errorf("%.200q names no file: it has a query or a fragment", uri)
	}
	name, ok := strings.CutPrefix(path.Clean(u.Path), base)
	if !ok || !filepath.IsLocal(filepath.FromSlash(name)) {
		return "", errors.New("the reference leaves the folder of the contract")
	}
	return name, nil
}

// uriOf is the one spelling of the URI of a file below the folder.
func uriOf(name string) string {
	return (&url.URL{Scheme: "file", Path: base + filepath.ToSlash(name)}).String()
}

func (s *Set) read(name string) (*File, error) {
	shown := filepath.Join(s.folder, filepath.FromSlash(name))
	text, err := s.text(filepath.FromSlash(name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, missing(shown)
	case err != nil:
		var pe *fs.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		return nil, fmt.Errorf("%s cannot be read: %w", shown, err)
	}
	s.bytes += len(text)
	f, problems := ParseString(shown, text)
	s.problems = append(s.problems, problems...)
	return f, nil
}

// missing is the error for a file that is not there: fs.ErrNotExist by
// errors.Is.
type missing string

func (m missing) Error() string        { return "there is no file " + string(m) }
func (m missing) Is(target error) bool { return target == fs.ErrNotExist }

// text reads one file. os.Root keeps it inside of the folder, symbolic links
// included. Only regular files are opened: a named pipe would block.
func (s *Set) text(name string) (string, error) {
	root, err := os.OpenRoot(s.folder)
	if err != nil {
		return "", err
	}
	defer root.Close()
	info, err := root.Stat(name)
	if err != nil {
		return "", err
	}
	bound := min(maxFileBytes, maxTotalBytes-s.bytes)
	switch {
	case !info.Mode().IsRegular():
		return "", errors.New("it is not a regular file")
	case info.Size() > int64(bound):
		return "", tooLarge(bound)
	}
	f, err := root.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	var b strings.Builder
	b.Grow(int(info.Size()) + 1)
	if _, err := io.Copy(&b, io.LimitReader(f, int64(bound)+1)); err != nil {
		return "", err
	}
	if b.Len() > bound {
		return "", tooLarge(bound)
	}
	return b.String(), nil
}

func tooLarge(bound int) error {
	if bound < maxFileBytes {
		return fmt.Errorf("the files of one contract may have %d MiB together", maxTotalBytes>>20)
	}
	return fmt.Errorf("it is larger than %d MiB", maxFileBytes>>20)
}
