package serve

import (
	"crypto/sha256"
	"io"
	"os"
	"slices"
	"time"
)

// sum tells the contents of a file apart; zero for one that cannot be read.
type sum [sha256.Size]byte

// stamp is what was seen of a file.
type stamp struct {
	sum  sum
	info os.FileInfo // nil when nothing is known but the sum
	old  bool        // it had not changed for a while: another change will show in info
}

// tick is the coarsest clock of a file system that is reckoned with: a file
// changed within it may change again without a new time.
const tick = 2 * time.Second

// maxWatched bounds what is read of one file to see whether it has changed.
const maxWatched = 64 << 20

// look returns what there is to see of a file now. It reads the file only
// when its attributes leave open whether it has changed since before.
func look(name string, before stamp) stamp {
	now := time.Now()
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return stamp{}
	case info.IsDir():
		return stamp{sum: names(name), info: info}
	case !info.Mode().IsRegular(): // reading it could wait, or take something away
		return stamp{info: info, old: true}
	case before.old && before.info != nil && os.SameFile(info, before.info) && info.Size() == before.info.Size() && info.ModTime().Equal(before.info.ModTime()):
		return before
	}
	return stamp{sum: content(name), info: info, old: now.Sub(info.ModTime()) > tick}
}

// content is the sum of what a file holds.
func content(name string) (s sum) {
	f, err := os.Open(name)
	if err != nil {
		return s
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, io.LimitReader(f, maxWatched)); err != nil {
		return s
	}
	return sum(h.Sum(nil))
}

// names is the sum of the names in a folder, of which one comes or goes.
func names(folder string) (s sum) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return s
	}
	h := sha256.New()
	for _, e := range entries {
		io.WriteString(h, e.Name()+"\x00")
	}
	return sum(h.Sum(nil))
}

// watch knows the files that a configuration was made of.
type watch map[string]stamp

// add notes a file before it is read.
func (w watch) add(name string) {
	if name != "" {
		w[name] = look(name, w[name])
	}
}

// changed looks at all files and names those that are not as they were when
// they were looked at last.
func (w watch) changed() (names []string) {
	for name, before := range w {
		now := look(name, before)
		if now.sum != before.sum {
			names = append(names, name)
		}
		w[name] = now
	}
	slices.Sort(names)
	return names
}

// sums are the contents as they were last seen.
func (w watch) sums() map[string]sum {
	m := make(map[string]sum, len(w))
	for name, s := range w {
		m[name] = s.sum
	}
	return m
}
