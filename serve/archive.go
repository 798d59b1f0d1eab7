package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/record/archive"
	"github.com/gatehouse-api/gatehouse/trust/keys"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// shelved is an archive of events that is open. The disk that it is on may hang,
// and holds nobody up then who opens another.
type shelved struct {
	*archive.Archive
	path   config.File
	closed chan struct{} // when it is
}

// openArchive opens the archive that a configuration names, nil for none. The one
// that is in use stays where it is the same.
func (p *Program) openArchive(d *draft) (*shelved, *fault) {
	a := d.config.Record.Archive
	if a == nil {
		return nil, nil
	}
	if live := p.events.shelf; live != nil && live.path == a.Path {
		return live, nil
	}
	opened, err := archive.Open(archive.Options{Dir: string(a.Path), MaxBytes: int64(a.MaxBytes), MaxAge: a.MaxAge, Sealer: sealerOf(p.reader.custody.keys), Log: p.log})
	if err != nil {
		return nil, archiveFault(a, err)
	}
	return &shelved{opened, a.Path, make(chan struct{})}, nil
}

// sealerOf encrypts what is kept, with keys that outlive the gate; nil without
// any.
func sealerOf(k *keys.Keys) seal.Sealer {
	if k == nil || !k.Durable() {
		return nil
	}
	return k.Data()
}

func archiveFault(a *config.Archive, err error) *fault {
	return &fault{at: a.Place.At("path"), text: "the archive of events cannot be kept: " + err.Error(), remedy: "name a folder that this user can write to", cause: err}
}

// archiveReachable finds an archive where no folder can be, without making one.
func archiveReachable(r *config.Record) *fault {
	if r.Archive == nil {
		return nil
	}
	path := string(r.Archive.Path)
	info, err := os.Stat(path)
	switch {
	case err == nil && !info.IsDir():
		err = &fs.PathError{Op: "open", Path: path, Err: syscall.ENOTDIR}
	case errors.Is(err, fs.ErrNotExist):
		if info, above := os.Stat(filepath.Dir(path)); above == nil && !info.IsDir() {
			break
		}
		err = nil // the gate makes it
	}
	if err == nil {
		return nil
	}
	return archiveFault(r.Archive, cause(err))
}

// archiveWords say where events are kept, for the banner.
func archiveWords(a *config.Archive, k *keys.Keys) string {
	how := "not encrypted, since the gate keeps no keys of its own (trust.keys_file)"
	if sealerOf(k) != nil {
		how = "encrypted"
	}
	return fmt.Sprintf("%s, at most %s and %s old, %s", a.Path, a.MaxBytes, ageWords(a.MaxAge), how)
}

// ageWords writes whole days as such.
func ageWords(d time.Duration) string {
	const day = 24 * time.Hour
	if d%day != 0 {
		return d.String()
	}
	if d == day {
		return "1 day"
	}
	return fmt.Sprintf("%d days", d/day)
}

// end closes an archive and does not wait for its disk.
func (s *shelved) end() {
	if s == nil {
		return
	}
	go func() {
		defer close(s.closed)
		s.Close()
	}()
}

// wait waits until an archive that was ended is closed, or ctx ends.
func (s *shelved) wait(ctx context.Context) error {
	if s == nil {
		return nil
	}
	select {
	case <-s.closed:
		return nil
	case <-ctx.Done():
		return errors.New("the archive was not closed in time")
	}
}

// bound holds the archive in use to its bounds.
func (e *events) bound(a *config.Archive) {
	if e.shelf != nil {
		e.shelf.Bound(int64(a.MaxBytes), a.MaxAge)
	}
}

// undoArchive closes an archive that is not to be used after all.
func (p *Program) undoArchive(s *shelved) {
	if s != p.events.shelf {
		s.end()
	}
}

// twofold writes events to their place and to an archive. What only the archive
// did not take is lost there.
type twofold struct {
	place   io.Writer
	archive *archive.Archive
}

// Write implements io.Writer.
func (t twofold) Write(p []byte) (int, error) {
	n, err := t.place.Write(p)
	if n == 0 && errors.Is(err, os.ErrClosed) {
		return 0, err // whatever is in its place takes all
	}
	_, wrong := t.archive.Write(p)
	switch {
	case wrong == nil:
		return n, err
	case err == nil:
		return 0, fmt.Errorf("the archive: %v", wrong) // no cause: the place has them
	}
	return n, fmt.Errorf("%w; the archive: %v", err, wrong)
}
