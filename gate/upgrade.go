package gate

import "errors"

// noteUpgrade remembers which protocol the client asks for (RFC 9110 section
// 7.8): one, in HTTP/1.1, named by Connection, and without a body. Whatever else is
// asked is ignored, as the section allows. It runs before the fields go.
func (x *Exchange) noteUpgrade() {
	x.asked = nil
	v, n := x.Field("Upgrade")
	if n != 1 || len(v) == 0 || x.Incoming != nil || x.Version != "HTTP/1.1" {
		return
	}
	for i := range x.Fields {
		if f := &x.Fields[i]; EqualFold(f.Name, "Connection") && lists(f.Value, "upgrade") {
			x.asked = v
			return
		}
	}
}

// lists reports whether a comma-separated list holds name, in any case.
func lists(list []byte, name string) bool {
	for len(list) > 0 {
		end := 0
		for end < len(list) && list[end] != ',' {
			end++
		}
		if EqualFold(trimSpace(list[:end]), name) {
			return true
		}
		list = list[min(end+1, len(list)):]
	}
	return false
}

// openUpgrade sets Upgrade where the operation allows what was asked for.
func (x *Exchange) openUpgrade() {
	x.Upgrade = nil
	for _, name := range x.Operation.Upgrades {
		if len(x.asked) > 0 && EqualFold(x.asked, name) {
			x.Upgrade = x.asked
			return
		}
	}
}

var errSwitched = errors.New("the API switched to a protocol that it was not asked for")

// switched reports whether an answer of status 101 is one that the client and
// the operation asked for (RFC 9110 section 15.2.2).
func (x *Exchange) switched() bool {
	_, ok := x.Answer.Body.(Tunnel)
	return ok && len(x.Upgrade) > 0
}
