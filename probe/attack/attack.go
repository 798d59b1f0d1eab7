// Package attack sends a corpus of labelled values through a gate, in each
// place of a contract that holds a string, and counts what is refused. The
// command gatehouse attack imports it. It knows a gate by its answers alone:
// nothing of its configuration, guards or detector.
package attack

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/probe/sample"
)

// Options say what is sent where.
type Options struct {
	Contract *contract.Contract
	Corpus   *Corpus
	URL      string         // of the gate
	Roots    *x509.CertPool // that vouch for the gate; nil for those of the system
	Header   [][2]string    // credentials, for all calls
	Beyond   bool           // other machines may be spoken to
	Rate     int            // calls a second
	Count    int            // values that are tried in places, at most
	Time     time.Duration
	Show     int                 // missed attacks that the report holds whole
	Tell     func(done, all int) // progress; nil for none
}

// workers are the calls that are under way at once: few, so that latency is
// that of the gate.
const workers = 4

// maxPlaces bounds the places of a run.
const maxPlaces = 5_000

// run is one run.
type run struct {
	options Options
	at      *url.URL
	client  *http.Client
	tick    *time.Ticker
	places  []*place
	mu      sync.Mutex
	report  *Report // guarded by mu
	tally   tallies // guarded by mu
}

// place is one in which values are sent.
type place struct {
	*sample.Place
	name string
}

// Run sends and counts. The error is of the options, or that nothing can be
// sent at all.
func Run(ctx context.Context, o Options) (*Report, error) {
	r := &run{options: o, report: &Report{Skipped: o.Corpus.Skipped, Values: len(o.Corpus.Values)}, tally: newTallies()}
	var err error
	if r.at, err = Target(o.URL, o.Beyond); err != nil {
		return nil, err
	}
	transport := &http.Transport{MaxIdleConnsPerHost: workers, DisableCompression: true, DialContext: r.dialer().DialContext, TLSHandshakeTimeout: 10 * time.Second,
		TLSClientConfig: &tls.Config{RootCAs: o.Roots, MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	r.client = &http.Client{Transport: transport, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ctx, cancel := context.WithTimeout(ctx, o.Time)
	defer cancel()
	r.tick = time.NewTicker(time.Second / time.Duration(o.Rate))
	defer r.tick.Stop()
	r.find(ctx)
	switch {
	case len(r.places) > 0:
	case len(r.report.Untried) > 0:
		return r.report, errNothing
	default:
		return r.report, errNoPlace
	}
	r.send(ctx)
	r.tally.into(r.report)
	return r.report, nil
}

var (
	errNoPlace = errors.New("the contract has no place that a value can be sent in")
	errNothing = errors.New("nothing was sent: not one place takes a call without an attack, for the reasons above")
)

// Target reads the URL of a gate.
func Target(text string, beyond bool) (*url.URL, error) {
	at, err := url.Parse(text)
	if err != nil || at.Scheme != "http" && at.Scheme != "https" || at.Host == "" || at.RawQuery != "" || at.Fragment != "" || at.User != nil {
		return nil, errors.New("must be an address such as http://127.0.0.1:8080")
	}
	host := at.Hostname()
	if ip := net.ParseIP(host); !beyond && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("%s is not this machine: attack only gates that are yours, and say --beyond-loopback", host)
	}
	at.Path, at.RawPath = strings.TrimSuffix(at.Path, "/"), strings.TrimSuffix(at.RawPath, "/")
	return at, nil
}

// dialer refuses addresses of other machines, whatever names resolve to.
func (r *run) dialer() *net.Dialer {
	return &net.Dialer{Timeout: 5 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		host, _, err := net.SplitHostPort(address)
		if ip := net.ParseIP(host); err != nil || !r.options.Beyond && (ip == nil || !ip.IsLoopback()) {
			return errors.New("is not this machine")
		}
		return nil
	}}
}

// find sends a call without an attack to each place of each operation: where
// that is refused, nothing could be learned of attacks.
func (r *run) find(ctx context.Context) {
	m := sample.New(r.options.Contract, nil)
	for _, op := range r.options.Contract.Operations {
		if len(op.BasePaths) == 0 {
			continue
		}
		found, err := m.Places(op, op.BasePaths[0])
		if err != nil {
			r.untried(op.Name(), err.Error())
			continue
		}
		for _, p := range found {
			one := &place{Place: p, name: op.Name() + " " + p.In + ":" + p.Name}
			if len(r.places) >= maxPlaces {
				r.untried(one.name, fmt.Sprintf("there are %d places before it", maxPlaces))
				continue
			}
			call, err := p.Plain()
			if err != nil {
				r.untried(one.name, err.Error())
				continue
			}
			select {
			case <-r.tick.C:
			case <-ctx.Done():
			}
			a, err := r.call(ctx, call)
			switch {
			case err != nil:
				r.untried(one.name, "no answer to a call without an attack: "+wordOf(err))
			case a.code != "":
				r.untried(one.name, fmt.Sprintf("a call without an attack is answered with %d %s", a.status, a.code))
			default:
				r.places = append(r.places, one)
			}
		}
	}
}

func (r *run) untried(what, why string) {
	r.report.Untried = append(r.report.Untried, Untried{what, why})
}

// errand is a call that is to be sent.
type errand struct {
	order int
	value *Value
	place *place
	call  *sample.Call
}

// send sends values in places at the rate that was asked for: all of them, or
// as many as may be, spread evenly over both.
func (r *run) send(ctx context.Context) {
	all := len(r.options.Corpus.Values) * len(r.places)
	n := min(all, r.options.Count)
	turns := (n + len(r.places) - 1) / len(r.places)
	r.report.Tried, r.report.Possible, r.report.Chosen = len(r.places), all, n
	errands := make(chan errand)
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for e := range errands {
				a, err := r.call(ctx, e.call)
				r.count(ctx, e, a, err)
			}
		})
	}
	stride := strideOf(n)
	for done := range n {
		if ctx.Err() != nil {
			break
		}
		k := int(int64(done) * int64(stride) % int64(n))
		// Places take turns, and values are spread over all turns: every place
		// gets as many, and none twice.
		i := int(int64(k) * int64(len(r.options.Corpus.Values)) / int64(turns*len(r.places)))
		e := errand{order: done, value: &r.options.Corpus.Values[i], place: r.places[k%len(r.places)]}
		if r.options.Tell != nil {
			r.options.Tell(done, n)
		}
		r.mu.Lock()
		r.report.Reached++
		var taken bool
		if e.call, taken = e.place.Call(e.value.Payload); !taken {
			r.report.Excluded++
		} else if !carries(e.place.Place, e.value.Payload) {
			r.report.Unsendable++
			taken = false
		}
		r.mu.Unlock()
		if !taken {
			continue
		}
		select {
		case <-r.tick.C:
			errands <- e
		case <-ctx.Done():
			r.mu.Lock()
			r.report.Reached--
			r.mu.Unlock()
		}
	}
	close(errands)
	group.Wait()
}

// strideOf returns a step that meets each of n things once, far from its
// neighbours: corpora stand in order, and a run that ends early is to have seen
// of all.
func strideOf(n int) int {
	for s := max(1, n*618/1000); ; s++ {
		a, b := s, n
		for b != 0 {
			a, b = b, a%b
		}
		if a == 1 {
			return s
		}
	}
}

// carries reports whether HTTP can carry the value there: header fields have
// no control characters (RFC 9110 section 5.5), and "." and ".." are no
// segments of a path (RFC 3986 section 5.2.4).
func carries(p *sample.Place, value string) bool {
	switch p.In {
	case "header":
		return !strings.ContainsFunc(value, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) && strings.TrimSpace(value) == value
	case "path":
		return value != "." && value != ".."
	}
	return true
}

// undecided reports whether a refusal says nothing of the value: it is of the
// caller, of too many calls, or of something that does not work.
func undecided(a answer) bool {
	switch a.status {
	case 401, 429:
		return true
	case 403:
		return a.code != "url-target" && a.code != "graphql-denied"
	}
	return a.status >= 500
}

// count notes what became of a call.
func (r *run) count(ctx context.Context, e errand, a answer, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err != nil && ctx.Err() != nil:
		r.report.Reached--
		return
	case err != nil:
		r.report.undecide("no answer: " + wordOf(err))
		return
	case a.code != "" && undecided(a):
		r.report.undecide(a.code)
		return
	}
	r.report.Sent++
	r.tally.add(e, a)
	if a.code == "" && e.value.Class != Benign {
		r.report.miss(e, r.options.Show)
	}
}
