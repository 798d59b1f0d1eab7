package trust

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// Bounds of one secret.
const (
	maxSecret     = 64 << 10 // bytes of a file, and of a whole value
	maxReferences = 16
)

// Lookup says where references lead.
type Lookup struct {
	// Env returns the value of a variable of the environment.
	Env func(name string) (value string, ok bool)
	// File returns what a file holds, at most most bytes, and whether others
	// than its owner may read it. The path is absolute if Folder is.
	File func(path string, most int) (text []byte, loose bool, err error)
	// Folder is the one that relative paths begin in.
	Folder string
	// Remote opens what services keep or sealed. Without it, references to them
	// are mistakes.
	Remote Remote
}

// Remote opens what this machine alone cannot. Its notes hold names and nothing
// of a secret or of what a service wrote.
type Remote interface {
	// Vault returns a field of a secret at a path of Vault, the mount first.
	Vault(path, field string) (value string, note *Note)
	// Unseal returns what a sealed file holds, whose text is given.
	Unseal(text []byte) (value string, note *Note)
}

// System looks references up in the environment of the program and in the
// file system, from folder.
func System(folder string) Lookup {
	return Lookup{Env: os.LookupEnv, File: readFile, Folder: folder}
}

// Note is a mistake in a reference, or a warning: what is wrong and what to do
// next. It holds names of variables and files and nothing of what is in them.
type Note struct {
	Text, Hint string
	Warning    bool
}

// Readable is what the warning begins with that others may read a secret; its
// file follows.
const Readable = "others than its owner may read the secret in "

const referenceHint = "write ${env:NAME} or ${file:PATH}"

var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// Refers reports whether text holds what Expand would take for a reference.
func Refers(text string) bool {
	for _, kind := range [...]string{"env", "file", "vault", "kms"} {
		if strings.Contains(text, "${"+kind+":") {
			return true
		}
	}
	return false
}

// Expand returns text with ${env:NAME}, ${file:PATH}, ${vault:PATH#FIELD} and
// ${kms:PATH} replaced by what they name. A text without any reference is a mistake, since secrets do not stand
// in files of configuration. One newline at the end of a file is not part of
// its secret. When a note is no warning the secret is zero.
func Expand(text string, look Lookup) (Secret, []Note) {
	var notes []Note
	var b strings.Builder
	rest, n := text, 0
	for ; n <= maxReferences; n++ {
		before, after, ok := strings.Cut(rest, "${")
		b.WriteString(before)
		if !ok {
			break
		}
		inner, next, ok := strings.Cut(after, "}")
		if !ok {
			notes = append(notes, Note{Text: `a reference is not closed by "}"`, Hint: referenceHint})
			break
		}
		value, note := look.reference(inner)
		if note != nil {
			notes = append(notes, *note)
		}
		b.WriteString(value)
		rest = next
	}
	switch {
	case n == 0 && len(notes) == 0:
		notes = append(notes, Note{Text: "a secret does not stand in the file itself", Hint: referenceHint})
	case n > maxReferences:
		notes = append(notes, Note{Text: fmt.Sprintf("one secret has more than %d references", maxReferences)})
	case b.Len() > maxSecret:
		notes = append(notes, Note{Text: fmt.Sprintf("the secret is larger than %d KiB", maxSecret>>10)})
	}
	for _, note := range notes {
		if !note.Warning {
			return Secret{}, notes
		}
	}
	return NewSecret(b.String()), notes
}

// reference returns what one reference names.
func (l *Lookup) reference(inner string) (string, *Note) {
	kind, name, _ := strings.Cut(inner, ":")
	switch {
	case kind == "env" && variable.MatchString(name):
		return l.variable(name)
	case kind == "file" && name != "":
		return l.file(name)
	case kind == "vault" && vaultPath.MatchString(name) && !strings.Contains(name, ".."):
		return l.vault(name)
	case kind == "kms" && name != "":
		return l.sealed(name)
	}
	// What stands there is not shown: it may be the secret.
	return "", &Note{Text: "what stands in ${ } is no reference", Hint: referenceHint}
}

func (l *Lookup) variable(name string) (string, *Note) {
	value, ok := l.Env(name)
	switch {
	case !ok:
		return "", &Note{Text: "the environment has no variable " + name, Hint: "set " + name + " before the gate starts"}
	case value == "":
		return "", &Note{Text: "the variable " + name + " of the environment is empty", Hint: "give " + name + " its value before the gate starts"}
	}
	return value, nil
}

func (l *Lookup) file(name string) (string, *Note) {
	path, text, loose, note := l.read(name)
	if note != nil {
		return "", note
	}
	value := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	if value == "" {
		return "", &Note{Text: "the file " + path + " is empty", Hint: "write the secret into it"}
	}
	if loose {
		return value, &Note{Text: Readable + path, Hint: "chmod 600 " + path, Warning: true}
	}
	return value, nil
}

// read returns what a file holds, and its whole path.
func (l *Lookup) read(name string) (path string, text []byte, loose bool, note *Note) {
	path = name
	if !filepath.IsAbs(path) {
		path = filepath.Join(l.Folder, filepath.FromSlash(path))
	}
	text, loose, err := l.File(path, maxSecret)
	if err == nil {
		return path, text, loose, nil
	}
	why := "it cannot be read"
	var failed *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return path, nil, false, &Note{Text: "there is no file " + path, Hint: "create it, or correct the path"}
	case errors.As(err, &failed):
		why = failed.Err.Error()
	case errors.Is(err, errNotRegular), errors.Is(err, errLarge):
		why = err.Error()
	}
	return path, nil, false, &Note{Text: "the secret in " + path + " is not available: " + why, Hint: "name a file of at most 64 KiB that this user can read"}
}

var vaultPath = regexp.MustCompile(`^[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)+#[A-Za-z0-9_.-]+$`)

const remoteHint = "name the secret by ${env:NAME} or ${file:PATH}"

func (l *Lookup) vault(name string) (string, *Note) {
	if l.Remote == nil {
		return "", &Note{Text: "a secret of Vault is of no use here", Hint: remoteHint}
	}
	path, field, _ := strings.Cut(name, "#")
	value, note := l.Remote.Vault(path, field)
	if value == "" && note == nil {
		note = &Note{Text: "the field " + field + " of " + path + " in Vault is empty", Hint: "write the secret into it"}
	}
	return value, note
}

// sealed opens a file that was sealed, whose mode is of no account.
func (l *Lookup) sealed(name string) (string, *Note) {
	if l.Remote == nil {
		return "", &Note{Text: "a sealed secret is of no use here", Hint: remoteHint}
	}
	path, text, _, note := l.read(name)
	if note != nil {
		return "", note
	}
	value, note := l.Remote.Unseal(text)
	switch {
	case note != nil:
		note.Text = "the sealed secret in " + path + ": " + note.Text
	case value == "":
		note = &Note{Text: "the sealed secret in " + path + " is empty"}
	}
	return value, note
}

var (
	errNotRegular = errors.New("it is not a regular file")
	errLarge      = errors.New("it is larger than 64 KiB")
)

// readFile reads a small regular file; a named pipe would block.
func readFile(path string, most int) (text []byte, loose bool, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, false, err
	}
	if !info.Mode().IsRegular() {
		return nil, false, errNotRegular
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	text, err = io.ReadAll(io.LimitReader(f, int64(most)+1))
	if err == nil && len(text) > most {
		err = errLarge
	}
	// Windows has no such bits: every file looks open there.
	return text, runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0, err
}
