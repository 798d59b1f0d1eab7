package metrics

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehouse-api/gatehouse/gate"
)

// classes are the words for what a client got.
var classes = [...]string{"none", "1xx", "2xx", "3xx", "4xx", "5xx"}

// outcomes is how many there are.
const outcomes = int(gate.Aborted) + 1

// codes is how many a Code can tell apart.
const codes = 256

// cell is one counter, made when it is first needed: most operations never
// end in most ways, and a series that is always 0 costs those who store it.
type cell struct {
	p atomic.Pointer[prometheus.Counter]
}

// series is what is counted of one operation, or of the calls of one API that
// no operation describes. What it counts with is looked up once.
type series struct {
	api       *api
	operation string
	gone      atomic.Bool

	ends           [outcomes][len(classes)]cell
	in, out, cuts  cell
	duration, wait atomic.Pointer[prometheus.Observer]
}

// api is what is counted of one API.
type api struct {
	name    string
	vectors *vectors
	gone    atomic.Bool

	operations map[string]*series // guarded by Metrics.mu
	refusals   [codes]atomic.Pointer[refusal]
	would      [codes]cell
}

// refusal counts those of one code by the step that said so: a short list,
// since the steps are those of the gate's own.
type refusal struct {
	guard string
	count prometheus.Counter
	next  *refusal
}

// count counts one exchange. It takes no lock and allocates nothing, once each
// of its counters has been needed before.
func (s *series) count(e *gate.Event) {
	v := s.api.vectors
	class := e.Status / 100
	if class < 0 || class >= len(classes) {
		class = 0
	}
	end := &s.ends[int(e.Outcome)%outcomes][class]
	if c := end.p.Load(); c != nil {
		(*c).Inc()
	} else if !s.gone.Load() {
		end.make(v.exchanges, s.api.name, s.operation, e.Outcome.String(), classes[class]).Inc()
	}
	s.observe(&s.duration, v.duration, e.Took.Seconds())
	if e.Upstream > 0 {
		s.observe(&s.wait, v.wait, e.Upstream.Seconds())
	}
	s.add(&s.in, v.requestBytes, e.BodyIn)
	s.add(&s.out, v.answerBytes, e.BodyOut)
	s.add(&s.cuts, v.trimmed, int64(e.Trimmed))
	if e.Denied {
		s.api.refused(e.Code, e.Guard)
	}
	for _, code := range e.Would {
		s.api.noted(code)
	}
}

func (c *cell) make(v *prometheus.CounterVec, labels ...string) prometheus.Counter {
	made := v.WithLabelValues(labels...)
	c.p.Store(&made)
	return made
}

func (s *series) add(c *cell, v *prometheus.CounterVec, n int64) {
	if n <= 0 {
		return
	}
	if made := c.p.Load(); made != nil {
		(*made).Add(float64(n))
	} else if !s.gone.Load() {
		c.make(v, s.api.name, s.operation).Add(float64(n))
	}
}

func (s *series) observe(at *atomic.Pointer[prometheus.Observer], v *prometheus.HistogramVec, seconds float64) {
	if o := at.Load(); o != nil {
		(*o).Observe(seconds)
	} else if !s.gone.Load() {
		made := v.WithLabelValues(s.api.name, s.operation)
		at.Store(&made)
		made.Observe(seconds)
	}
}

func (a *api) refused(code gate.Code, guard string) {
	first := &a.refusals[code]
	for {
		head := first.Load()
		for r := head; r != nil; r = r.next {
			if r.guard == guard {
				r.count.Inc()
				return
			}
		}
		if a.gone.Load() {
			return
		}
		made := &refusal{guard, a.vectors.refusals.WithLabelValues(a.name, guard, code.String()), head}
		first.CompareAndSwap(head, made) // when another was quicker, look again
	}
}

func (a *api) noted(code gate.Code) {
	c := &a.would[code]
	if made := c.p.Load(); made != nil {
		(*made).Inc()
	} else if !a.gone.Load() {
		c.make(a.vectors.would, a.name, code.String()).Inc()
	}
}

// forget takes the series of an operation out. An exchange that still ends on
// it is counted nowhere.
func (s *series) forget() {
	s.gone.Store(true)
	v, labels := s.api.vectors, prometheus.Labels{"api": s.api.name, "operation": s.operation}
	for _, vec := range []*prometheus.CounterVec{v.exchanges, v.requestBytes, v.answerBytes, v.trimmed} {
		vec.DeletePartialMatch(labels)
	}
	v.duration.DeletePartialMatch(labels)
	v.wait.DeletePartialMatch(labels)
}

func (a *api) forget() {
	a.gone.Store(true)
	for _, vec := range []*prometheus.CounterVec{a.vectors.refusals, a.vectors.would} {
		vec.DeletePartialMatch(prometheus.Labels{"api": a.name})
	}
}
