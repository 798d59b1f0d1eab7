package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// follow copies standard error into a file and sends the addresses that the
// banner names, by variable; none when there is no banner.
func (s *stage) follow(stderr io.Reader, name string, doors chan<- map[string]string) {
	defer close(s.done)
	defer close(doors)
	defer s.say("", true)
	file, err := os.Create(name)
	if err != nil {
		return
	}
	defer file.Close()
	found, banner := map[string]string{}, false
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		fmt.Fprintln(file, lines.Text())
		s.say(lines.Text()+"\n", false)
		words := strings.Fields(lines.Text())
		if len(words) < 2 || banner {
			continue
		}
		switch words[0] {
		case "listening":
			name := "GATE"
			if found[name] != "" {
				name = "GATE2"
			}
			found[name] = strings.TrimSuffix(words[1], ",")
		case "maintenance":
			found["MAINTENANCE"] = strings.TrimSuffix(words[1], ",")
		case "admin":
			found["ADMIN"] = strings.TrimSuffix(words[1], ",")
		case "events": // which stands below all addresses
			banner = true
			doors <- found
		}
	}
}

// say notes what the gate has said.
func (s *stage) say(text string, last bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text += text
	s.ended = last
	s.more.Broadcast()
}

func waitSaid(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg, args, 1)
	s := on(ts)
	pattern, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	late := false
	limit := time.AfterFunc(10*time.Second, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		late = true
		s.more.Broadcast()
	})
	defer limit.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if at := pattern.FindStringIndex(s.text); at != nil {
			s.text = s.text[at[1]:]
			return
		}
		if late || s.ended {
			ts.Fatalf("the gate did not say %q, but\n%s", args[0], s.text)
		}
		s.more.Wait()
	}
}

func hangUp(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg, args, 0)
	ts.Check(on(ts).gate.Process.Signal(syscall.SIGHUP))
}

func fillFile(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg, args, 2)
	var change []string
	for _, name := range []string{"API", "ADDRESS", "WORK", "RECEIVER", "SYSLOG", "BROKER"} {
		change = append(change, "$"+name, ts.Getenv(name))
	}
	if len(args)%2 != 0 {
		ts.Fatalf("fill: each OLD needs a NEW")
	}
	text := strings.NewReplacer(change...).Replace(ts.ReadFile(args[0]))
	for i := 2; i < len(args); i += 2 {
		if !strings.Contains(text, args[i]) {
			ts.Fatalf("%s does not hold %q", args[0], args[i])
		}
		text = strings.ReplaceAll(text, args[i], args[i+1])
	}
	target := ts.MkAbs(args[1])
	ts.Check(os.WriteFile(target+".new", []byte(text), 0o600))
	ts.Check(os.Rename(target+".new", target))
}
