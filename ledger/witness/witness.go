// Package witness is both sides of C2SP tlog-witness: a Witness cosigns the
// checkpoints of logs of others that go on as it saw them before, and Ask has a
// log's own checkpoints cosigned by witnesses. Package serve imports it; it imports
// the ledger and knows no configuration and no listener.
package witness

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/gatehouse-api/gatehouse/ledger"
	"github.com/gatehouse-api/gatehouse/ledger/checkpoint"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// Options say who a witness is and where it keeps what it saw.
type Options struct {
	Files ledger.Files // of a folder of its own, that it alone writes to
	Name  string       // as cosignatures have it, like a URL without its scheme
	Keys  seal.Sealer  // seal its key
	Now   func() time.Time
	// Say is told when a log does not go on; it must not block.
	Say func(text string)
}

// Witness cosigns checkpoints of logs that it knows. Many goroutines may use it.
type Witness struct {
	Options
	signer note.Signer

	mu   sync.Mutex
	logs map[string][]note.Verifier // by origin; guarded by mu
	seed []byte                     // guarded by mu
	by   seal.Version               // of the gate's key that seals the seed; guarded by mu
}

// KeysFile is the name of the file with the key of a witness, sealed.
const KeysFile = "keys"

// VerifierFile is that of the file with its public half.
const VerifierFile = "vkey"

// New opens a witness, or makes it with a key of its own.
func New(o Options) (*Witness, error) {
	if err := checkpoint.CheckName(o.Name); err != nil {
		return nil, err
	}
	w := &Witness{Options: o}
	sealed, err := o.Files.Read(KeysFile, 4<<10)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		names, err := o.Files.List(".")
		if err != nil {
			return nil, err
		}
		for _, n := range names {
			if strings.HasPrefix(n, statePrefix) { // another key would sign what the first one did not see
				return nil, errors.New("the key of the witness is missing, and there is what it saw: restore the file keys from a backup, or take another folder and another name")
			}
		}
		w.seed = make([]byte, ed25519.SeedSize)
		rand.Read(w.seed)
		if err := w.keep(); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	default:
		if w.seed, err = o.Keys.Open(sealed, w.at()); err != nil {
			return nil, fmt.Errorf("the key of the witness %s cannot be opened: %w", o.Name, err)
		}
		if len(w.seed) != ed25519.SeedSize {
			return nil, errors.New("the key of the witness is of no form that this gate knows")
		}
		w.by, _ = seal.VersionOf(sealed)
	}
	if w.signer, err = checkpoint.NewWitness(o.Name, ed25519.NewKeyFromSeed(w.seed), o.Now); err != nil {
		return nil, err
	}
	if err := w.Reseal(); err != nil {
		return nil, err
	}
	return w, ledger.ReplaceIn(o.Files, VerifierFile, []byte(w.Verifier()+"\n"))
}

func (w *Witness) at() seal.At { return seal.At{Table: "ledger", Column: "witness", Row: w.Name} }

// keep writes the key, sealed.
func (w *Witness) keep() error {
	sealed, err := w.Keys.Seal(w.seed, w.at())
	if err != nil {
		return err
	}
	if err := ledger.ReplaceIn(w.Files, KeysFile, sealed); err != nil {
		return err
	}
	w.by, _ = seal.VersionOf(sealed)
	return nil
}

// Reseal seals the key anew where the gate's own was rotated.
func (w *Witness) Reseal() error {
	probe, err := w.Keys.Seal(nil, w.at())
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if v, ok := seal.VersionOf(probe); !ok || v == w.by {
		return nil
	}
	return w.keep()
}

// Verifier is the public key of the witness, for whoever trusts it.
func (w *Witness) Verifier() string { return checkpoint.VerifierKey(w.signer) }

// Use has checkpoints of the logs of these keys cosigned from now on, and of no
// others. A key that does not read is an error, and the others are used.
func (w *Witness) Use(keys []string) (err error) {
	known := map[string][]note.Verifier{}
	for _, text := range keys {
		l, wrong := checkpoint.NewVerifier(text)
		if wrong != nil {
			err = wrong
			continue
		}
		known[l.Name()] = append(known[l.Name()], l)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.logs = known
	return err
}

// Answer is what a log is answered.
type Answer struct {
	Status int
	Type   string // of Text
	Text   []byte
}

// Away is the answer while another program still has the folder of the witness.
var Away = refuse(http.StatusServiceUnavailable, "the witness is not there yet")

const (
	plain = "text/plain; charset=utf-8"
	sizes = "text/x.tlog.size"
)

func refuse(status int, text string) Answer { return Answer{status, plain, []byte(text + "\n")} }

// Add judges a submission (C2SP tlog-witness, "add-checkpoint"). Where it answers
// with a cosignature, what it cosigned is on disk.
func (w *Witness) Add(body []byte) Answer {
	s, err := checkpoint.ParseSubmission(body)
	if err != nil {
		return refuse(http.StatusBadRequest, "not a submission")
	}
	c, err := checkpoint.Unverified(s.Checkpoint)
	if err != nil {
		return refuse(http.StatusBadRequest, "not a checkpoint")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	log, status := w.known(c, s.Checkpoint)
	switch {
	case status != 0:
		return refuse(status, http.StatusText(status))
	case s.Old > c.Size:
		return refuse(http.StatusBadRequest, "the old size is beyond the checkpoint")
	}
	name := stateOf(c.Origin)
	last, seen, err := w.last(name, log)
	if err != nil { // what cannot be told is not signed
		w.Say(fmt.Sprintf("what was seen of the log %s cannot be read, so that nothing of it is signed: %v", c.Origin, err))
		return refuse(http.StatusInternalServerError, "the witness failed")
	}
	if status := judge(s, c, seen); status != 0 {
		if status == http.StatusUnprocessableEntity || c.Size == seen.Size && s.Old == seen.Size {
			w.Say(fmt.Sprintf("NOT SIGNED: the log %s does not go on from the %d entries that were seen of it: it was rewritten, or shows others another log", c.Origin, seen.Size))
		}
		if status == http.StatusConflict {
			return Answer{status, sizes, strconv.AppendInt(nil, seen.Size, 10)}.ended()
		}
		return refuse(status, "the proof does not hold")
	}
	signed, err := checkpoint.Cosign(last, s.Checkpoint, s.Proof, log, w.signer)
	if err != nil {
		return refuse(http.StatusUnprocessableEntity, "the proof does not hold")
	}
	lines, err := checkpoint.Cosignature(signed, log, w.signer)
	if err == nil { // before anybody has the signature
		err = ledger.ReplaceIn(w.Files, name, signed)
	}
	if err != nil {
		w.Say(fmt.Sprintf("a checkpoint of the log %s cannot be kept, so that it is not signed: %v", c.Origin, err))
		return refuse(http.StatusInternalServerError, "the witness failed")
	}
	return Answer{http.StatusOK, plain, lines}
}

func (a Answer) ended() Answer {
	a.Text = append(a.Text, '\n')
	return a
}

// known finds the key that signed a checkpoint, or says why there is none.
func (w *Witness) known(c checkpoint.Checkpoint, text []byte) (note.Verifier, int) {
	logs := w.logs[c.Origin]
	for _, log := range logs {
		if _, err := checkpoint.Open(text, log); err == nil {
			return log, 0
		}
	}
	if logs == nil {
		return nil, http.StatusNotFound
	}
	return nil, http.StatusForbidden
}

// judge holds a submission to what was seen last; 0 where it goes on.
func judge(s checkpoint.Submission, c, seen checkpoint.Checkpoint) int {
	switch {
	case s.Old != seen.Size:
		return http.StatusConflict
	case s.Old == 0 && len(s.Proof) > 0:
		return http.StatusUnprocessableEntity
	case s.Old == 0 && (c.Size > 0 || seen.Origin == ""):
		return 0 // nothing was seen that it could contradict
	case s.Old == c.Size && c.Root != seen.Root:
		return http.StatusConflict
	case s.Old == c.Size && len(s.Proof) > 0:
		return http.StatusUnprocessableEntity
	case s.Old == c.Size:
		return 0
	case tlog.CheckTree(s.Proof, c.Size, c.Root, seen.Size, seen.Root) != nil:
		return http.StatusUnprocessableEntity
	}
	return 0
}

const statePrefix = "seen-"

// stateOf names the file of what was seen of a log.
func stateOf(origin string) string {
	sum := sha256.Sum256([]byte(origin))
	return statePrefix + hex.EncodeToString(sum[:16])
}

// last reads what was cosigned of a log; nothing yet is nil.
func (w *Witness) last(name string, log note.Verifier) ([]byte, checkpoint.Checkpoint, error) {
	text, err := w.Files.Read(name, 2*checkpoint.MaxText)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, checkpoint.Checkpoint{}, nil
	} else if err != nil {
		return nil, checkpoint.Checkpoint{}, err
	}
	own, err := checkpoint.NewVerifier(w.Verifier())
	if err != nil {
		return nil, checkpoint.Checkpoint{}, err
	}
	c, err := checkpoint.Open(bytes.Clone(text), log, own)
	return text, c, err
}
