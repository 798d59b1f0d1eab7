package gate

import "bytes"

var (
	wellKnown   = []byte("/.well-known/")
	methodsRead = []byte("GET, HEAD")
	fieldAge    = []byte("max-age=300")
)

// document finds the document of the plan that x asks for; nil for none. Its
// path is taken as it was written: another spelling is another path.
func (x *Exchange) document() *Document {
	if len(x.Plan.Documents) == 0 || !bytes.HasPrefix(x.Path, wellKnown) {
		return nil
	}
	for i := range x.Plan.Documents {
		if d := &x.Plan.Documents[i]; string(x.Path) == d.Path && x.under(d.Hosts) {
			return d
		}
	}
	return nil
}

// under reports whether x is for one of hosts; none are all.
func (x *Exchange) under(hosts []string) bool {
	if len(hosts) == 0 {
		return true
	}
	host := x.Host
	if i := bytes.LastIndexByte(host, ':'); i > bytes.LastIndexByte(host, ']') {
		host = host[:i]
	}
	for _, name := range hosts {
		if EqualFold(host, name) {
			return true
		}
	}
	return false
}

// stray tells who listens of a call for a path that no operation describes.
func (x *Exchange) stray() {
	for i := range x.Plan.Strangers {
		if s := &x.Plan.Strangers[i]; x.under(s.Hosts) {
			x.Guard = "bots"
			s.Stranger.Stranger(x)
		}
	}
	x.Guard = "route"
}

// show answers with a document.
func (x *Exchange) show(d *Document) bool {
	x.API = d.API
	if done, ok := x.meet(); done {
		return ok
	}
	x.Edits = x.Edits[:0]
	if string(x.Method) != "GET" && string(x.Method) != "HEAD" {
		x.Refusal = Refusal{Code: MethodUnknown}
		x.Reply.Fields = append(x.Reply.Fields, Field{Name: fieldAllow, Value: methodsRead})
		return false
	}
	x.Reply.Status = 200
	x.Reply.Fields = append(x.Reply.Fields,
		Field{Name: fieldContentType, Value: []byte(d.Type)},
		Field{Name: fieldCacheControl, Value: fieldAge})
	x.Reply.Body, x.Reply.Close = d.Body, x.Incoming != nil
	return true
}
