package sink

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// fake is a receiver that does as it is told.
type fake struct {
	mu    sync.Mutex
	got   []string
	calls []time.Time
	fail  error
	hang  bool
}

func (f *fake) Deliver(ctx context.Context, lines []byte, count int) error {
	f.mu.Lock()
	f.calls = append(f.calls, time.Now())
	fail, hang := f.fail, f.hang
	f.mu.Unlock()
	if hang {
		<-ctx.Done()
		return ctx.Err()
	}
	if fail != nil {
		return fail
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := bytes.Count(lines, []byte{'\n'}); n != count {
		return fmt.Errorf("%d lines and not %d", n, count)
	}
	for line := range strings.Lines(string(lines)) {
		f.got = append(f.got, strings.TrimSuffix(line, "\n"))
	}
	return nil
}

func (f *fake) Close() error { return nil }

func (f *fake) set(fail error, hang bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail, f.hang = fail, hang
}

func (f *fake) lines() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string{}, f.got...)
}

func options(folder string, to Target, log io.Writer) Options {
	return Options{Name: "siem", Folder: folder, Max: 1 << 20, To: to, Log: slog.New(slog.NewTextHandler(log, nil)), Timeout: 10 * time.Second, Tries: 3, Bytes: 64 << 10}
}

func start(t *testing.T, o Options) *Sink {
	t.Helper()
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func stop(t *testing.T, s *Sink) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		t.Fatal(err)
	}
}

// TestDeadReceiverLosesNothing has a receiver that is down, then hangs, then
// lives: everything comes, in order, and the log says twice what happened.
func TestDeadReceiverLosesNothing(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		to := &fake{fail: errors.New("connection refused")}
		s := start(t, options(folder, to, &log))
		for n := range 100 {
			s.Write(fmt.Appendf(nil, "{\"n\":%d}\n", n))
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if st := s.Stats(time.Now()); st.Waiting != 100 || st.Failing != "connection refused" || st.Lag < time.Minute || st.Bytes == 0 {
			t.Errorf("%+v", st)
		}
		to.set(nil, true)
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		to.set(nil, false)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := to.lines(); len(got) != 100 || got[0] != `{"n":0}` || got[99] != `{"n":99}` {
			t.Error(len(got))
		}
		if st := s.Stats(time.Now()); st.Waiting != 0 || st.Delivered != 100 || st.Failing != "" || st.Lag != 0 || st.Bytes != 0 {
			t.Errorf("%+v", st)
		}
		stop(t, s)
		if strings.Count(log.String(), "\n") != 2 || !strings.Contains(log.String(), "takes no events") || !strings.Contains(log.String(), "again") {
			t.Error(log.String())
		}
		for i := 1; i < len(to.calls); i++ {
			if wait := to.calls[i].Sub(to.calls[i-1]); wait > mostWait+11*time.Second {
				t.Error("waited too long: ", wait)
			}
		}
	})
}

// TestEndWithADeadReceiver ends at once, and the next program delivers.
func TestEndWithADeadReceiver(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		to := &fake{fail: errors.New("down")}
		s := start(t, options(folder, to, io.Discard))
		s.Write([]byte("a\nb\n"))
		time.Sleep(time.Minute)
		synctest.Wait()
		begun := time.Now()
		stop(t, s)
		if took := time.Since(begun); took > 0 {
			t.Error("took ", took)
		}
		if n := Waiting(folder); n == 0 {
			t.Error("nothing waits")
		}
		to.set(nil, true)
		s = start(t, options(folder, to, io.Discard))
		time.Sleep(time.Second)
		synctest.Wait()
		begun = time.Now()
		stop(t, s)
		if took := time.Since(begun); took > 5*time.Second {
			t.Error("took ", took)
		}
		to.set(nil, false)
		s = start(t, options(folder, to, io.Discard))
		stop(t, s) // what can be delivered is
		if got := to.lines(); len(got) != 2 {
			t.Error(got)
		}
		if n := Waiting(folder); n != 0 {
			t.Error(n, " bytes wait")
		}
	})
}

// TestTwoPrograms share a folder while one takes over from the other: what the
// first one leaves the second delivers.
func TestTwoPrograms(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		down := &fake{fail: errors.New("down")}
		first := start(t, options(folder, down, io.Discard))
		first.Write([]byte("left\n"))
		to := &fake{}
		second := start(t, options(folder, to, io.Discard))
		second.Write([]byte("own\n"))
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if got := to.lines(); len(got) != 1 || got[0] != "own" {
			t.Error(got)
		}
		stop(t, first)
		time.Sleep(2 * idle)
		synctest.Wait()
		if got := to.lines(); len(got) != 2 || got[1] != "left" {
			t.Error(got)
		}
		stop(t, second)
	})
}

// TestRefusedLinesAreLaidAside refuses lines for good: they stand in a file, and
// what comes behind them is delivered.
func TestRefusedLinesAreLaidAside(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		to := &fake{fail: &Failure{Text: "the server answered with status 400", Refused: true}}
		s := start(t, options(folder, to, &log))
		s.Write([]byte("bad\n"))
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(to.calls) != 3 {
			t.Error(len(to.calls), " tries")
		}
		to.set(nil, false)
		s.Write([]byte("good\n"))
		time.Sleep(time.Second)
		synctest.Wait()
		if got := to.lines(); len(got) != 1 || got[0] != "good" {
			t.Error(got)
		}
		if st := s.Stats(time.Now()); st.Refused != 1 || st.Delivered != 1 || st.Waiting != 0 {
			t.Errorf("%+v", st)
		}
		stop(t, s)
		all, err := filepath.Glob(filepath.Join(folder, "dead", "*.jsonl"))
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		if text, err := os.ReadFile(all[0]); err != nil || string(text) != "bad\n" {
			t.Errorf("%q %v", text, err)
		}
		if !strings.Contains(log.String(), "laid aside") {
			t.Error(log.String())
		}
	})
}

// TestDeadLettersAreBounded removes the oldest.
func TestDeadLettersAreBounded(t *testing.T) {
	l := letters{folder: t.TempDir(), max: 1000}
	gone := 0
	for n := range 20 {
		_, g, err := l.put(bytes.Repeat([]byte{byte('a' + n)}, 300), time.Unix(int64(n), 0))
		if err != nil {
			t.Fatal(err)
		}
		gone += g
	}
	list, err := os.ReadDir(l.folder)
	if err != nil || len(list) != 3 || gone != 17 {
		t.Error(len(list), gone, err)
	}
}

// TestPause waits longer each time, never all at once, and as long as a receiver
// asks for.
func TestPause(t *testing.T) {
	for try := 1; try < 100; try++ {
		d := pause(try, nil)
		top := mostWait
		if try < 8 {
			top = leastWait << (try - 1)
		}
		if d < top/2 || d > top {
			t.Error(try, d)
		}
	}
	if d := pause(1, &Failure{After: 5 * time.Minute}); d != 5*time.Minute {
		t.Error(d)
	}
	if d := pause(1, &Failure{After: 500 * time.Hour}); d != mostAfter {
		t.Error(d)
	}
}

// TestHead cuts deliveries into parts of whole lines.
func TestHead(t *testing.T) {
	if part, n := head([]byte("a\nb\nc\n"), 3, 2); string(part) != "a\nb\n" || n != 2 {
		t.Errorf("%q %d", part, n)
	}
	if part, n := head([]byte("a\nb\n"), 2, 0); string(part) != "a\nb\n" || n != 2 {
		t.Errorf("%q %d", part, n)
	}
}

// TestOnly chooses lines by their fields, and by nothing that looks like one.
func TestOnly(t *testing.T) {
	const lines = "\n" + `{"time":"2031-02-03T04:05:06.007Z","event":"exchange","id":"1","outcome":"refused","api":"pets","operation":"addPet","code":"body-schema"}` + "\n" +
		`{"time":"2031-02-03T04:05:06.007Z","event":"exchange","id":"2","outcome":"passed","api":"a \"quoted\" name","operation":"x,\"code\":\"body-schema\""}` + "\n" +
		`{"time":"2031-02-03T04:05:06.007Z","event":"lost","count":12}` + "\n"
	for _, row := range []struct {
		name string
		only Only
		want int
	}{
		{"all", Only{}, 3},
		{"outcome", Only{Outcome: []string{"refused", "failed"}}, 1},
		{"code", Only{Code: []string{"body-schema"}}, 1},
		{"both", Only{Outcome: []string{"passed"}, Code: []string{"body-schema"}}, 0},
		{"event", Only{Event: []string{"lost"}}, 1},
		{"escaped", Only{API: []string{`a "quoted" name`}}, 1},
		{"other", Only{Operation: []string{"deletePet"}}, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			picked, n := row.only.pick(nil, []byte(lines))
			if n != row.want || bytes.Count(picked, []byte{'\n'}) != n {
				t.Errorf("%d: %s", n, picked)
			}
		})
	}
}

// TestOnlyOfAlerts: an alert may go to a sink that does not choose it, and not to
// one that does; what is no alert is chosen as ever.
func TestOnlyOfAlerts(t *testing.T) {
	const lines = `{"time":"t","event":"alert","alert":"a","code":"body-schema"}` + "\n" + `{"time":"t","event":"alert","alert":"b"}` + "\n" + `{"time":"t","event":"alert","alert":"c"}` + "\n" + `{"time":"t","event":"exchange","api":"x","alert":"a"}` + "\n"
	for name, row := range map[string]struct {
		only Only
		want string
	}{
		"chosen": {Only{Event: []string{"alert"}}, "a b c"},
		"told":   {Only{Event: []string{"lost"}, Told: []string{"b", "x"}}, "b"},
		"untold": {Only{Event: []string{"alert"}, Untold: []string{"b"}}, "a c"},
		"both":   {Only{Code: []string{"body-schema"}, Told: []string{"c"}, Untold: []string{"a"}}, "c"},
	} {
		t.Run(name, func(t *testing.T) {
			picked, _ := row.only.pick(nil, []byte(lines))
			var got []string
			for line := range bytes.Lines(picked) {
				name, _ := Field(line, `"alert":"`)
				got = append(got, string(name))
			}
			if strings.Join(got, " ") != row.want {
				t.Errorf("%v, want %s", got, row.want)
			}
		})
	}
}

// FuzzField finds what a reader of JSON finds.
func FuzzField(f *testing.F) {
	f.Add([]byte(`{"a":"x","code":"b\"c"}`))
	f.Add([]byte(`{"code":"\`))
	f.Fuzz(func(t *testing.T, line []byte) {
		Field(line, `"code":"`) // of any bytes
		(&Only{Code: []string{"x"}}).pick(nil, line)
	})
}
