package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/guard/inspect/detect"
)

func newInspect(w *world) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "inspect [--json] FILE.jsonl",
		Short: "Judge values with the detector of attacks, offline",
		Long: `Judges one value a line with the gate's own detector, without a network and
without a configuration. A line is a JSON object:

  {"id": "1", "payload": "1' or 1=1--", "position": "query", "field": "search", "encoded": false}

id        any string or number, which the answer repeats
payload   the value
position  ` + strings.Join(detect.Positions(), ", ") + ` (default query)
field     what the value is meant for: ` + strings.Join(detect.Fields(), ", ") + `
          (default unknown)
encoded   whether the payload stands as on the wire: percent-encoded in a
          query, a form or a path (default false)

Answers come in the same order, with the thresholds that a gate has by default.
With --json each is an object: id, verdict (allow or refuse), class, score (0 to
100) and reasons. A FILE that is "-" is standard input.

Exit status: 0 when every line was judged, 1 when one cannot be read, which
ends the work with its number, 2 when the command line is wrong.`,
		Example: `  gatehouse inspect values.jsonl
  gatehouse inspect --json - < values.jsonl > verdicts.jsonl`,
		Args: oneInput,
		RunE: func(_ *cobra.Command, args []string) error {
			return w.inspect(args[0], asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	return cmd
}

// oneInput demands the one argument of verbs that read a file or standard input.
func oneInput(cmd *cobra.Command, args []string) error {
	switch len(args) {
	case 0:
		return &usageError{cmd.CommandPath() + ": the file is missing", "write its name behind the flags, or - for standard input"}
	case 1:
		return nil
	}
	return &usageError{cmd.CommandPath() + " takes one file", "write - and give several on standard input"}
}

// maxInspectLine bounds one line: a value of 1 MiB of which every character is
// written as an escape, and what stands around it.
const maxInspectLine = 8 << 20

// inspected is one line that is judged.
type inspected struct {
	ID       jsontext.Value `json:"id"`
	Payload  *string        `json:"payload"`
	Position string         `json:"position"`
	Field    string         `json:"field"`
	Encoded  bool           `json:"encoded"`
}

// judged is one line of the answer.
type judged struct {
	ID      jsontext.Value `json:"id"`
	Verdict string         `json:"verdict"`
	Class   string         `json:"class"`
	Score   uint8          `json:"score"`
	Reasons []string       `json:"reasons"`
}

func (w *world) inspect(name string, asJSON bool) error {
	in := w.stdin
	if name == "-" {
		name = "standard input"
	} else {
		f, err := os.Open(name)
		if err != nil {
			return &usageError{fmt.Sprintf("%s cannot be read: %v", name, cause(err)), ""}
		}
		defer f.Close()
		in = f
	}
	lines, out := bufio.NewReaderSize(in, 64<<10), bufio.NewWriter(w.stdout)
	err := inspectLines(lines, out, asJSON)
	if lost := out.Flush(); err == nil && lost != nil {
		return lost
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// inspectLines judges line by line and writes an answer before it waits for
// more.
func inspectLines(in *bufio.Reader, out *bufio.Writer, asJSON bool) error {
	var scratch []byte
	for number := 1; ; number++ {
		line, err := boundedLine(in, scratch[:0])
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return nil
		}
		scratch = line
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("line %d: %w", number, err)
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		answer, err := inspectLine(line)
		if err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
		if err := answer.write(out, asJSON); err != nil {
			return err
		}
		if in.Buffered() == 0 {
			if err := out.Flush(); err != nil {
				return err
			}
		}
	}
}

// boundedLine appends one line to dst.
func boundedLine(in *bufio.Reader, dst []byte) ([]byte, error) {
	for {
		part, err := in.ReadSlice('\n')
		dst = append(dst, part...)
		if len(dst) > maxInspectLine {
			return dst, fmt.Errorf("is longer than %d MiB", maxInspectLine>>20)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return dst, err
		}
	}
}

// inspectLine judges one line. Bytes of the payload that are no UTF-8 are
// replaced, since attacks have them and JSON cannot.
func inspectLine(line []byte) (*judged, error) {
	var in inspected
	if err := json.Unmarshal(line, &in, json.RejectUnknownMembers(true), jsontext.AllowInvalidUTF8(true)); err != nil {
		return nil, fmt.Errorf("is not what inspect reads: %s", unread(err))
	}
	if in.Payload == nil {
		return nil, errors.New("has no payload")
	}
	if k := in.ID.Kind(); len(in.ID) > 0 && k != '"' && k != '0' && k != 'n' {
		return nil, errors.New("id: must be a string or a number")
	}
	at, known := detect.ParsePosition(in.Position)
	if in.Position != "" && !known {
		return nil, fmt.Errorf("position: must be one of %s, got %q", strings.Join(detect.Positions(), ", "), in.Position)
	}
	field, known := detect.ParseField(in.Field)
	if in.Field != "" && !known {
		return nil, fmt.Errorf("field: must be one of %s, got %q", strings.Join(detect.Fields(), ", "), in.Field)
	}
	value := []byte(*in.Payload)
	if in.Encoded {
		value = detect.FromWire(nil, value, at)
	}
	v := detect.Judge(value, at, field)
	answer := &judged{ID: in.ID, Verdict: "allow", Class: v.Class.String(), Score: v.Score, Reasons: v.Reasons.Words()}
	if v.Score >= detect.Threshold(field) {
		answer.Verdict = "refuse"
	}
	return answer, nil
}

// unread says what is wrong with a line, without the words of Go.
func unread(err error) string {
	var wrong *json.SemanticError
	switch {
	case !errors.As(err, &wrong):
		return strings.TrimPrefix(err.Error(), "jsontext: ")
	case wrong.Err != nil:
		return fmt.Sprintf("%q: %s", strings.TrimPrefix(string(wrong.JSONPointer), "/"), strings.TrimPrefix(wrong.Err.Error(), "jsontext: "))
	}
	return fmt.Sprintf("%q: is of the wrong type", strings.TrimPrefix(string(wrong.JSONPointer), "/"))
}

func (j *judged) write(out *bufio.Writer, asJSON bool) error {
	if len(j.ID) == 0 {
		j.ID = jsontext.Value("null")
	}
	if !asJSON {
		id := string(j.ID)
		if plain, err := jsontext.AppendUnquote(nil, j.ID); err == nil {
			id = string(plain)
		}
		_, err := fmt.Fprintf(out, "%-16s %-7s %-15s %3d  %s\n", shown(strings.ReplaceAll(id, "\n", " ")), j.Verdict, j.Class, j.Score, strings.Join(j.Reasons, "; "))
		return err
	}
	text, err := json.Marshal(j, json.FormatNilSliceAsNull(false), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return err
	}
	out.Write(text)
	return out.WriteByte('\n')
}
