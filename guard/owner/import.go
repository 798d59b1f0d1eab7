package owner

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Kind is a kind of object for those who tell the gate whose objects are.
type Kind struct {
	Name   string
	By     By
	Number bool // ids are numbers
}

// Kinds are those of the API, once the guards of its operations were made.
func (t *Types) Kinds() map[string]Kind {
	list := make(map[string]Kind, len(t.kinds))
	for name, k := range t.kinds {
		if k.learned {
			list[name] = Kind{name, k.by, k.number}
		}
	}
	return list
}

// Registrar tells a store whose objects are that were there before the gate.
type Registrar struct {
	API   string
	Kinds map[string]Kind
	Store Store
	Hash  Hash
	// Progress is called now and then with how many lines were read; may be nil.
	Progress func(lines int)
}

// Imported is what became of the lines of a file.
type Imported struct {
	Lines     int // that say whose an object is
	Kept      int // of them, now or before
	Conflicts int // somebody else owned the object: the first owner stays
	Wrong     int // lines that say nothing
	First     []Mistake
}

// Mistake is a line that says nothing or that was not kept, and why; it holds
// nothing of the line.
type Mistake struct {
	Line int
	Text string
}

// maxMistakes bounds those that are told one by one.
const maxMistakes = 20

func (m *Imported) mistake(line int, text string) {
	if len(m.First) < maxMistakes {
		m.First = append(m.First, Mistake{line, text})
	}
}

const (
	importBatch = 20_000
	maxLine     = 64 << 10
)

// entry is what one line says.
type entry struct{ kind, id, owner string }

// Import reads a file: CSV with the columns kind, id and owner in any order, or
// one JSON object with these members a line. An owner is the id of a principal,
// as issuer|subject; where a tenant owns, issuer|tenant.
func (r *Registrar) Import(ctx context.Context, from io.Reader) (*Imported, error) {
	in := bufio.NewReaderSize(from, maxLine)
	next, err := entries(in)
	if err != nil {
		return nil, err
	}
	done := &Imported{}
	rows, lines := make([]Owned, 0, importBatch), make([]int, 0, importBatch)
	flush := func() error {
		now, err := r.Store.Keep(ctx, rows)
		if err != nil {
			return err
		}
		for i := range rows {
			if now[i].Owner == rows[i].Owner {
				done.Kept++
				continue
			}
			done.Conflicts++
			done.mistake(lines[i], "somebody else owns the object already, and stays its owner")
		}
		rows, lines = rows[:0], lines[:0]
		if r.Progress != nil {
			r.Progress(done.Lines + done.Wrong)
		}
		return nil
	}
	for {
		e, line, err := next()
		var bad *lineError
		switch {
		case errors.Is(err, io.EOF):
			if len(rows) > 0 {
				err = flush()
			} else {
				err = nil
			}
			return done, err
		case errors.As(err, &bad):
			done.Wrong++
			done.mistake(line, bad.text)
			continue
		case err != nil:
			return done, err
		}
		row, wrong, err := r.row(ctx, &e)
		if err != nil {
			return done, err
		}
		if wrong != "" {
			done.Wrong++
			done.mistake(line, wrong)
			continue
		}
		done.Lines++
		if rows, lines = append(rows, row), append(lines, line); len(rows) == importBatch {
			if err := flush(); err != nil {
				return done, err
			}
		}
	}
}

// lineError is what is wrong with one line.
type lineError struct{ text string }

func (e *lineError) Error() string { return e.text }

// entries returns what reads one line after another, by how the file begins.
func entries(in *bufio.Reader) (next func() (entry, int, error), err error) {
	start, err := in.Peek(1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if bytes.HasPrefix(start, []byte{'{'}) {
		line := 0
		return func() (entry, int, error) { line++; return jsonLine(in, line) }, nil
	}
	table := csv.NewReader(in)
	table.ReuseRecord = true
	head, err := table.Read()
	if err != nil {
		return nil, errors.New("the file is empty: it begins with the columns kind,id,owner, or has a JSON object in each line")
	}
	at := map[string]int{"kind": -1, "id": -1, "owner": -1}
	for i, name := range head {
		if name == "type" {
			name = "kind"
		}
		if n, known := at[name]; !known || n >= 0 {
			return nil, fmt.Errorf("the columns are kind, id and owner, each once, and column %d is none of them", i+1)
		}
		at[name] = i
	}
	if len(head) != len(at) {
		return nil, errors.New("the file must begin with the columns kind,id,owner")
	}
	return func() (entry, int, error) {
		record, err := table.Read()
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			return entry{}, bad.StartLine, &lineError{"the line is not well-formed CSV with three columns"}
		}
		if err != nil {
			return entry{}, 0, err
		}
		line, _ := table.FieldPos(0)
		return entry{record[at["kind"]], record[at["id"]], record[at["owner"]]}, line, nil
	}, nil
}

// jsonLine reads one line of JSON. Empty lines are passed over.
func jsonLine(in *bufio.Reader, line int) (e entry, _ int, _ error) {
	text, err := in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return e, line, fmt.Errorf("line %d is longer than %d KiB", line, maxLine>>10)
	}
	if err != nil && (!errors.Is(err, io.EOF) || len(bytes.TrimSpace(text)) == 0) {
		return e, line, err
	}
	var said struct {
		Kind, Type string
		ID         json.RawMessage
		Owner      string
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if d.Decode(&said) != nil || d.More() || said.Kind != "" && said.Type != "" {
		return e, line, &lineError{`the line is not one JSON object with kind, id and owner`}
	}
	id, ok := canonical(nil, bytes.TrimSpace(said.ID))
	if !ok {
		return e, line, &lineError{"the id is no text and no number"}
	}
	return entry{said.Kind + said.Type, string(id), said.Owner}, line, nil
}

// row hashes what a line says; wrong says what is wrong with it.
func (r *Registrar) row(ctx context.Context, e *entry) (row Owned, wrong string, err error) {
	message, wrong := r.message(e.kind, e.id)
	if wrong != "" {
		return row, wrong, nil
	}
	who := part(part(nil, "principal"), e.owner)
	issuer, tenant, two := strings.Cut(e.owner, "|")
	switch {
	case e.owner == "":
		return row, "there is no owner", nil
	case r.Kinds[e.kind].By == ByTenant && (!two || tenant == ""):
		return row, "tenants own such objects: write issuer|tenant", nil
	case r.Kinds[e.kind].By == ByTenant:
		who = part(part(part(nil, "tenant"), issuer), tenant)
	case !two || tenant == "":
		return row, "the owner is nobody's id: write issuer|subject", nil
	}
	if row.Version, err = r.version(ctx, message); err != nil {
		return row, "", err
	}
	object, _ := r.Hash.Sum(row.Version, message)
	owner, _ := r.Hash.Sum(row.Version, who)
	row.Object, row.Owner = hashFrom(object[:]).bytes(), hashFrom(owner[:]).asOwner().bytes()
	return row, "", nil
}

// version is that of the key under which an object is owned already, so that a
// line about it meets its owner; else the newest.
func (r *Registrar) version(ctx context.Context, message []byte) (uint32, error) {
	newest := r.Hash.Newest()
	for _, v := range r.Hash.Versions() {
		if v == newest {
			continue
		}
		if sum, ok := r.Hash.Sum(v, message); ok {
			if found, err := r.Store.Owner(ctx, hashFrom(sum[:]).bytes()); err != nil || found != (Sum{}) {
				return v, err
			}
		}
	}
	return newest, nil
}

// message writes what is hashed of an object.
func (r *Registrar) message(kind, id string) (message []byte, wrong string) {
	k, known := r.Kinds[kind]
	if !known {
		return nil, "no kind of objects of the API is called so"
	}
	spelled, ok := canonicalText(nil, []byte(id), k.Number)
	if !ok {
		return nil, "the id is none that the contract allows"
	}
	return part(part(part(part(nil, "object"), r.API), kind), spelled), ""
}

// Forget makes an object nobody's.
func (r *Registrar) Forget(ctx context.Context, kind, id string) error {
	message, wrong := r.message(kind, id)
	if wrong != "" {
		return errors.New(wrong)
	}
	var list []Gone
	for _, v := range r.Hash.Versions() {
		if sum, ok := r.Hash.Sum(v, message); ok {
			list = append(list, Gone{Object: hashFrom(sum[:]).bytes()})
		}
	}
	return r.Store.Forget(ctx, list)
}
