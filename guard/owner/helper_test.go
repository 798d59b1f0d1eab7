package owner_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/stage"
	"github.com/gatehouse-api/gatehouse/guard/owner"
)

// row is one object of a store, with the change number.
type row struct {
	owner.Owned
	changed int64
}

// memory is a store of owners in memory.
type memory struct {
	mu     sync.Mutex
	rows   map[owner.Sum]row
	number int64
	down   error
	hold   chan struct{} // nil: nothing waits
	wrote  int           // transactions
	woken  chan struct{}
}

func newMemory() *memory {
	return &memory{rows: map[owner.Sum]row{}, woken: make(chan struct{})}
}

func (m *memory) Keep(_ context.Context, list []owner.Owned) ([]owner.Owned, error) {
	if m.hold != nil {
		<-m.hold
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down != nil {
		return nil, m.down
	}
	m.number++
	m.wrote++
	now := make([]owner.Owned, len(list))
	for i, o := range list {
		if was, known := m.rows[o.Object]; !known || was.Owner == (owner.Sum{}) {
			m.rows[o.Object] = row{o, m.number}
		}
		now[i] = m.rows[o.Object].Owned
	}
	return now, nil
}

func (m *memory) Forget(_ context.Context, list []owner.Gone) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down != nil {
		return m.down
	}
	m.number++
	for _, o := range list {
		if was, known := m.rows[o.Object]; known && (o.Owner == (owner.Sum{}) || o.Owner == was.Owner) {
			was.Owner, was.changed = owner.Sum{}, m.number
			m.rows[o.Object] = was
		}
	}
	return nil
}

func (m *memory) Owner(_ context.Context, object owner.Sum) (owner.Sum, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.rows[object].Owner, m.down
}

func (m *memory) Read(_ context.Context, since int64, each func(owner.Owned) error) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down != nil {
		return since, m.down
	}
	for _, o := range maps.Clone(m.rows) {
		if o.changed > since {
			if err := each(o.Owned); err != nil {
				return since, err
			}
		}
	}
	return m.number, nil
}

// Follow reads once, and again each time that it is woken.
func (m *memory) Follow(ctx context.Context, read func(context.Context, int64) (int64, error)) {
	since := int64(0)
	for {
		m.mu.Lock()
		woken := m.woken
		m.mu.Unlock()
		if until, err := read(ctx, since); err == nil {
			since = until
		}
		select {
		case <-ctx.Done():
			return
		case <-woken:
		}
	}
}

// wake has followers read again.
func (m *memory) wake() {
	m.mu.Lock()
	defer m.mu.Unlock()
	close(m.woken)
	m.woken = make(chan struct{})
}

var errDown = errors.New("the store is down")

// hasher hashes with keys that are numbers.
type hasher struct{ versions []uint32 }

func (h *hasher) Newest() uint32     { return h.versions[0] }
func (h *hasher) Versions() []uint32 { return h.versions }
func (h *hasher) Sum(version uint32, message []byte) (sum [32]byte, ok bool) {
	mac := hmac.New(sha256.New, []byte{byte(version)})
	mac.Write(message)
	return [32]byte(mac.Sum(nil)), true
}

// play is a whole gate in front of an API.
type play struct {
	*stage.Stage
	t      testing.TB
	keeper *owner.Keeper
	store  *memory
	api    func(method, path, body string) (status int, location, answer string)

	calls []string // that the API got
}

// newKeeper returns a keeper that has read its store.
func newKeeper(t testing.TB, m *memory, o owner.KeeperOptions) *owner.Keeper {
	t.Helper()
	o.Store = m
	if o.Hash == nil {
		o.Hash = &hasher{versions: []uint32{1}}
	}
	if o.Max == 0 {
		o.Max = 1000
	}
	k := owner.NewKeeper(o)
	ctx, end := context.WithCancel(context.Background())
	var follower sync.WaitGroup
	follower.Go(func() { k.Follow(ctx) })
	t.Cleanup(func() { end(); follower.Wait() })
	if m.down == nil {
		k.Await(t.Context())
	}
	return k
}

func compile(t testing.TB, text string, o gatehouse.Options, k *owner.Keeper) (*gate.Plan, source.Problems) {
	t.Helper()
	o.Authentication = gatehouse.Public
	return stage.Compile(t, text, gatehouse.API{Options: o, Owners: k})
}

func newPlay(t testing.TB, text string, o gatehouse.Options, k *owner.Keeper, m *memory) *play {
	t.Helper()
	s := &play{Stage: stage.New(t, text, gatehouse.API{Options: o, Owners: k}), t: t, keeper: k, store: m}
	s.API = func(x *gate.Exchange) {
		s.calls = append(s.calls, string(x.Method)+" "+string(x.OutTarget))
		status, location, answer := s.api(string(x.Method), string(x.OutTarget), string(x.OutBody))
		x.Answer.Status = status
		if location != "" {
			stage.Answer(x, "Location", location)
		}
		stage.Content(x, "application/json", answer)
	}
	return s
}

// as is a caller: a name, or tenant/name, with roles behind it.
func as(text string) *gate.Principal {
	words := strings.Fields(text)
	if len(words) == 0 {
		return nil
	}
	p := &gate.Principal{Issuer: "idp", Subject: words[0], Roles: words[1:]}
	if tenant, name, ok := strings.Cut(words[0], "/"); ok {
		p.Tenant, p.Subject = tenant, name
	}
	p.ID = p.Issuer + "|" + p.Subject
	return p
}

// call makes a call and returns what came of it: the status, and the code of a
// refusal.
func (s *play) call(who, method, target, body string) string {
	s.Who, s.calls = as(who), nil
	media := "application/json"
	if body != "" && body[0] != '{' && body[0] != '[' {
		media = "application/x-www-form-urlencoded"
	}
	s.Call(method, target, media, body)
	out := fmt.Sprint(s.Status)
	if s.Event.Denied {
		out += " " + s.Event.Code.String()
	}
	for _, c := range s.Event.Would {
		out += " would " + c.String()
	}
	return out
}
