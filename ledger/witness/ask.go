package witness

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/gatehouse-api/gatehouse/ledger"
	"github.com/gatehouse-api/gatehouse/ledger/checkpoint"
)

// askTime bounds one call to a witness.
const askTime = 20 * time.Second

// Peer is a witness that is asked.
type Peer struct {
	Key note.Verifier
	URL string      // to which /add-checkpoint is added
	TLS *tls.Config // nil for the system's authorities
}

// Standing is how things are with one witness.
type Standing struct {
	Name   string
	Size   int64  // entries of the last checkpoint that it cosigned
	Failed string // why it did not cosign the last one; "" where it did
	Forked bool   // it says that it saw another log than this one
}

// Asker has checkpoints of a log cosigned. One goroutine calls Ask, others may look
// at Standings.
type Asker struct {
	files  ledger.Files
	log    note.Verifier
	quorum int
	peers  []*peer

	mu        sync.Mutex
	standings []Standing // guarded by mu
	cosigned  int64      // entries of the last checkpoint that enough cosigned; guarded by mu
}

// CosignedFile is the name of the last checkpoint of a log that enough witnesses
// cosigned.
const CosignedFile = "cosigned"

type peer struct {
	Peer
	client *http.Client
	size   int64 // that it saw last, as far as is known
}

// NewAsker asks peers to cosign the checkpoints of the log in files, which writes
// the last one that quorum of them signed beside it.
func NewAsker(files ledger.Files, log note.Verifier, quorum int, peers []Peer) *Asker {
	a := &Asker{files: files, log: log, quorum: quorum}
	text, err := files.Read(CosignedFile, checkpoint.MaxText)
	for _, p := range peers {
		one := &peer{Peer: p, client: &http.Client{
			Timeout: askTime, Transport: &http.Transport{TLSClientConfig: p.TLS, MaxConnsPerHost: 1, MaxIdleConns: 1, IdleConnTimeout: 90 * time.Second, MaxResponseHeaderBytes: 16 << 10},
			// The witness is the operator's choice, and not that of a witness.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}}
		s := Standing{Name: p.Key.Name(), Failed: "it was not asked yet"}
		if err == nil {
			if c, err := checkpoint.Open(text, log, p.Key); err == nil {
				one.size, s.Size = c.Size, c.Size
			}
		}
		a.peers, a.standings = append(a.peers, one), append(a.standings, s)
	}
	if c, bad := checkpoint.Open(text, log); err == nil && bad == nil {
		a.cosigned = c.Size
	}
	return a
}

// Standings are how things are with each witness, and how many entries the last
// checkpoint has that enough of them cosigned.
func (a *Asker) Standings() ([]Standing, int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]Standing(nil), a.standings...), a.cosigned
}

// Ask has the newest checkpoint cosigned by all at once, where there is a newer one
// than each cosigned. It returns an error where fewer than the quorum did.
func (a *Asker) Ask(ctx context.Context) error {
	c, text, err := ledger.Head(a.files)
	if err != nil {
		return err
	}
	if !a.wanted(c.Size) {
		return nil
	}
	answers := make([][]byte, len(a.peers))
	var all sync.WaitGroup
	for i, p := range a.peers {
		all.Go(func() {
			answer, err := a.ask(ctx, p, c, text)
			answers[i] = answer
			a.note(i, c.Size, err)
		})
	}
	all.Wait()
	n, signed := 0, text
	for i, answer := range answers {
		if answer == nil {
			continue
		}
		if more, err := checkpoint.Gather(signed, answer, a.log, a.peers[i].Key); err == nil {
			n, signed = n+1, more
		}
	}
	if n < a.quorum {
		return fmt.Errorf("%d of %d witnesses cosigned, and %d must", n, len(a.peers), a.quorum)
	}
	if err := ledger.ReplaceIn(a.files, CosignedFile, signed); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.cosigned = c.Size
	return nil
}

// wanted reports whether a witness has not cosigned so many entries.
func (a *Asker) wanted(size int64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.standings {
		if s.Size != size || s.Failed != "" {
			return true
		}
	}
	return false
}

// note keeps how it went with a witness.
func (a *Asker) note(i int, size int64, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := &a.standings[i]
	s.Failed, s.Forked = "", false
	if err != nil {
		s.Failed, s.Forked = err.Error(), errors.Is(err, checkpoint.ErrFork)
		return
	}
	s.Size = size
}

// ask has one witness cosign, from the size that it saw last: what that is it says
// itself where it is another one than is known (C2SP tlog-witness, 409).
func (a *Asker) ask(ctx context.Context, p *peer, c checkpoint.Checkpoint, text []byte) ([]byte, error) {
	for range 3 {
		if p.size > c.Size {
			return nil, fmt.Errorf("%w: the witness saw %d entries, and the log has %d", checkpoint.ErrFork, p.size, c.Size)
		}
		proof, err := ledger.Consistency(a.files, c, p.size)
		if err != nil {
			return nil, err
		}
		status, kind, answer, err := p.post(ctx, checkpoint.Submission{Old: p.size, Proof: proof, Checkpoint: text}.Text())
		switch {
		case err != nil:
			return nil, err
		case status == http.StatusOK:
			if _, err := checkpoint.Gather(text, answer, a.log, p.Key); err != nil {
				return nil, errors.New("its answer is not signed by the key that is configured")
			}
			p.size = c.Size
			return answer, nil
		case status == http.StatusConflict && strings.HasPrefix(kind, sizes):
			n, err := strconv.ParseInt(string(bytes.TrimSuffix(answer, []byte("\n"))), 10, 64)
			if err != nil || n < 0 {
				return nil, errors.New("its answer is none of a witness")
			}
			if n == p.size {
				return nil, fmt.Errorf("%w: the witness saw other entries", checkpoint.ErrFork)
			}
			p.size = n
		case status == http.StatusUnprocessableEntity:
			return nil, fmt.Errorf("%w: of the first %d entries the witness saw others", checkpoint.ErrFork, p.size)
		case status == http.StatusNotFound:
			return nil, errors.New("it does not know this log (404): give it the key of the ledger")
		case status == http.StatusForbidden:
			return nil, errors.New("it knows this log by another key (403)")
		default:
			return nil, fmt.Errorf("it answered with status %d", status)
		}
	}
	return nil, errors.New("somebody else submits checkpoints of this log as well")
}

// post sends one submission.
func (p *peer) post(ctx context.Context, body []byte) (status int, kind string, answer []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(p.URL, "/")+"/add-checkpoint", bytes.NewReader(body))
	if err != nil {
		return 0, "", nil, errors.New("the URL cannot be used")
	}
	r.Header.Set("User-Agent", "gatehouse")
	r.Header.Set("Content-Type", "text/plain; charset=utf-8")
	w, err := p.client.Do(r)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return 0, "", nil, err
	}
	defer w.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(w.Body, checkpoint.MaxText))
	return w.StatusCode, w.Header.Get("Content-Type"), answer, err
}

// Close lets connections go.
func (a *Asker) Close() {
	for _, p := range a.peers {
		p.client.CloseIdleConnections()
	}
}
