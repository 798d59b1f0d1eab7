// Package crs is the guard that asks the OWASP Core Rule Set besides, for those
// who must have it. It hands whole requests to Coraza, which reads them by
// itself, and refuses what its rules refuse. Package serve makes the rules and
// the root package puts them behind guard/inspect; programs that embed the gate
// do not link them. No other guard imports it; it knows nothing of contracts or
// of configuration files.
package crs

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	coreruleset "github.com/corazawaf/coraza-coreruleset/v4"
	"github.com/corazawaf/coraza/v3"
	"github.com/corazawaf/coraza/v3/types"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Options say which rules are asked.
type Options struct {
	Paranoia int   // 1 to 4; 1 when 0
	Exclude  []int // ids of rules that are left out
}

// Rules are the Core Rule Set, ready. They are immutable; many goroutines may
// use them at once.
type Rules struct{ waf coraza.WAF }

var (
	_ gate.HeadGuard = (*Rules)(nil)
	_ gate.BodyGuard = (*Rules)(nil)
)

// New reads the rules, which takes a moment and some memory.
func New(o Options) (*Rules, error) {
	var text strings.Builder
	// Nothing is logged and nothing written to a file: a body larger than what
	// the gate takes does not come here, and what does stays in memory.
	fmt.Fprintf(&text, `Include @coraza.conf-recommended
Include @crs-setup.conf.example
SecRuleEngine On
SecAuditEngine Off
SecRequestBodyLimit 1073741824
SecRequestBodyInMemoryLimit 1073741824
SecRequestBodyNoFilesLimit 1073741824
SecAction "id:900000,phase:1,pass,t:none,nolog,setvar:tx.blocking_paranoia_level=%d"
SecAction "id:900200,phase:1,pass,t:none,nolog,setvar:'tx.allowed_methods=GET HEAD POST PUT PATCH DELETE OPTIONS'"
Include @owasp_crs/*.conf
`, max(o.Paranoia, 1))
	for _, id := range o.Exclude {
		fmt.Fprintf(&text, "SecRuleRemoveById %d\n", id)
	}
	waf, err := coraza.NewWAF(coraza.NewWAFConfig().WithRootFS(coreruleset.FS).WithDirectives(text.String()))
	if err != nil {
		return nil, fmt.Errorf("the Core Rule Set cannot be read: %w", err)
	}
	return &Rules{waf}, nil
}

// Head judges requests whose body nobody here reads.
func (r *Rules) Head(x *gate.Exchange) gate.Verdict {
	if x.Intake.Mode == gate.Stream || x.BodyKept() && x.BodyLength != 0 {
		return r.judge(x, nil)
	}
	return gate.Allow
}

// Body judges all others.
func (r *Rules) Body(x *gate.Exchange) gate.Verdict { return r.judge(x, x.Body) }

func (r *Rules) judge(x *gate.Exchange, body []byte) gate.Verdict {
	tx := r.waf.NewTransaction()
	defer tx.Close()
	tx.ProcessConnection(x.Peer.Addr().String(), int(x.Peer.Port()), "", 0)
	tx.ProcessURI(string(x.Target), string(x.Method), x.Version)
	tx.AddRequestHeader("Host", string(x.Host))
	multipart := false
	for i := range x.Fields {
		f := &x.Fields[i]
		if f.Gone || gate.EqualFold(f.Name, "Host") {
			continue
		}
		tx.AddRequestHeader(string(f.Name), string(f.Value))
		multipart = multipart || gate.EqualFold(f.Name, "Content-Type") && bytes.HasPrefix(bytes.ToLower(f.Value), multipartType)
	}
	if _, n := x.Field("Content-Length"); n == 0 && len(body) > 0 { // it came in chunks, which ended well
		tx.AddRequestHeader("Content-Length", strconv.Itoa(len(body)))
	}
	it := tx.ProcessRequestHeaders()
	if it == nil && len(body) > 0 && !multipart { // Coraza writes files of multipart bodies to the disk
		var err error
		if it, _, err = tx.WriteRequestBody(body); err != nil {
			return x.Deny(gate.Refusal{Code: gate.Internal, Cause: err})
		}
	}
	if it == nil {
		var err error
		if it, err = tx.ProcessRequestBody(); err != nil {
			return x.Deny(gate.Refusal{Code: gate.Internal, Cause: err})
		}
	}
	if it == nil {
		return gate.Allow
	}
	return x.Deny(gate.Refusal{Code: gate.Injection, Finding: found(tx)})
}

var multipartType = []byte("multipart/")

// found names the rules that matched: those that look for something, by their
// ids. What they matched is not kept.
func found(tx types.Transaction) gate.Finding {
	f := gate.Finding{Class: "crs", Score: 100}
	n := 0
	for _, m := range tx.MatchedRules() {
		id := m.Rule().ID()
		if id < firstRule || id >= evaluating || id%1000 < firstLooking || n == len(f.Reasons) {
			continue
		}
		f.Reasons[n] = strconv.Itoa(id)
		n++
	}
	return f
}

// Rules below firstRule set up others, those from evaluating on add the scores
// up, and the first of each thousand skip what a paranoia level has not.
const (
	firstRule    = 910000
	evaluating   = 949000
	firstLooking = 100
)
