package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net/url"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/record/metrics"
	"github.com/gatehouse-api/gatehouse/record/ocsf"
	"github.com/gatehouse-api/gatehouse/record/sink"
	"github.com/gatehouse-api/gatehouse/record/sink/file"
	"github.com/gatehouse-api/gatehouse/record/sink/webhook"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// sinks are the receivers of events besides their place. One that a reload does
// not change stays open.
type sinks struct {
	log    *slog.Logger
	schema *ocsf.Encoder

	mu     sync.Mutex
	list   []openSink // guarded by mu, which is held while events are written
	ending sync.WaitGroup
}

type openSink struct {
	*sink.Sink
	key sum
}

// sinkDraft is a sink that a draft describes.
type sinkDraft struct {
	settings *config.Sink
	key      sum
	options  sink.Options
	target   func() sink.Target
}

// deliveryBytes is about how much is delivered at once.
const deliveryBytes = 256 << 10

// describeSinks reads what the sinks of a draft need and finds what is wrong
// with it. Nothing is opened.
func (d *draft) describeSinks() {
	r := &d.config.Record
	for i := range r.Sinks {
		s := &r.Sinks[i]
		one := sinkDraft{settings: s, options: sink.Options{
			Name: s.Name, Folder: filepath.Join(string(r.SinksFolder), s.Name), Max: int64(s.Backlog), Timeout: s.Timeout, Tries: 1, Bytes: deliveryBytes,
		}}
		d.chooseEvents(s, &one.options.Only)
		d.route(s, &one.options.Only)
		var wrong *fault
		switch {
		case s.File != nil:
			o := file.Options{Path: string(s.File.Path), MaxBytes: int64(s.File.MaxBytes), MaxAge: s.File.MaxAge, Keep: s.File.Keep}
			one.target = func() sink.Target { return file.New(o) }
		case s.Webhook != nil:
			wrong = one.webhook(s.Webhook)
		case s.Syslog != nil:
			wrong = one.syslog(s.Syslog)
		case s.Kafka != nil:
			wrong = one.kafka(s.Kafka)
		default: // which was said already
			continue
		}
		d.faults.add(wrong)
		k := newKey()
		k.text(string(r.SinksFolder))
		k.value(one.options.Only.Told, one.options.Only.Untold)
		files := watch{} // files of receivers that append are no settings
		if s.File == nil {
			files = d.files
		}
		fingerprint(k, reflect.ValueOf(*s), files)
		one.key = k.sum()
		d.sinks = append(d.sinks, one)
	}
}

// chooseEvents says which events a sink gets.
func (d *draft) chooseEvents(s *config.Sink, only *sink.Only) {
	if s.Only == nil {
		return
	}
	for i, code := range s.Only.Code {
		if _, known := gate.CodeNamed(code); !known {
			d.faults.add(noCode(s.Only.At("code").Item(i), code))
		}
	}
	for _, o := range s.Only.Outcome {
		only.Outcome = append(only.Outcome, string(o))
	}
	only.Event, only.Code, only.API, only.Operation = s.Only.Event, s.Only.Code, s.Only.API, s.Only.Operation
}

// webhook describes one that posts.
func (one *sinkDraft) webhook(w *config.SinkWebhook) *fault {
	o := webhook.Options{URL: w.URL, Secret: w.Secret, Fields: w.Fields}
	if w.Body == config.LinesBody {
		o.Form = webhook.Lines
	}
	one.options.Tries, one.options.Lines = w.Tries, w.MaxEvents
	var wrong *fault
	o.TLS, wrong = sinkTLS(w.Place, w.CA, w.Certificate, w.Key)
	one.target = func() sink.Target { return webhook.New(o) }
	return wrong
}

// sinkTLS is how TLS is spoken to a receiver.
func sinkTLS(at config.Place, ca, certificate, key config.File) (*tls.Config, *fault) {
	c, err := clientTLS(ca, certificate, key)
	if err == nil {
		return c, nil
	}
	what := "ca"
	if ca == "" {
		what = "certificate"
	}
	return nil, &fault{at: at.At(what), text: cause(err).Error(), remedy: "name PEM files that this user can read"}
}

// freshSinks are the sinks of a draft.
type freshSinks struct {
	list  []openSink
	fresh []openSink // of these, those that were opened for it
}

// open opens the sinks of a draft that are not open yet.
func (s *sinks) open(d *draft, sealer seal.Sealer) (*freshSinks, *fault) {
	f := &freshSinks{}
	for i := range d.sinks {
		one := &d.sinks[i]
		if at := slices.IndexFunc(s.list, func(o openSink) bool { return o.key == one.key }); at >= 0 {
			f.list = append(f.list, s.list[at])
			continue
		}
		o := one.options
		o.Sealer, o.Log, o.To = sealer, s.log, one.target()
		if one.settings.Format == config.EventOCSF {
			o.To = &translated{Target: o.To, translation: translation{schema: s.schema}}
		}
		made, err := sink.Open(o)
		if err != nil {
			f.undo()
			const remedy = "name a folder that this user can write to, which no other gate uses"
			return nil, &fault{at: d.config.Record.Place.At("sinks_folder"), text: "the backlog of the sink " + one.settings.Name + ": " + cause(err).Error(), remedy: remedy}
		}
		f.list, f.fresh = append(f.list, openSink{made, one.key}), append(f.fresh, openSink{made, one.key})
	}
	return f, nil
}

// undo closes what was opened.
func (f *freshSinks) undo() {
	if f == nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, one := range f.fresh {
		one.Close(ctx)
	}
}

// any reports whether there are sinks.
func (s *sinks) any() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.list) > 0
}

// use hands events to the sinks of f from now on, and closes the others.
func (s *sinks) use(f *freshSinks) {
	s.mu.Lock()
	old := s.list
	s.list = f.list
	s.mu.Unlock()
	for _, one := range old {
		if !slices.ContainsFunc(f.list, func(o openSink) bool { return o.Sink == one.Sink }) {
			s.ending.Go(func() {
				ctx, cancel := context.WithTimeout(context.Background(), lastDelivery)
				defer cancel()
				s.end(ctx, one)
			})
		}
	}
}

// lastDelivery is how long a sink that ends may deliver; what it has not by then
// waits on disk.
const lastDelivery = 5 * time.Second

func (s *sinks) end(ctx context.Context, one openSink) {
	if err := one.Close(ctx); err != nil {
		s.log.Error("the backlog of a sink cannot be closed in order", "cause", err)
	}
}

// write hands lines to all.
func (s *sinks) write(lines []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.list {
		one.Write(lines)
	}
}

// sync brings to the disk what waits there.
func (s *sinks) sync() (err error) {
	s.mu.Lock()
	open := s.list
	s.mu.Unlock()
	for _, one := range open {
		err = errors.Join(err, one.Sync())
	}
	return err
}

// stats are those of all, in the order of the configuration.
func (s *sinks) stats(now time.Time) (list []metrics.Sink) {
	s.mu.Lock()
	open := s.list
	s.mu.Unlock()
	for _, one := range open {
		c := one.Stats(now)
		list = append(list, metrics.Sink{Name: c.Name, Delivered: c.Delivered, Refused: c.Refused, Full: c.DroppedFull, Damaged: c.Damaged, Unsaved: c.Unsaved,
			Waiting: c.Waiting, Bytes: c.Bytes, Lag: c.Lag, Failing: c.Failing != ""})
	}
	return list
}

// close ends all; what is not delivered in time waits on disk.
func (s *sinks) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lastDelivery)
	defer cancel()
	s.mu.Lock()
	list := s.list
	s.list = nil
	s.mu.Unlock()
	for _, one := range list {
		s.ending.Go(func() { s.end(ctx, one) })
	}
	s.ending.Wait()
}

// sinkWords say where a sink delivers, without what may hold a secret.
func sinkWords(s *config.Sink) string {
	switch {
	case s.File != nil:
		return "file " + string(s.File.Path)
	case s.Webhook != nil:
		if u, err := url.Parse(s.Webhook.URL); err == nil {
			return "webhook " + u.Scheme + "://" + u.Host
		}
	case s.Syslog != nil:
		return "syslog " + s.Syslog.URL
	case s.Kafka != nil:
		return "kafka " + s.Kafka.Topic + " at " + strings.Join(s.Kafka.Brokers, ", ")
	}
	return "nowhere"
}

// InspectedSink is a receiver of events, and what waits for it.
type InspectedSink struct {
	Name    string `json:"name"`
	To      string `json:"to"`
	Waiting int64  `json:"waiting_bytes"` // on disk
}

// inspectSinks looks at what waits, also while a gate serves.
func (d *draft) inspectSinks() (list []InspectedSink) {
	for i := range d.sinks {
		one := &d.sinks[i]
		list = append(list, InspectedSink{Name: one.settings.Name, To: sinkWords(one.settings), Waiting: sink.Waiting(one.options.Folder)})
	}
	return list
}
