package record

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"time"
)

// Line is a line of events as reports read it: what docs/events.md says of the
// fields holds here.
type Line struct {
	Time      time.Time `json:"time"`
	Event     string    `json:"event"`
	ID        string    `json:"id"`
	Outcome   string    `json:"outcome"`
	Mode      string    `json:"mode"`
	API       string    `json:"api"`
	Operation string    `json:"operation"`
	Method    string    `json:"method"`
	Path      string    `json:"path"`
	Status    int       `json:"status"`
	Code      string    `json:"code"`
	Guard     string    `json:"guard"`
	In        string    `json:"in"`
	Name      string    `json:"name"`
	Pointer   string    `json:"pointer"`
	Keyword   string    `json:"keyword"`
	Kind      string    `json:"kind"`
	Caller    string    `json:"caller"`
	Account   string    `json:"account"`
	Login     string    `json:"login"`
	Client    string    `json:"client"`
	Address   string    `json:"address"`
	Would     []string  `json:"would_refuse"`
	Count     uint64    `json:"count"` // of events that were lost, or that an alert is about
	Alert     string    `json:"alert"` // its name
	Ends      string    `json:"ends"`  // of an alert that is over, its id
	Severity  string    `json:"severity"`
	Act       string    `json:"act"` // what happened to the gate itself
	By        string    `json:"by"`
	On        string    `json:"on"`
	Why       string    `json:"why"`
	TakenUp   time.Time `json:"taken_up"`
}

// maxReadLine bounds a line that is read, in bytes; events are far shorter.
const maxReadLine = 64 << 10

// Read calls each with every event of from, which is valid until each returns,
// and counts the lines that are none. The end of a line that is still being
// written is neither.
func Read(from io.Reader, each func(*Line) error) (wrong int, err error) {
	in := bufio.NewReaderSize(from, maxReadLine)
	var line Line
	for {
		text, err := in.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = in.ReadSlice('\n')
			}
			wrong++
			if err == nil {
				continue
			}
			text = nil
		case err == nil && len(bytes.TrimSpace(text)) == 0:
			continue
		}
		if errors.Is(err, io.EOF) {
			return wrong, nil
		} else if err != nil {
			return wrong, err
		}
		line = Line{Would: line.Would[:0]}
		if json.Unmarshal(text, &line) != nil || line.Event == "" {
			wrong++
			continue
		}
		if err := each(&line); err != nil {
			return wrong, err
		}
	}
}
