package serve

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"image/color"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/chart"
)

var update = flag.Bool("update", false, "draw the pictures anew")

// The API of the test does its work by some workers, of which each call takes one
// for its time; those that wait are done one after the other, whether or not the
// client is still there, as most APIs do. Its times are far above what the calls
// cost this machine, so that the workers are what is short.
const (
	workers  = 12
	meanTime = 120 * time.Millisecond
	capacity = float64(workers) / 0.120 // calls a second
	tooLate  = time.Second              // after which clients give up
)

// newWorkers starts the API.
func newWorkers(t *testing.T) string {
	free, ended := make(chan struct{}, workers), make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case free <- struct{}{}:
		case <-ended:
			return
		}
		defer func() { <-free }()
		took := meanTime/2 + time.Duration(rand.Float64()*float64(meanTime)*7/9) // 20 in 19 of the mean,
		if rand.IntN(20) == 0 {
			took = 4 * meanTime // with these
		}
		select {
		case <-time.After(took * 27 / 28):
			io.WriteString(w, "done")
		case <-ended:
		}
	}))
	t.Cleanup(func() { close(ended); s.CloseClientConnections(); s.Close() })
	return s.URL
}

// demand is calls that come at their own times, whatever becomes of those before.
type demand struct {
	path, client string
	rate         float64 // a second
}

// outcome is what became of the calls of a demand.
type outcome struct {
	mu                  sync.Mutex
	offered, good, shed int             // guarded by mu
	took                []time.Duration // guarded by mu; of calls that were not refused
}

func (o *outcome) share() float64 { return float64(o.good) / float64(max(1, o.offered)) }

func (o *outcome) p99() time.Duration {
	if len(o.took) == 0 {
		return 0
	}
	slices.Sort(o.took)
	return o.took[len(o.took)*99/100]
}

// bench is a gate in front of the API, and clients, which know no more of HTTP
// than they need: they are to cost less than the gate.
type bench struct {
	at    string
	mu    sync.Mutex
	links []*link // guarded by mu; open ones that nobody uses
}

// link is a connection of a client.
type link struct {
	net.Conn
	r *bufio.Reader
}

func newBench(t *testing.T, guarded bool) *bench {
	t.Helper()
	text := fmt.Sprintf(`version: 1
listeners: [{address: "127.0.0.1:0", trusted_proxies: [127.0.0.1/32], max_connections: 100000, max_connections_per_address: 100000}]
record: {events: none}
overload: {disabled: %v}
apis:
  - contract: load.yaml
    upstreams: [{url: %q, max_in_flight: 100000}]
    operations: {GET /low: {priority: low}, GET /high: {priority: high}}
`, !guarded, newWorkers(t))
	h := openHouse(t, text, func(c *Config) {
		(&house{t: t, dir: strings.TrimSuffix(c.File, "gatehouse.yaml")}).write("load.yaml", contractOf("Load", "/low", "/normal", "/high"))
	})
	b := &bench{at: strings.TrimPrefix(h.URL(), "http://")}
	t.Cleanup(func() {
		for _, l := range b.links {
			l.Close()
		}
		h.Stop()
	})
	return b
}

// run makes calls for a time, and then for another one, and tells what became of
// those of the other one, once all have ended.
func (b *bench) run(settle, d time.Duration, demands ...demand) []*outcome {
	list := make([]*outcome, len(demands))
	var sources, calls sync.WaitGroup
	counts := time.Now().Add(settle)
	end := counts.Add(d)
	for i, o := range demands {
		list[i] = new(outcome)
		request := fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: %s\r\n\r\n", o.path, o.client)
		sources.Go(func() {
			for next := time.Now(); next.Before(end); {
				next = next.Add(time.Duration(rand.ExpFloat64() / o.rate * float64(time.Second)))
				at := next
				if wait := time.Until(at); wait > 0 {
					<-time.After(wait)
				}
				calls.Go(func() {
					began := time.Now()
					if status := b.call(request); at.After(counts) {
						list[i].add(status, time.Since(began))
					}
				})
			}
		})
	}
	sources.Wait()
	calls.Wait()
	return list
}

func (o *outcome) add(status string, took time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.offered++
	switch status {
	case "200":
		o.good++
	case "503":
		o.shed++
		return
	}
	o.took = append(o.took, took)
}

// call returns the status; "" when none came in time.
func (b *bench) call(request []byte) string {
	l := b.link()
	if l == nil {
		return ""
	}
	l.SetDeadline(time.Now().Add(tooLate))
	status, err := l.call(request)
	if err != nil {
		l.Close()
		return ""
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.links = append(b.links, l)
	return status
}

func (b *bench) link() *link {
	b.mu.Lock()
	if n := len(b.links); n > 0 {
		l := b.links[n-1]
		b.links = b.links[:n-1]
		b.mu.Unlock()
		return l
	}
	b.mu.Unlock()
	c, err := net.DialTimeout("tcp", b.at, tooLate)
	if err != nil {
		return nil
	}
	return &link{c, bufio.NewReaderSize(c, 1024)}
}

func (l *link) call(request []byte) (status string, err error) {
	if _, err = l.Write(request); err != nil {
		return "", err
	}
	length := 0
	for {
		line, err := l.r.ReadString('\n')
		if err != nil {
			return "", err
		}
		if status == "" {
			status = strings.Fields(line)[1]
		}
		if n, ok := strings.CutPrefix(strings.ToLower(line), "content-length:"); ok {
			length, err = strconv.Atoi(strings.TrimSpace(n))
			if err != nil {
				return "", err
			}
		}
		if line == "\r\n" {
			break
		}
	}
	_, err = l.r.Discard(length)
	return status, err
}

// measured is one point of a line.
type measured struct{ good, p99 float64 }

// measure offers a part of what the API can do, and how much of it was done in
// time.
func measure(t *testing.T, guarded bool, load float64) measured {
	b := newBench(t, guarded)
	const usual, settle, counts = 2 * time.Second, 3 * time.Second, 3 * time.Second
	b.run(0, usual, demand{"/normal", "192.0.2.1", capacity / 2})
	got := b.run(settle, counts, demand{"/normal", "192.0.2.1", load * capacity})[0]
	m := measured{float64(got.good) / counts.Seconds() / capacity, got.p99().Seconds() * 1000}
	t.Logf("guarded %v, offered %4.1f: %4.2f done in time, p99 %3.0f ms, %d offered, %d refused", guarded, load, m.good, m.p99, got.offered, got.shed)
	return m
}

// attempts makes a measurement up to three times, whose bounds are wide: on a
// machine that has other things to do, the API and the clients of the test are
// what is late. The narrow ones are those of the simulations of guard/overload.
func attempts(t *testing.T, measure func() (wrong string)) {
	t.Helper()
	for i := range 3 {
		wrong := measure()
		if wrong == "" {
			return
		}
		if i == 2 {
			t.Error(wrong)
		}
		t.Log(wrong)
	}
}

// TestOverload offers half to ten times of what an API can do to a gate in front
// of it, with the guard and without, and draws what comes of it.
func TestOverload(t *testing.T) {
	loads := [2][]float64{{10}, {1, 10}}
	if all := []float64{0.5, 1, 2, 5, 10}; *update {
		loads = [2][]float64{all, all}
	}
	attempts(t, func() string {
		var lines [2][]measured
		best := 0.0
		for i, guarded := range []bool{false, true} {
			for _, load := range loads[i] {
				m := measure(t, guarded, load)
				lines[i] = append(lines[i], m)
				best = max(best, m.good)
			}
		}
		without, with := lines[0][len(loads[0])-1], lines[1][len(loads[1])-1]
		switch {
		case with.good < 0.7*best:
			return fmt.Sprintf("at 10 times of what the API can do, %.2f of it is done, and %.2f at best", with.good, best)
		case with.p99 > 800:
			return fmt.Sprintf("p99 of calls that were let in is %.0f ms", with.p99)
		case without.good > 0.5*best:
			return fmt.Sprintf("without the guard %.2f is done: the test shows nothing", without.good)
		}
		if *update {
			drawLoads(t, loads[0], lines)
		}
		return ""
	})
}

// drawLoads draws docs/pictures/overload.png.
func drawLoads(t *testing.T, loads []float64, lines [2][]measured) {
	var places []string
	for _, l := range loads {
		places = append(places, fmt.Sprintf("%gx", l))
	}
	of := func(value func(measured) float64) (list []chart.Line) {
		for i, name := range []string{"without the guard", "with the guard"} {
			l := chart.Line{Name: name, Color: []color.Color{color.RGBA{200, 60, 40, 255}, color.RGBA{20, 110, 160, 255}}[i]}
			for _, m := range lines[i] {
				l.Values = append(l.Values, value(m))
			}
			list = append(list, l)
		}
		return list
	}
	var picture bytes.Buffer
	err := chart.Write(&picture,
		chart.Panel{Title: "answered in time, % of what the API can do", Places: places, Top: 120, Lines: of(func(m measured) float64 { return 100 * m.good })},
		chart.Panel{Title: "p99 of calls let in, ms (1000: gave up)", Places: places, Top: 1000, Lines: of(func(m measured) float64 { return m.p99 })})
	if err == nil {
		err = os.WriteFile("../docs/pictures/overload.png", picture.Bytes(), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestOverloadClasses has important calls answered while others are refused.
func TestOverloadClasses(t *testing.T) {
	attempts(t, func() string {
		b := newBench(t, true)
		b.run(0, 2*time.Second, demand{"/normal", "192.0.2.1", capacity / 2})
		got := b.run(3*time.Second, 4*time.Second,
			demand{"/low", "192.0.2.10", 3 * capacity}, demand{"/normal", "192.0.2.20", 2 * capacity}, demand{"/high", "192.0.2.30", capacity / 4})
		low, normal, high := got[0].share(), got[1].share(), got[2].share()
		t.Logf("answered in time: low %.2f, normal %.2f, high %.2f", low, normal, high)
		switch {
		case high < 2*normal || normal < low: // how many of each is for the simulation to say
			return "the important calls were not preferred"
		}
		return ""
	})
}

// TestOverloadShares puts a client with a thousand connections beside one that
// asks for little.
func TestOverloadShares(t *testing.T) {
	attempts(t, func() string {
		b := newBench(t, true)
		b.run(0, 2*time.Second, demand{"/normal", "192.0.2.1", capacity / 2})
		got := b.run(3*time.Second, 4*time.Second, demand{"/normal", "192.0.2.66", 8 * capacity}, demand{"/normal", "192.0.2.1", capacity / 5})
		flood, fair := got[0], got[1]
		t.Logf("answered in time: %.2f of the flood, %.2f of the other, of which %d of %d were refused, p99 %v", flood.share(), fair.share(), fair.shed, fair.offered, fair.p99())
		if fair.share() < max(0.6, 3*flood.share()) {
			return fmt.Sprintf("the client that asks for little got %.2f of its calls", fair.share())
		}
		return ""
	})
}
