package witness

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/gatehouse-api/gatehouse/ledger"
	"github.com/gatehouse-api/gatehouse/ledger/checkpoint"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// party is a gate with a ledger and a witness.
type party struct {
	t       *testing.T
	dir     string
	ring    *seal.Ring
	log     *ledger.Log
	key     note.Verifier
	folder  *ledger.Folder
	witness *Witness
	server  *httptest.Server
	said    []string
}

func newParty(t *testing.T, name string) *party {
	t.Helper()
	p := &party{t: t, dir: t.TempDir()}
	var err error
	p.ring, err = seal.New()
	must(t, err)
	p.open(name)
	must(t, os.Mkdir(filepath.Join(p.dir, "witness"), 0o700))
	files, err := ledger.WriteFolder(filepath.Join(p.dir, "witness"))
	must(t, err)
	p.witness, err = New(Options{Files: files, Name: name + "/witness", Keys: p.ring, Now: time.Now, Say: func(text string) { p.said = append(p.said, text) }})
	must(t, err)
	p.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path != "/add-checkpoint" || r.Method != http.MethodPost {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		a := p.witness.Add(body)
		w.Header().Set("Content-Type", a.Type)
		w.WriteHeader(a.Status)
		w.Write(a.Text)
	}))
	t.Cleanup(func() {
		p.server.Close()
		p.log.Close()
		p.folder.Close()
		files.Close()
	})
	return p
}

// open opens the ledger below the folder of a party.
func (p *party) open(name string) {
	p.t.Helper()
	var err error
	p.log, err = ledger.Open(ledger.Options{Dir: filepath.Join(p.dir, "ledger"), Origin: name, Keys: p.ring, Every: time.Millisecond, KeepFree: 1})
	must(p.t, err)
	p.key, err = checkpoint.NewVerifier(p.log.Stats().Verifier)
	must(p.t, err)
	if p.folder == nil {
		p.folder, err = ledger.ReadFolder(filepath.Join(p.dir, "ledger"))
		must(p.t, err)
	}
}

// record records n entries and has them in a checkpoint.
func (p *party) record(n int, text string) {
	p.t.Helper()
	for i := range n {
		entry := fmt.Appendf(nil, "%s %d", text, i)
		ticket, err := p.log.Reserve(len(entry) + ledger.Overhead)
		must(p.t, err)
		must(p.t, ticket.Commit(entry))
		ticket.Release()
	}
	must(p.t, p.log.Sync(context.Background()))
	for s := p.log.Stats(); s.Size < s.Synced; s = p.log.Stats() {
		runtime.Gosched()
	}
}

func (p *party) asker(quorum int, others ...*party) *Asker {
	p.t.Helper()
	var peers []Peer
	for _, o := range others {
		k, err := checkpoint.NewVerifier(o.witness.Verifier())
		must(p.t, err)
		peers = append(peers, Peer{Key: k, URL: o.server.URL})
	}
	a := NewAsker(p.folder, p.key, quorum, peers)
	p.t.Cleanup(a.Close)
	return a
}

func (p *party) vkey() string { return p.log.Stats().Verifier }

// TestTwoGatesWitnessEachOther: both ledgers grow, and every checkpoint is
// cosigned by the other gate, also after a restart of the asker, which learns from
// the witness where it was.
func TestTwoGatesWitnessEachOther(t *testing.T) {
	a, b := newParty(t, "a.example/log"), newParty(t, "b.example/log")
	a.witness.Use([]string{b.vkey()})
	b.witness.Use([]string{a.vkey()})
	for _, both := range [][2]*party{{a, b}, {b, a}} {
		p, other := both[0], both[1]
		asker := p.asker(1, other)
		for round, n := range []int{3, 300, 1, 0, 700} {
			p.record(n, "entry")
			if round == 3 {
				asker = p.asker(1, other)
			}
			if round == 4 { // nothing is known of what was seen
				asker = p.asker(1, other)
				asker.peers[0].size = 0
			}
			must(t, asker.Ask(t.Context()))
			c, _, err := ledger.Head(p.folder)
			must(t, err)
			list, cosigned := asker.Standings()
			if cosigned != c.Size || len(list) != 1 || list[0].Size != c.Size || list[0].Failed != "" {
				t.Fatalf("round %d: %d of %d entries, %+v", round, cosigned, c.Size, list)
			}
			text, err := p.folder.Read(CosignedFile, checkpoint.MaxText)
			must(t, err)
			independently(t, text, p.log.Stats().Verifier, other.witness.Verifier())
		}
	}
}

// independently verifies a cosigned checkpoint by what C2SP says, with none of our
// code: the log's signature with the note package of the Go project, the witness's
// by hand (C2SP tlog-cosignature, "Ed25519 signed message").
func independently(t *testing.T, text []byte, log, witness string) {
	t.Helper()
	v, err := note.NewVerifier(log)
	must(t, err)
	n, err := note.Open(text, note.VerifierList(v))
	must(t, err)
	parts := strings.Split(witness, "+")
	key, err := base64.StdEncoding.DecodeString(strings.Join(parts[2:], "+"))
	must(t, err)
	found := 0
	for _, s := range n.UnverifiedSigs {
		b, err := base64.StdEncoding.DecodeString(s.Base64)
		must(t, err)
		if s.Name != parts[0] || fmt.Sprintf("%08x", binary.BigEndian.Uint32(b)) != parts[1] {
			continue
		}
		at := binary.BigEndian.Uint64(b[4:])
		if d := time.Since(time.Unix(int64(at), 0)); d < -time.Minute || d > time.Hour {
			t.Errorf("it was signed %v ago", d)
		}
		if !ed25519.Verify(key[1:], fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", at, n.Text), b[12:]) {
			t.Error("the cosignature does not verify")
		}
		found++
	}
	if found != 1 {
		t.Errorf("%d cosignatures of %s in\n%s", found, witness, text)
	}
}

// TestForks: a log that was put back, or of which a second one was made, is not
// cosigned, and whoever asks says so.
func TestForks(t *testing.T) {
	for name, n := range map[string]int{"shorter": 5, "as-long": 20, "longer": 40} {
		t.Run(name, func(t *testing.T) {
			a, b := newParty(t, "a.example/log"), newParty(t, "b.example/log")
			b.witness.Use([]string{a.vkey()})
			a.record(10, "the same")
			must(t, a.log.Close())
			must(t, os.CopyFS(filepath.Join(a.dir, "copy"), os.DirFS(filepath.Join(a.dir, "ledger"))))
			a.open("a.example/log")
			asker := a.asker(1, b)
			a.record(10, "shown to the witness")
			must(t, asker.Ask(t.Context()))
			must(t, a.log.Close())

			fork := &party{t: t, dir: t.TempDir(), ring: a.ring}
			must(t, os.Rename(filepath.Join(a.dir, "copy"), filepath.Join(fork.dir, "ledger")))
			fork.open("a.example/log")
			defer fork.folder.Close()
			defer fork.log.Close()
			if n > 10 {
				fork.record(n-10, "shown to somebody else")
			}
			again := fork.asker(1, b)
			if err := again.Ask(t.Context()); err == nil {
				t.Fatal("the fork was cosigned")
			}
			list, cosigned := again.Standings()
			if !list[0].Forked || cosigned != 0 {
				t.Errorf("%+v, %d", list, cosigned)
			}
			if _, err := fork.folder.Read(CosignedFile, 1<<16); err == nil {
				t.Error("there is a cosigned checkpoint")
			}
			if n >= 20 && (len(b.said) == 0 || !strings.Contains(b.said[0], "NOT SIGNED")) {
				t.Errorf("the witness said %q", b.said)
			}
		})
	}
}

// TestAnswers: each mistake has the status that the protocol gives it.
func TestAnswers(t *testing.T) {
	a, b := newParty(t, "a.example/log"), newParty(t, "b.example/log")
	a.record(10, "entry")
	_, ten, err := ledger.Head(a.folder)
	must(t, err)
	a.record(10, "more")
	c, twenty, err := ledger.Head(a.folder)
	must(t, err)
	proof, err := ledger.Consistency(a.folder, c, 10)
	must(t, err)
	b.record(3, "entry")
	_, others, err := ledger.Head(b.folder)
	must(t, err)
	forged := strings.Replace(string(twenty), "\n20\n", "\n19\n", 1)
	send := func(old int64, text []byte, hashes int) Answer {
		return b.witness.Add(checkpoint.Submission{Old: old, Proof: proof[:hashes], Checkpoint: text}.Text())
	}
	b.witness.Use([]string{a.vkey()})
	for _, step := range []struct {
		name   string
		answer Answer
		status int
		text   string
	}{
		{"nothing", b.witness.Add(nil), 400, ""},
		{"no-size", b.witness.Add([]byte("old x\n\n" + string(ten))), 400, ""},
		{"no-checkpoint", b.witness.Add([]byte("old 0\n\nabc\n")), 400, ""},
		{"unknown-log", send(0, others, 0), 404, ""},
		{"forged", send(0, []byte(forged), 0), 403, ""},
		{"old-beyond", send(11, ten, 0), 400, ""},
		{"never-seen", send(5, ten, 0), 409, "0\n"},
		{"a-proof-from-nothing", send(0, ten, 1), 422, ""},
		{"first", send(0, ten, 0), 200, "— b.example/log/witness "},
		{"not-from-there", send(0, twenty, 0), 409, "10\n"},
		{"no-proof", send(10, twenty, 0), 422, ""},
		{"goes-on", send(10, twenty, len(proof)), 200, "— b.example/log/witness "},
		{"back", send(10, ten, 0), 409, "20\n"},
		{"again", send(20, twenty, 0), 200, "— b.example/log/witness "},
		{"again-with-a-proof", send(20, twenty, 1), 422, ""},
	} {
		if step.answer.Status != step.status || !strings.HasPrefix(string(step.answer.Text), step.text) {
			t.Errorf("%s: %d %s", step.name, step.answer.Status, step.answer.Text)
		}
		if (step.answer.Status == 409) != (step.answer.Type == "text/x.tlog.size") {
			t.Errorf("%s: of type %s", step.name, step.answer.Type)
		}
	}
	b.witness.Use(nil)
	if s := send(20, twenty, 0).Status; s != 404 {
		t.Errorf("a log that is not known any more: %d", s)
	}
}

// failing fails to write from one call on.
type failing struct {
	ledger.Files
	left int
}

func (f *failing) Create(name string) (ledger.File, error) {
	if f.left--; f.left < 0 {
		return nil, errors.New("input/output error")
	}
	return f.Files.Create(name)
}

// TestNothingIsSignedThatIsNotKept: a witness whose disk fails signs nothing, and
// one that was started anew knows what it signed.
func TestNothingIsSignedThatIsNotKept(t *testing.T) {
	a := newParty(t, "a.example/log")
	a.record(10, "entry")
	_, text, err := ledger.Head(a.folder)
	must(t, err)
	body := checkpoint.Submission{Checkpoint: text}.Text()
	dir := t.TempDir()
	open := func(left int) (*Witness, *ledger.Folder) {
		files, err := ledger.WriteFolder(dir)
		must(t, err)
		w, err := New(Options{Files: &failing{files, left}, Name: "w.example/w", Keys: a.ring, Now: time.Now, Say: func(string) {}})
		must(t, err)
		w.Use([]string{a.vkey()})
		return w, files
	}
	w, files := open(2) // its key and its public half
	if got := w.Add(body); got.Status != 500 || strings.Contains(string(got.Text), "—") {
		t.Errorf("%d %s", got.Status, got.Text)
	}
	first := w.Verifier()
	files.Close()
	w, files = open(100)
	if got := w.Add(body); got.Status != 200 {
		t.Errorf("%d %s", got.Status, got.Text)
	}
	files.Close()
	w, files = open(100)
	if got := w.Add(body); got.Status != 409 || string(got.Text) != "10\n" {
		t.Errorf("after a restart: %d %s", got.Status, got.Text)
	}
	if w.Verifier() != first {
		t.Error("a restart makes another key")
	}
	files.Close()
	must(t, os.Remove(filepath.Join(dir, KeysFile)))
	files, err = ledger.WriteFolder(dir)
	must(t, err)
	defer files.Close()
	if _, err := New(Options{Files: files, Name: "w.example/w", Keys: a.ring, Now: time.Now}); err == nil {
		t.Error("a key that is missing was made anew over what was signed with it")
	}
	text, err = os.ReadFile(filepath.Join(dir, VerifierFile))
	if err != nil || strings.TrimSpace(string(text)) != first {
		t.Errorf("%s, %v", text, err)
	}
}

// TestQuorum: what too few cosigned is not taken for cosigned, and a witness that
// answers with another key's signature has not signed.
func TestQuorum(t *testing.T) {
	a, b, c := newParty(t, "a.example/log"), newParty(t, "b.example/log"), newParty(t, "c.example/log")
	b.witness.Use([]string{a.vkey()})
	c.witness.Use(nil)
	a.record(5, "entry")
	two, one := a.asker(2, b, c), a.asker(1, b, c)
	if err := two.Ask(t.Context()); err == nil || !strings.Contains(err.Error(), "1 of 2 witnesses cosigned") {
		t.Errorf("%v", err)
	}
	list, cosigned := two.Standings()
	if cosigned != 0 || list[0].Failed != "" || !strings.Contains(list[1].Failed, "404") || list[1].Forked {
		t.Errorf("%d, %+v", cosigned, list)
	}
	must(t, one.Ask(t.Context()))
	if _, n := one.Standings(); n != 5 {
		t.Errorf("%d entries are cosigned", n)
	}
	a.record(5, "entry")
	stranger := a.asker(1, c)
	stranger.peers[0].URL = b.server.URL // it answers, and is somebody else
	if err := stranger.Ask(t.Context()); err == nil {
		t.Error("a cosignature of somebody else counts")
	}
}
