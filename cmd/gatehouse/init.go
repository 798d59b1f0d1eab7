package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/serve"
)

// beginning is what init is told.
type beginning struct {
	contract, upstream, listen, output string
	force                              bool
}

func newInit(w *world) *cobra.Command {
	var b beginning
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a gatehouse.yaml to begin with",
		Long: `Writes a gatehouse.yaml with one listener and one API. Every other key stands
in it as a comment that explains it, with its default. If the contract can be
read and asks for credentials, the file says authentication: upstream.

A file that is there already is not overwritten without --force.`,
		Example: `  gatehouse init
  gatehouse init --contract openapi.yaml --upstream http://127.0.0.1:9000 --listen 127.0.0.1:8080
  gatehouse init --contract openapi.yaml --output -`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error { return w.begin(&b) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&b.contract, "contract", "openapi.yaml", "`FILE` with the API's OpenAPI document; it need not be there yet")
	f.StringVar(&b.upstream, "upstream", "http://127.0.0.1:9000", "`URL` of the API: http or https, host and port; or unix:/path/of/socket")
	f.StringVar(&b.listen, "listen", "127.0.0.1:8080", "`HOST:PORT` where clients connect")
	f.StringVar(&b.output, "output", usual, "`FILE` to write; - is standard output")
	f.BoolVar(&b.force, "force", false, "overwrite the file")
	return cmd
}

func (w *world) begin(b *beginning) error {
	if err := b.check(); err != nil {
		return err
	}
	from, err := b.reference()
	if err != nil {
		return err
	}
	authentication, why := b.authentication()
	text := config.Template(from, b.upstream, b.listen, authentication)
	look := config.Environment{Env: w.lookup, File: func(string, int) ([]byte, bool, error) { return nil, false, fs.ErrNotExist }}
	if _, problems := config.Parse(b.output, text, look); problems.Err() != nil {
		return problems
	}
	say := w.stdout
	if b.output == "-" {
		say = w.stderr
		_, err = w.stdout.Write(text)
	} else {
		err = w.writeBeginning(b, text)
	}
	if err != nil {
		return err
	}
	b.next(say, why)
	return nil
}

// check finds mistakes of the flags. A listener beyond this machine needs more
// than the file says.
func (b *beginning) check() error {
	if b.output == "" {
		return &usageError{"--output: is empty", "name the file: --output " + usual}
	}
	err := serve.CheckFlags(serve.Config{Contract: b.contract, Upstream: b.upstream, Listen: b.listen})
	for _, e := range serve.ConfigErrors(err) {
		if e.Flag == "listen" {
			e.Hint = "write it like 127.0.0.1:8080; beyond this machine a listener needs tls or plain_http: change the file when it is written"
		}
	}
	return err
}

// reference is the contract's path as the file names it: from its own folder.
func (b *beginning) reference() (string, error) {
	if b.output == "-" || filepath.IsAbs(b.contract) {
		return b.contract, nil
	}
	to, err := filepath.Abs(b.contract)
	if err != nil {
		return "", err
	}
	from, err := filepath.Abs(filepath.Dir(b.output))
	if err != nil {
		return "", err
	}
	return filepath.Rel(from, to)
}

// authentication decides who verifies credentials, and says why.
func (b *beginning) authentication() (config.Authentication, string) {
	if _, err := os.Stat(b.contract); errors.Is(err, fs.ErrNotExist) {
		return "", b.contract + " is not there yet, so authentication is left for you to decide"
	}
	c, problems := openapi.Load(b.contract)
	if c != nil {
		defer c.Files.Close()
	}
	switch {
	case problems.Err() != nil:
		return "", b.contract + " has errors, so authentication is left for you to decide"
	case c.Secured:
		return config.ByUpstream, called(c) + " asks for credentials: your API verifies them, the gate demands that they are there (authentication: upstream)"
	}
	return "", called(c) + " asks for no credentials, so authentication is not needed"
}

func called(c *contract.Contract) string { return strings.TrimSpace(c.Title + " " + c.Version) }

// writeBeginning writes the file whole or not at all.
func (w *world) writeBeginning(b *beginning, text []byte) error {
	if _, err := os.Lstat(b.output); err == nil && !b.force {
		w.complain(b.output+" is there already", "--force overwrites it, --output names another file")
		return errReported
	}
	target := b.output
	if real, err := filepath.EvalSymlinks(target); err == nil {
		target = real // a link stays one
	}
	f, err := os.CreateTemp(filepath.Dir(target), "."+filepath.Base(target)+"-")
	if err != nil {
		w.complain(b.output+" cannot be written: "+cause(err).Error(), "--output names a file in a folder that is there and that this user can write to")
		return errReported
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err == nil {
		err = b.place(f.Name(), target)
	}
	if err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("%s cannot be written: %w", b.output, cause(err))
	}
	return nil
}

// place gives the new file its name. Without force it takes none that appeared
// meanwhile.
func (b *beginning) place(name, target string) error {
	if b.force {
		return os.Rename(name, target)
	}
	if err := os.Link(name, target); err != nil {
		return err
	}
	return os.Remove(name)
}

// cause is what the system said, without the names of files that the user
// does not know.
func cause(err error) error {
	var file *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &file):
		return file.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}

// next says what was written and what to do with it.
func (b *beginning) next(out io.Writer, why string) {
	file := b.output
	if file == "-" {
		file = usual
		fmt.Fprintf(out, "%s.\nSave it as %s. Next:\n", why, file)
	} else {
		fmt.Fprintf(out, "%s is written: clients come to %s, the API is %s.\n%s.\nNext:\n", file, b.listen, b.upstream, why)
	}
	fmt.Fprintf(out, "  gatehouse check --config %[1]s\n  gatehouse serve --config %[1]s\n", shellWord(file))
}

// plainWord is a word that a shell takes as it is.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./@%+=,][A-Za-z0-9_./:@%+=,-]*$`)

// shellWord writes a word for a shell.
func shellWord(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
