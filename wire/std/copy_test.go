package std

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

// leaver is a client that takes some bytes and is gone.
type leaver struct {
	http.ResponseWriter
	takes int
}

var errLeft = errors.New("left")

// Write implements io.Writer.
func (l *leaver) Write(p []byte) (int, error) {
	n := min(l.takes, len(p))
	if l.takes -= n; n < len(p) {
		return n, errLeft
	}
	return n, nil
}

// TestCopyCounts wants counted what was written, not what was read, and an
// answer that is not as long as it says taken for one that broke off.
func TestCopyCounts(t *testing.T) {
	const answer = "0123456789"
	for _, row := range []struct {
		name          string
		takes, length int
		want          int64
		err           error
	}{
		{"whole", 100, 10, 10, nil},
		{"of-unknown-length", 100, -1, 10, nil},
		{"client-leaves", 4, 10, 4, errLeft},
		{"client-leaves-at-once", 0, 10, 0, errLeft},
		{"shorter-than-it-says", 100, 11, 10, io.ErrUnexpectedEOF},
		{"longer-than-it-says", 100, 9, 10, io.ErrUnexpectedEOF},
		{"nothing-but-a-length-of-none", 100, 0, 10, io.ErrUnexpectedEOF},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := &leaver{takes: row.takes}
			x := &gate.Exchange{Answer: gate.Answer{Status: 200, Length: int64(row.length), Body: io.NopCloser(strings.NewReader(answer))}}
			err := (&turn{w: w}).copy(x, http.NewResponseController(w), false)
			if x.AnswerBytes != row.want || !errors.Is(err, row.err) || (err == nil) != (row.err == nil) {
				t.Errorf("%d bytes, %v; want %d, %v", x.AnswerBytes, err, row.want, row.err)
			}
		})
	}
}
