package record_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/record"
)

func TestRead(t *testing.T) {
	line := string(record.AppendEvent(nil, &full))
	text := line + "\nno event\n{\"event\":\"lost\",\"count\":3}\n{\"a\":1}\n" + strings.Repeat("x", 200<<10) + "\n" + line + line[:20]
	var seen, lost, would int
	wrong, err := record.Read(strings.NewReader(text), func(l *record.Line) error {
		if l.Event == "lost" {
			lost += int(l.Count)
			return nil
		}
		seen++
		would += len(l.Would)
		if l.API != full.API || l.Operation != full.Operation || l.Kind != full.Kind || l.Caller != "000000000000001f" || l.Pointer != full.Pointer ||
			l.ID != full.ID.String() || !l.Time.Equal(full.Time) || l.Code != full.Code.String() || l.Outcome != gate.Refused.String() || l.Would[1] != "body-media" {
			t.Errorf("%+v", l)
		}
		return nil
	})
	if err != nil || wrong != 3 || seen != 2 || lost != 3 || would != 4 {
		t.Errorf("%d wrong, %d seen, %d lost, %d would, %v", wrong, seen, lost, would, err)
	}
	stop := errors.New("enough")
	if _, err := record.Read(strings.NewReader(line+line), func(*record.Line) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
}

// FuzzRead reads whatever a file may hold: what is taken for events has a kind,
// and no line counts twice.
func FuzzRead(f *testing.F) {
	f.Add(string(record.AppendEvent(nil, &full)))
	f.Add("{\"event\":\"lost\",\"count\":1}\n{}\n[]\n")
	f.Fuzz(func(t *testing.T, text string) {
		n := 0
		wrong, err := record.Read(strings.NewReader(text), func(l *record.Line) error {
			if n++; l.Event == "" {
				t.Error("no event")
			}
			return nil
		})
		if lines := strings.Count(text, "\n"); err != nil || n+wrong > lines+1 {
			t.Errorf("%d and %d of %d lines, %v", n, wrong, lines, err)
		}
	})
}
