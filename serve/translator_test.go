package serve

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/record"
	"github.com/gatehouse-api/gatehouse/record/ocsf"
)

// short takes so many bytes and fails from then on; below 0 it takes all.
type short struct {
	strings.Builder
	room int
}

var errShort = errors.New("no room")

func (s *short) Write(p []byte) (int, error) {
	if s.room < 0 {
		return s.Builder.Write(p)
	}
	n, _ := s.Builder.Write(p[:min(s.room, len(p))])
	s.room -= n
	return n, errShort
}

// TestTranslator: lines of events become lines of OCSF, what is no event becomes
// none, and a line that was cut spoils no other.
func TestTranslator(t *testing.T) {
	now := time.UnixMilli(1)
	line := func(act gate.Act) []byte {
		return record.AppendEvent(nil, &gate.Event{Act: act, ID: gate.NewID(now), Time: now, Number: 1})
	}
	out := &short{room: 20}
	to := &translator{to: out, translation: translation{schema: ocsf.New("1")}}
	if n, err := to.Write(line(gate.Started)); n != 0 || !errors.Is(err, errShort) {
		t.Fatalf("%d, %v", n, err)
	}
	if n, err := to.Write(line(gate.Started)); n != 0 || !errors.Is(err, errShort) {
		t.Fatalf("%d, %v", n, err)
	}
	out.room = -1
	batch := append([]byte("\nno event\n"), line(gate.Stopped)...)
	if n, err := to.Write(batch); n != len(batch) || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	lines := strings.Split(out.String(), "\n")
	if len(lines) != 3 || len(lines[0]) != 20 || !strings.Contains(lines[1], `"class_uid":6002`) || lines[2] != "" {
		t.Errorf("%q", lines)
	}
}
