package ledger

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"

	"github.com/gatehouse-api/gatehouse/ledger/tile"
)

// Entries are synced in segments before they are in the tree. A segment is a head
// (mark, number of the segment, index of its first entry, CRC) and records (length,
// CRC, index, how many entries were synced before it was written, entry). Numbers
// have their high byte first; a CRC is CRC-32C over the other parts.
//
// What was being written when the power went may be there in any part: a record
// that does not read ends the segment. That nothing acknowledged is lost with it
// shows in what follows: a later record that says that more was synced was written
// after it, so that the fault is damage and no torn write.

const (
	segmentMark   = "gatehouse pending 1\n"
	segmentHead   = len(segmentMark) + 8 + 8 + 4
	recordHead    = 4 + 4 + 8 + 8
	segmentPrefix = "pending-"

	// segmentBytes is when the next segment begins; one group may go beyond.
	segmentBytes = 8 << 20
	maxGroup     = 4 << 20 // bytes that one sync makes durable
	maxSegment   = segmentBytes + maxGroup + 2*(tile.MaxEntry+recordHead)
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func segmentName(number uint64) string { return fmt.Sprintf("%s%016x", segmentPrefix, number) }

func parseSegmentName(name string) (uint64, bool) {
	digits, ok := strings.CutPrefix(name, segmentPrefix)
	n, err := strconv.ParseUint(digits, 16, 64)
	return n, ok && err == nil && name == segmentName(n)
}

func appendSegmentHead(b []byte, number uint64, first int64) []byte {
	start := len(b)
	b = append(b, segmentMark...)
	b = binary.BigEndian.AppendUint64(b, number)
	b = binary.BigEndian.AppendUint64(b, uint64(first))
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
}

// finishRecord fills in the head of a record that has its entry.
func finishRecord(record []byte, index, synced int64) {
	binary.BigEndian.PutUint32(record, uint32(len(record)-recordHead))
	binary.BigEndian.PutUint64(record[8:], uint64(index))
	binary.BigEndian.PutUint64(record[16:], uint64(synced))
	binary.BigEndian.PutUint32(record[4:], recordSum(record))
}

// recordSum is the CRC over a whole record, of which its own place is left out.
func recordSum(record []byte) uint32 {
	return crc32.Update(crc32.Checksum(record[:4], castagnoli), castagnoli, record[8:])
}

// segment is what was read of one.
type segment struct {
	name    string
	first   int64    // index of the first entry
	entries [][]byte // from there on, parts of what was read
	rest    []byte   // from where it does not read
}

// end is the index after the last entry.
func (s *segment) end() int64 { return s.first + int64(len(s.entries)) }

// parseSegment reads what it can; ok is false where the head does not read, and
// all is rest.
func parseSegment(text []byte, number uint64) (s segment, ok bool) {
	s = segment{name: segmentName(number), rest: text}
	if len(text) < segmentHead || !bytes.HasPrefix(text, []byte(segmentMark)) {
		return s, false
	}
	head := text[len(segmentMark):segmentHead]
	sum := crc32.Checksum(text[:segmentHead-4], castagnoli)
	first := binary.BigEndian.Uint64(head[8:])
	if binary.BigEndian.Uint32(head[16:]) != sum || binary.BigEndian.Uint64(head) != number || first > 1<<62 {
		return s, false
	}
	s.first, s.rest = int64(first), text[segmentHead:]
	for {
		entry, index, _, ok := parseRecord(s.rest)
		if !ok || index != s.end() {
			return s, true
		}
		s.entries = append(s.entries, entry)
		s.rest = s.rest[recordHead+len(entry):]
	}
}

// parseRecord reads the record that text begins with.
func parseRecord(text []byte) (entry []byte, index, synced int64, ok bool) {
	if len(text) < recordHead {
		return nil, 0, 0, false
	}
	length := binary.BigEndian.Uint32(text)
	x, y := binary.BigEndian.Uint64(text[8:]), binary.BigEndian.Uint64(text[16:])
	if length > tile.MaxEntry || x > 1<<62 || y > x || len(text) < recordHead+int(length) {
		return nil, 0, 0, false
	}
	record := text[: recordHead+length : recordHead+length]
	if binary.BigEndian.Uint32(text[4:]) != recordSum(record) {
		return nil, 0, 0, false
	}
	return record[recordHead:], int64(x), int64(y), true
}

// lost reports whether rest, which does not read from its beginning, has a later
// record that says that entries at next and beyond were synced.
func lost(rest []byte, next int64) bool {
	for i := 0; i+recordHead <= len(rest); i++ {
		if y := binary.BigEndian.Uint64(rest[i+16:]); y <= uint64(next) || y > uint64(next)+1<<32 {
			continue // cheap, and true of nearly all places
		}
		if _, _, _, ok := parseRecord(rest[i:]); ok {
			return true
		}
	}
	return false
}
