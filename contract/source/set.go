package source

import (
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// maxFileBytes bounds one document.
const maxFileBytes = 64 << 20

// Set is the files of one contract. References reach files in the folder of
// the main document and below it, never outside of it and never the network.
type Set struct {
	root     *os.Root
	folder   string // as the user named it, for messages
	files    map[string]*File
	problems Problems
}

// Open reads the main document at name and returns the set that resolves
// references out of it. Close the set when nothing more will be loaded.
func Open(name string) (*Set, *File, error) {
	folder := filepath.Dir(name)
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, nil, err
	}
	s := &Set{root: root, folder: folder, files: make(map[string]*File)}
	main, err := s.Load("file:///" + url.PathEscape(filepath.Base(name)))
	if err != nil {
		root.Close()
		return nil, nil, err
	}
	return s, main, nil
}

// NewSet returns a set that holds one document and reaches no other.
func NewSet(f *File) *Set {
	return &Set{files: map[string]*File{f.URI: f}}
}

// Close releases the folder. Documents that were read stay usable.
func (s *Set) Close() error {
	if s.root == nil {
		return nil
	}
	return s.root.Close()
}

// Problems returns what was wrong with the text of the files read so far.
func (s *Set) Problems() Problems { return s.problems }

// Load returns the document at a file: URI whose path counts from the main
// document's folder. A document is read once.
func (s *Set) Load(uri string) (*File, error) {
	if f, ok := s.files[uri]; ok {
		if f == nil {
			return nil, fmt.Errorf("%s could not be read", uri)
		}
		return f, nil
	}
	u, err := url.Parse(uri)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "file" || u.Host != "" || s.root == nil {
		return nil, fmt.Errorf("%s is not a local file; references never reach the network", uri)
	}
	name := strings.TrimPrefix(path.Clean(u.Path), "/")
	data, err := s.read(name)
	s.files[uri] = nil
	if err != nil {
		return nil, err
	}
	f, problems := Parse(filepath.Join(s.folder, name), data)
	f.URI = uri
	s.problems = append(s.problems, problems...)
	s.files[uri] = f
	return f, nil
}

func (s *Set) read(name string) ([]byte, error) {
	f, err := s.root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err == nil && len(data) > maxFileBytes {
		err = fmt.Errorf("%s is larger than %d MiB", name, maxFileBytes>>20)
	}
	return data, err
}
