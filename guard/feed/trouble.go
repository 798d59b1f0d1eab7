package feed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"time"
)

// Trouble is why a source cannot be read, or is to be looked after.
type Trouble struct {
	Text string // what is wrong
	Hint string // what to do next
	// Cause is what the system or the reader of the format said; nil where Text
	// says all.
	Cause error
	Used  bool // what was read is used all the same
}

func (t *Trouble) Error() string {
	if t.Cause != nil {
		return t.Text + ": " + t.Cause.Error()
	}
	return t.Text
}

// Unwrap returns the cause.
func (t *Trouble) Unwrap() error { return t.Cause }

func trouble(text, hint string) *Trouble { return &Trouble{Text: text, Hint: hint} }

// Check reads the file of a source once, as Load would, and returns what is
// wrong with it, a *Trouble, or nil. It keeps nothing of it. A database whose
// own date is further back than it may hold is trouble, too, though it is used.
func Check(o Options) error {
	s := NewSource(o)
	if err := s.Load(context.Background()); err != nil {
		return explained(o.Kind, err)
	}
	if l := s.live.Load(); l != nil {
		return s.old(l, time.Now())
	}
	return nil
}

const anotherDatabase = "download one with the country of addresses (country.iso_code) as .mmdb, such as GeoLite2-Country or DB-IP Country Lite"

// explained is an error of reading with a hint.
func explained(kind Kind, err error) error {
	if known := (*Trouble)(nil); errors.As(err, &known) {
		return err
	}
	what := "a list with one address or network a line"
	if kind == Countries {
		what = "a database in the format of MaxMind (.mmdb)"
	}
	var file *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return trouble("there is no such file", "put "+what+" there, or correct the path; it is read without a restart once it is there")
	case errors.Is(err, fs.ErrPermission):
		return trouble("the file may not be read", "let the user as whom the gate runs read it and its folder")
	case errors.Is(err, syscall.EISDIR):
		return trouble("this is a folder", "name the file in it")
	case errors.As(err, &file):
		return &Trouble{Text: "the file cannot be read", Hint: "look at the disk and at the path", Cause: file.Err}
	case errors.Is(err, errLarge):
		return trouble("the file is larger than it may be", "see that it is "+what)
	case kind == List:
		return &Trouble{Text: "the list cannot be read", Hint: "write one address, network or range a line, and words behind \"#\"", Cause: err}
	}
	return &Trouble{Text: "the database cannot be read", Hint: "download it anew: " + anotherDatabase, Cause: err}
}

// misfit says what a file is that is no database, by how it begins.
func misfit(data []byte) *Trouble {
	begins := func(with string) bool { return bytes.HasPrefix(data, []byte(with)) }
	switch {
	case len(data) == 0:
		return trouble("the file is empty", "download it anew: "+anotherDatabase)
	case begins("\x1f\x8b"), begins("PK\x03\x04"), begins("\xfd7zXZ"), begins("BZh"), len(data) > 262 && string(data[257:262]) == "ustar":
		return trouble("the file is packed", "unpack it (gunzip, tar -x, unzip) and name the .mmdb in it")
	case begins("<"):
		return trouble("the file is a page or a document of XML, not a database", "look at it: it may be what the server said in place of the download. Then "+anotherDatabase)
	case !bytes.Contains(data[:min(len(data), 4096)], []byte{0}):
		return trouble("the file is text, not a database", anotherDatabase+", not as CSV")
	case !bytes.Contains(data, []byte("\xab\xcd\xefMaxMind.com")):
		return trouble("the file is no database in the format of MaxMind, or was cut short", "download it anew: "+anotherDatabase)
	}
	return nil
}

// old is the trouble with a database that was made longer ago than it may hold;
// nil for none. Addresses go from country to country.
func (s *Source) old(l *loaded, now time.Time) error {
	if l.made.IsZero() || now.Sub(l.made) <= s.o.MaxStale {
		return nil
	}
	return &Trouble{Text: fmt.Sprintf("the database was made on %s, %d days ago, and is used on", l.made.Format(time.DateOnly), int(now.Sub(l.made).Hours()/24)),
		Hint: "put a newer one in its place, which is read without a restart, or raise max_stale where its age is no matter", Used: true}
}
