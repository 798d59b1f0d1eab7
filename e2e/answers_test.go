package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// offContract is one way in which a program answers otherwise than its
// document says: the operation, the status, and what the gate did.
type offContract string

// offContracts reads them from the events of the gate, each once, in order.
func offContracts(t *testing.T, gate *process, calls int) []offContract {
	t.Helper()
	events := gateEvents(t, gate, calls)
	var list []offContract
	for _, e := range events {
		switch {
		case e.Trimmed > 0:
			list = append(list, offContract(fmt.Sprintf("%s %d: trimmed", e.Operation, e.Status)))
		case strings.HasPrefix(e.Code, "answer-"):
			list = append(list, offContract(fmt.Sprintf("%s %d: %s %s %s%s", e.Operation, e.Status, e.Code, e.Keyword, e.Pointer, e.Name)))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// event is what the tests read of a line.
type event struct {
	Event, Outcome, Operation, Code, Keyword, Pointer, Name string
	Status, Trimmed                                         int
}

// gateEvents returns the events of calls, which come a little after their
// answers.
func gateEvents(t *testing.T, gate *process, calls int) (events []event) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		events = events[:0]
		for line := range strings.Lines(gate.output()) {
			var e event
			if strings.HasPrefix(line, "{") && json.Unmarshal([]byte(line), &e) == nil && e.Event == "exchange" {
				events = append(events, e)
			}
		}
		if len(events) >= calls || time.Now().After(end) {
			break
		}
	}
	if len(events) < calls || calls == 0 {
		t.Errorf("%d events of %d calls", len(events), calls)
	}
	return events
}

// listed holds what a program answers off its document to the list of known
// ones, and that list to docs/real-programs.md.
func listed(t *testing.T, got, known []offContract) {
	t.Helper()
	if !slices.Equal(got, known) {
		t.Errorf("answers off the document:\n%q\nknown are\n%q", got, known)
	}
	page, err := os.ReadFile("../docs/real-programs.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range known {
		if !strings.Contains(string(page), "`"+strings.TrimSpace(string(k))+"`") {
			t.Errorf("docs/real-programs.md does not list `%s`", k)
		}
	}
}
