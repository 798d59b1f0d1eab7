package ledger

import (
	"errors"
	"io/fs"
)

// surveyed is what segments have beyond a tree.
type surveyed struct {
	list   []segmentRef // with entries that are not in the tree
	newest uint64       // the highest number
	next   int64        // index after the last entry
	torn   int          // bytes that do not read, and in which nothing was acknowledged
}

// surveySegments reads all segments beside a tree of size entries. Where something
// that was acknowledged does not read any more, it is a *Fault.
func surveySegments(f Files, names []string, size int64) (s surveyed, err error) {
	s.next = size
	var rest []byte
	for _, name := range names {
		number, ok := parseSegmentName(name)
		if !ok {
			continue
		}
		text, err := f.Read(name, maxSegment)
		if err != nil {
			return s, err
		}
		s.newest = max(s.newest, number)
		one, ok := parseSegment(text, number)
		rest = append(rest, one.rest...)
		if !ok {
			continue // of a segment whose beginning was not synced nothing was acknowledged
		}
		if one.first > s.next {
			return s, fault(name, s.next, "entries are missing that were recorded before it begins")
		}
		if one.end() > s.next {
			s.next = one.end()
			s.list = append(s.list, segmentRef{number, one.first})
		}
	}
	if lost(rest, s.next) {
		return s, fault(segmentName(s.newest), s.next, "it was recorded and does not read any more: the file is damaged")
	}
	s.torn = len(rest)
	return s, nil
}

// pending looks at what waits for its place in the tree. A gate that runs moves it
// meanwhile: then it is looked at again, a few times.
func (v *verification) pending() error {
	for range 5 {
		before, _, err := Head(v.files)
		if err != nil {
			return err
		}
		names, err := v.files.List(".")
		if err != nil {
			return err
		}
		s, err := surveySegments(v.files, names, before.Size)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it came into the tree
		}
		if after, _, unread := Head(v.files); unread != nil || after.Size != before.Size {
			continue
		}
		if err != nil {
			return err
		}
		v.report.Pending, v.report.Torn = s.next-before.Size, int64(s.torn)
		return nil
	}
	v.report.Moving = true
	return nil
}
