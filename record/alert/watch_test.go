package alert_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/record/alert"
	"github.com/gatehouse-api/gatehouse/record/tap"
)

var stranger = alert.Rule{Name: "stranger", Severity: "high", FirstSeen: &alert.FirstSeen{Value: alert.Caller, Learn: time.Hour}}

func call(caller uint64) *gate.Event {
	now := time.Now()
	return &gate.Event{ID: gate.NewID(now), Time: now, Caller: caller}
}

// use has a watch judge by rules.
func use(t *testing.T, w *alert.Watch, folder alert.Folder, rules ...alert.Rule) {
	t.Helper()
	l, err := w.Load(t.Context(), rules, folder)
	if err != nil {
		t.Fatal(err)
	}
	w.Use(t.Context(), l)
}

// TestWatch: events of a tap are judged as they come, and so is that none come;
// what was seen outlives the watch.
func TestWatch(t *testing.T) {
	folder := alert.Folder{Path: t.TempDir()}
	synctest.Test(t, func(t *testing.T) {
		var open tap.Tap
		var log bytes.Buffer
		var told []string
		start := func() *alert.Watch {
			w := alert.NewWatch(&open, func(e *gate.Event) {
				told = append(told, fmt.Sprint(e.Alert.Name, " ", e.Caller))
				open.See(e, nil) // as the gate does with all that happens to it
			}, slog.New(slog.NewTextHandler(&log, nil)))
			use(t, w, folder, stranger, alert.Rule{Name: "silence", Absence: &alert.Absence{Window: 90 * time.Minute}})
			return w
		}
		w := start()
		open.See(call(1), nil)
		time.Sleep(time.Second)
		synctest.Wait()
		if s, dropped := w.Stats(); len(s) != 2 || s[0].Matched != 1 || dropped != 0 || len(told) != 0 {
			t.Errorf("%+v, %d dropped, told %v", s, dropped, told)
		}
		w.Close(t.Context())

		w = start() // which has learned for an hour, in all
		time.Sleep(time.Hour)
		open.See(call(1), nil)
		open.See(call(2), nil)
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		w.Close(t.Context())
		if got := fmt.Sprint(told); got != "[stranger 2 silence 0]" {
			t.Errorf("told %s", got)
		}
		if !strings.Contains(log.String(), "level=WARN msg=alert alert=stranger severity=high") || strings.Contains(log.String(), "level=ERROR") {
			t.Errorf("log %s", &log)
		}
		open.See(call(3), nil)
		if s, _ := w.Stats(); s[0].Matched != 2 {
			t.Errorf("judged after the end: %+v", s)
		}
	})
}

// TestWatchOfABrokenFile learns anew and says so, and says once that nothing can
// be kept.
func TestWatchOfABrokenFile(t *testing.T) {
	folder := alert.Folder{Path: t.TempDir()}
	if err := os.MkdirAll(folder.Path+"/stranger.seen/x", 0o700); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		var open tap.Tap
		var log bytes.Buffer
		w := alert.NewWatch(&open, func(*gate.Event) {}, slog.New(slog.NewTextHandler(&log, nil)))
		use(t, w, folder, stranger)
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		use(t, w, folder)
		open.See(call(1), nil)
		w.Close(t.Context())
		for text, n := range map[string]int{"cannot be read: it learns anew": 1, "cannot be kept": 1} {
			if strings.Count(log.String(), text) != n {
				t.Errorf("%q stands not once in %s", text, &log)
			}
		}
	})
}
