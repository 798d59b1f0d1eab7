package attack

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Value is one value of a corpus.
type Value struct {
	From    string // "file.csv:12"
	Payload string
	Class   string // of the attack, in the words of the corpus; Benign for none
}

// Benign is the class of values that are no attack.
const Benign = "benign"

// Corpus is what a folder holds.
type Corpus struct {
	Values  []Value
	Skipped []string // names of files that are no corpus
}

const (
	maxFiles   = 1_000
	maxFile    = 64 << 20
	maxValues  = 500_000
	maxPayload = 64 << 10
	maxClass   = 32
	maxClasses = 100
)

// ReadCorpus reads the files of a folder. Errors name file and line, and quote
// nothing of what stands there.
func ReadCorpus(folder string) (*Corpus, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	if len(entries) > maxFiles {
		return nil, fmt.Errorf("%s: holds more than %d files", folder, maxFiles)
	}
	c := new(Corpus)
	for _, e := range entries {
		read := map[string]func(*Corpus, string, io.Reader) error{".csv": (*Corpus).readCSV, ".jsonl": (*Corpus).readLines}[filepath.Ext(e.Name())]
		if read == nil || !e.Type().IsRegular() {
			c.Skipped = append(c.Skipped, e.Name())
			continue
		}
		if err := c.file(filepath.Join(folder, e.Name()), e.Name(), read); err != nil {
			return nil, err
		}
	}
	if len(c.Values) == 0 {
		return nil, fmt.Errorf("%s: holds no value; a corpus is files of *.csv and *.jsonl", folder)
	}
	return c, nil
}

func (c *Corpus) file(path, name string, read func(*Corpus, string, io.Reader) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	limited := &io.LimitedReader{R: f, N: maxFile + 1}
	if err := read(c, name, limited); err != nil {
		return err
	}
	if limited.N == 0 {
		return fmt.Errorf("%s: is larger than %d MiB", name, maxFile>>20)
	}
	return nil
}

// add takes a value that stands at line.
func (c *Corpus) add(name string, line int, payload, class string) error {
	at := fmt.Sprintf("%s:%d", name, line)
	switch {
	case payload == "":
		return fmt.Errorf("%s: has no payload", at)
	case len(payload) > maxPayload:
		return fmt.Errorf("%s: the payload is longer than %d KiB", at, maxPayload>>10)
	case class == "" || len(class) > maxClass || strings.Trim(class, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "":
		return fmt.Errorf("%s: a class is at most %d letters, digits, - and _", at, maxClass)
	case len(c.Values) == maxValues:
		return fmt.Errorf("%s: the corpus has more than %d values", at, maxValues)
	}
	c.Values = append(c.Values, Value{From: at, Payload: payload, Class: class})
	return nil
}

// readCSV reads columns that a first line names (RFC 4180): payload, and
// attack_type or label.
func (c *Corpus) readCSV(name string, in io.Reader) error {
	r := csv.NewReader(in)
	r.ReuseRecord = true
	head, err := r.Read()
	if err != nil {
		return fmt.Errorf("%s:1: has no line that names its columns", name)
	}
	payload, kind := slices.Index(head, "payload"), slices.Index(head, "attack_type")
	if kind < 0 {
		kind = slices.Index(head, "label")
	}
	if payload < 0 || kind < 0 {
		return fmt.Errorf("%s:1: must name the columns payload, and attack_type or label", name)
	}
	typed := head[kind] == "attack_type"
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			var wrong *csv.ParseError
			if errors.As(err, &wrong) {
				return fmt.Errorf("%s:%d: %w", name, wrong.Line, wrong.Err)
			}
			return fmt.Errorf("%s: %w", name, err)
		}
		line, _ := r.FieldPos(payload)
		class, known := classOf(row[kind])
		if !known && !typed {
			return fmt.Errorf("%s:%d: the label must be attack or benign", name, line)
		}
		if err := c.add(name, line, row[payload], class); err != nil {
			return err
		}
	}
}

// classOf reads the words that corpora have for yes and no.
func classOf(word string) (class string, known bool) {
	switch word = strings.ToLower(strings.TrimSpace(word)); word {
	case "benign", "norm", "normal", "0":
		return Benign, true
	case "attack", "anom", "malicious", "1":
		return "attack", true
	}
	return word, false
}

// line is one of the house's own form.
type line struct {
	ID      jsontext.Value `json:"id"`
	Payload string         `json:"payload"`
	Label   string         `json:"label"`
	Class   string         `json:"class"`
	Field   string         `json:"field"` // for gatehouse inspect
}

func (c *Corpus) readLines(name string, in io.Reader) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 8*maxPayload)
	n := 0
	for lines.Scan() {
		n++
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var l line
		if json.Unmarshal(lines.Bytes(), &l, json.RejectUnknownMembers(true), jsontext.AllowInvalidUTF8(true)) != nil {
			return fmt.Errorf("%s:%d: must be an object with payload, label and, if need be, id, class and field", name, n)
		}
		class := l.Class
		switch l.Label {
		case "benign":
			class = Benign
		case "attack":
			if class == "" || class == Benign {
				class = "attack"
			}
		default:
			return fmt.Errorf("%s:%d: the label must be attack or benign", name, n)
		}
		if err := c.add(name, n, l.Payload, strings.ToLower(class)); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s:%d: %w", name, n+1, err)
	}
	return nil
}
