//go:build !race && linux

package serve

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/gate"
	guard "github.com/gatehouse-api/gatehouse/guard/authn/apikey"
	"github.com/gatehouse-api/gatehouse/guard/owner"
	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/apikey"
	"github.com/gatehouse-api/gatehouse/trust/keys"
)

// The promise of size: so many keys and objects in one gate, each key seen and
// each object known, take no more, and finding one among them takes about as
// long as among few. Calls follow Zipf's law; what grows is how much of the memory the
// processor does not have at hand.
const (
	scaleKeys, fewKeys       = 100_000, 1000
	scaleObjects, fewObjects = 1_000_000, 1000
	scaleBytes               = 300 << 20 // of the heap, and of the whole process
)

// TestScale holds the promise in a process of its own, in which nothing else has
// taken memory.
func TestScale(t *testing.T) {
	const mark = "GATEHOUSE_SCALE"
	if os.Getenv(mark) == "" {
		program, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		c := exec.CommandContext(t.Context(), program, "-test.run=^TestScale$", "-test.v")
		c.Env = append(os.Environ(), mark+"=1")
		out, err := c.CombinedOutput()
		if t.Logf("%s", out); err != nil || !strings.Contains(string(out), "--- PASS: TestScale") {
			t.Error(err)
		}
		return
	}
	begun := time.Now()
	many, known := manyKeys(t, scaleKeys), manyObjects(t, scaleObjects)
	debug.FreeOSMemory()
	var heap runtime.MemStats
	runtime.ReadMemStats(&heap)
	resident := residentBytes(t)
	t.Logf("%d keys and %d objects: heap %d MiB, process %d MiB, in %v", scaleKeys, scaleObjects, heap.HeapAlloc>>20, resident>>20, time.Since(begun).Round(time.Millisecond))
	if heap.HeapAlloc > scaleBytes || resident > scaleBytes {
		t.Errorf("heap %d, process %d bytes, at most %d", heap.HeapAlloc, resident, scaleBytes)
	}
	few, knownFew := manyKeys(t, fewKeys), manyObjects(t, fewObjects)
	for _, row := range []struct {
		name      string
		few, many func(calls int) time.Duration
		most      time.Duration // how many times longer it may take
	}{{"key", few, many, 5}, {"object", knownFew, known, 3}} {
		small, large := time.Hour, time.Hour
		for range 30 { // the best of many rounds, since the machine may be busy
			small, large = min(small, row.few(2000)), min(large, row.many(2000))
		}
		t.Logf("one %s: %v among few, %v among all", row.name, small, large)
		if large > row.most*small {
			t.Errorf("one %s: %v among few, %v among all, which is more than %d times that", row.name, small, large, row.most)
		}
	}
}

// residentBytes is what the process takes of memory (proc(5), VmRSS).
func residentBytes(t *testing.T) uint64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "VmRSS:" {
			kib, err := strconv.ParseUint(f[1], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kib << 10
		}
	}
	t.Fatal("the kernel does not say")
	return 0
}

// rehearsedKeys is a store that makes its keys while it is read, so that it takes
// no memory itself.
type rehearsedKeys struct {
	n       int
	pepper  *apikey.Pepper
	text    func(i int) []byte
	follows chan store.Follower
}

func (s *rehearsedKeys) Keys(_ context.Context, _ string, _ int64, each func(*store.Key) error) error {
	for i := range s.n {
		text := s.text(i)
		parts, ok := apikey.Parse(text)
		if !ok {
			return fmt.Errorf("%q is no key", text)
		}
		sum := s.pepper.Hash(text)
		err := each(&store.Key{ID: string(parts.ID), Environment: "live", Name: "export", Hash: sum[:], Pepper: s.pepper.ID(), Issuer: apikey.Issuer,
			Subject: fmt.Sprint("caller ", i), Tenant: "acme", Client: "export", Scopes: []string{"orders:read", "orders:write"}, Roles: []string{"clerk"}, Changed: int64(i + 1)})
		if err != nil {
			return err
		}
	}
	return nil
}

func (*rehearsedKeys) UseKeys(context.Context, []store.Use) error { return nil }

func (s *rehearsedKeys) Follow(ctx context.Context, f store.Follower) {
	s.follows <- f
	<-ctx.Done()
}

// zipf picks numbers below n, small ones far more often than others, spread.
func zipf(n int) func() int {
	z := rand.NewZipf(rand.New(rand.NewPCG(1, 2)), 1.1, 1, uint64(n-1))
	return func() int { return int(z.Uint64() * 7919 % uint64(n)) }
}

// timed has many found, each once before it counts, and returns how long one
// takes.
func timed(calls int, find func(i int)) time.Duration {
	begun := time.Now()
	for i := range calls {
		find(i)
	}
	return time.Since(begun) / time.Duration(calls)
}

// manyKeys has a verifier know n keys, and returns what verifies some of them.
func manyKeys(t *testing.T, n int) func(calls int) time.Duration {
	t.Helper()
	pepper := apikey.NewPepper(trust.NewSecret(strings.Repeat("pepper-of-32-bytes-or-of-more", 2)))
	sample, _ := apikey.New("live")
	length := len(sample.Reveal())
	texts := make([]byte, 0, n*length)
	for range n {
		key, _ := apikey.New("live")
		texts = append(texts, key.Reveal()...)
	}
	text := func(i int) []byte { return texts[i*length : (i+1)*length] }
	s := &rehearsedKeys{n, pepper, text, make(chan store.Follower)}
	v := guard.New(guard.Options{Name: "keys", Environment: "live", Peppers: []*apikey.Pepper{pepper}, MaxStale: time.Hour})
	run(t, func(ctx context.Context) { v.Run(ctx, s) })
	f := <-s.follows
	if _, err := f.Read(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	f.Fresh(now)
	x, use := &gate.Exchange{Received: now}, new(gate.Use)
	verify := func(raw []byte) {
		if _, why := v.Verify(x, use, raw); why != nil {
			t.Fatal(why.Code, why.Cause)
		}
	}
	for i := range n {
		verify(text(i))
	}
	pick := zipf(n)
	return func(calls int) time.Duration {
		var round [][]byte
		for range calls {
			round = append(round, slices.Clone(text(pick())))
		}
		return timed(calls, func(i int) { verify(round[i]) })
	}
}

// run calls do until the test ends, and waits for it.
func run(t *testing.T, do func(ctx context.Context)) {
	ctx, end := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { do(ctx) })
	t.Cleanup(func() { end(); work.Wait() })
}

// rehearsedOwners is a store of n objects of one caller, which are imported
// whenever it is read.
type rehearsedOwners struct {
	owner.Store
	n    int
	hash owner.Hash
	read chan error
}

// passing is a store that passes on what it is to keep.
type passing struct {
	owner.Store
	to func(owner.Owned) error
}

func (p passing) Keep(_ context.Context, list []owner.Owned) ([]owner.Owned, error) {
	for _, o := range list {
		if err := p.to(o); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (s *rehearsedOwners) Read(ctx context.Context, _ int64, each func(owner.Owned) error) (int64, error) {
	from, to := io.Pipe()
	go func() {
		lines := bufio.NewWriter(to)
		fmt.Fprintln(lines, "kind,id,owner")
		for i := range s.n {
			fmt.Fprintf(lines, "order,%d,idp|alice\n", i)
		}
		to.CloseWithError(lines.Flush())
	}()
	r := owner.Registrar{API: "Orders", Kinds: map[string]owner.Kind{"order": {Name: "order", Number: true}}, Store: passing{to: each}, Hash: s.hash}
	_, err := r.Import(ctx, from)
	return 1, err
}

func (s *rehearsedOwners) Follow(ctx context.Context, read func(context.Context, int64) (int64, error)) {
	_, err := read(ctx, 0)
	s.read <- err
	<-ctx.Done()
}

const ordersOfScale = `openapi: 3.1.0
info: {title: Orders, version: 1.0.0}
paths:
  /orders/{id}:
    get:
      operationId: getOrder
      parameters: [{name: id, in: path, required: true, schema: {type: integer}, x-gatehouse-owner: order}]
      responses: {"200": {description: OK}}
`

// manyObjects has a gate know who owns n objects, and returns what asks the guard
// of an operation for some of them.
func manyObjects(t *testing.T, n int) func(calls int) time.Duration {
	t.Helper()
	own, err := keys.Generate()
	if err != nil {
		t.Fatal(err)
	}
	s := &rehearsedOwners{n: n, hash: own.MAC(keys.Owners), read: make(chan error, 1)}
	k := owner.NewKeeper(owner.KeeperOptions{Store: s, Hash: s.hash, Max: 2 * scaleObjects})
	run(t, k.Follow)
	if err := <-s.read; err != nil || k.Stats().Objects != n {
		t.Fatalf("%d objects are known, %v", k.Stats().Objects, err)
	}
	name := filepath.Join(t.TempDir(), "orders.yaml")
	if err := os.WriteFile(name, []byte(ordersOfScale), 0o600); err != nil {
		t.Fatal(err)
	}
	c, problems := openapi.Load(name)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	defer c.Files.Close()
	plan, problems := gatehouse.Compile(gatehouse.API{Contract: c, Options: gatehouse.Options{Name: "Orders", Authentication: gatehouse.Public}, Owners: k})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	x := &gate.Exchange{Plan: plan, Context: t.Context(), Method: []byte("GET"), Received: time.Now(), Principal: &gate.Principal{ID: "idp|alice", Issuer: "idp", Subject: "alice"}}
	plan.Routes.Match(&x.Match, []byte("api.test"), []byte("GET"), []byte("/orders/7"))
	steps := plan.Operations[x.Match.Number].Steps
	at := slices.IndexFunc(steps, func(s gate.Step) bool { return s.Name == "owner" })
	pick := zipf(n)
	return func(calls int) time.Duration {
		var round [][]byte
		for range calls {
			round = append(round, strconv.AppendInt(nil, int64(pick()), 10))
		}
		return timed(calls, func(i int) {
			x.Match.Values[0].Raw = round[i]
			if steps[at].Head.Head(x) != gate.Allow {
				t.Fatal("not the caller's: ", x.Refusal.Code)
			}
		})
	}
}
