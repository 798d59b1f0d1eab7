package config

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/trust"
)

// maxFile bounds gatehouse.yaml.
const maxFile = 1 << 20

// Environment says where ${env:NAME} and ${file:PATH} lead. Its Folder is of
// no account: paths begin in the folder of the file.
type Environment = trust.Lookup

// Load reads the file at path with the environment of the program. The
// configuration is nil when one of the problems is an error; problems are in
// the order of the file.
func Load(path string) (*Config, source.Problems) {
	text, err := read(path)
	if err != nil {
		return nil, source.Problems{*err}
	}
	return Parse(path, text, trust.System(""))
}

// read returns the text of the file at path. Pipes are read as well, so that
// a shell can substitute a process for it.
func read(path string) ([]byte, *source.Problem) {
	problem := func(hint, text string) *source.Problem {
		return &source.Problem{Position: source.Position{File: path}, Text: text, Hint: hint}
	}
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		return nil, problem("name the file in it, as in "+filepath.Join(path, "gatehouse.yaml"), "this is a folder")
	}
	var text []byte
	if err == nil {
		var f *os.File
		if f, err = os.Open(path); err == nil {
			text, err = io.ReadAll(io.LimitReader(f, maxFile+1))
			f.Close()
		}
	}
	var failed *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, problem("gatehouse init writes one to begin with", "there is no such file")
	case errors.As(err, &failed):
		return nil, problem("", "the file cannot be read: "+failed.Err.Error())
	case err != nil:
		return nil, problem("", "the file cannot be read: "+err.Error())
	}
	return text, nil
}

// Parse reads a configuration from text. name is what messages call it and
// the path that its relative paths begin at. The text is read whole or not at
// all: the configuration is nil when one of the problems is an error. Parse
// opens no file and asks for no variable but through look, and asks no service.
func Parse(name string, text []byte, look Environment) (*Config, source.Problems) {
	return ParseWith(name, text, look, Unasked)
}

// ParseWith is Parse for a configuration that is to serve: references to
// services are asked for by remote.
func ParseWith(name string, text []byte, look Environment, remote Remote) (*Config, source.Problems) {
	return parse(name, text, look, remote, nil)
}

// ParseToLook is Parse for whoever serves nothing by it: what could be read of
// the configuration is returned beside its errors as well, nil only when it is
// no configuration at all.
func ParseToLook(name string, text []byte, look Environment) (*Config, source.Problems) {
	return parseWhole(name, text, look, Unasked, nil)
}

func parse(name string, text []byte, look Environment, remote Remote, hit map[string]bool) (*Config, source.Problems) {
	c, problems := parseWhole(name, text, look, remote, hit)
	if problems.Err() != nil {
		return nil, problems
	}
	return c, problems
}

func parseWhole(name string, text []byte, look Environment, remote Remote, hit map[string]bool) (*Config, source.Problems) {
	if len(text) > maxFile {
		return nil, source.Problems{{Position: source.Position{File: name}, Text: "the configuration is larger than 1 MiB"}}
	}
	file, problems := source.Parse(name, text)
	if file.Root == nil {
		return nil, problems.Sort()
	}
	folder, err := filepath.Abs(filepath.Dir(name))
	if err != nil {
		folder = filepath.Dir(name)
	}
	look.Folder = folder
	c := new(Config)
	d := &decoder{look: look, remote: remote, collector: collector{problems: problems, hit: hit}}
	d.whole(c, file.Root)
	c.Path = name
	return c, d.problems.Sort()
}
