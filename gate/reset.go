package gate

import (
	"net/netip"
	"time"
)

// maxKept bounds the buffers that a pooled exchange keeps, in bytes.
const maxKept = 64 << 10

// maxKeptEdits bounds the edits that a pooled exchange keeps room for.
const maxKeptEdits = 4096

// reset empties x but keeps its buffers for the next exchange. It names every
// field, group by group as Exchange does: to write a new Exchange over the old
// one would copy what is kept, scratch memory of 2 KiB, twice. A test fills
// all fields and finds the one that is forgotten here.
func (x *Exchange) reset() {
	x.resetRequest()
	x.resetFound()
	x.resetEnd()
	x.Answer = Answer{Fields: x.Answer.Fields[:0], Trailers: x.Answer.Trailers[:0]}
	x.Reply = Reply{Fields: x.Reply.Fields[:0]}
	x.Schema.Forget()
	x.Heard.Forget()
	x.AnswerSchema.Forget()
	if cap(x.Edits) > maxKeptEdits {
		x.Edits = nil
	}
	if cap(x.cuts) > maxKeptEdits {
		x.cuts = nil
	}
	x.Edits, x.cuts = x.Edits[:0], x.cuts[:0]
	x.Told = x.Told[:0]
	x.buffer, x.scratch, x.reply = keep(x.buffer), keep(x.scratch), keep(x.reply)
	x.answer, x.trimmed, x.meant = keep(x.answer), keep(x.trimmed), keep(x.meant)
}

func (x *Exchange) resetRequest() {
	x.Context, x.Method, x.Target, x.Host, x.Version, x.Secure = nil, nil, nil, nil, "", false
	x.Fields, x.Hops, x.Trailers = x.Fields[:0], x.Hops[:0], x.Trailers[:0]
	x.Peer, x.Client, x.ClientSecure, x.ClientHost, x.Trusted = netip.AddrPort{}, netip.Addr{}, false, nil, false
	x.Listener, x.TLS, x.Hello, x.BodyLength, x.Incoming = nil, nil, nil, 0, nil
	x.Received, x.Broken, x.Watch, x.Question = time.Time{}, Undecided, nil, nil
}

func (x *Exchange) resetFound() {
	x.ID = ID{}
	x.CountryUnread = false
	x.Country, x.Plan, x.API, x.Operation, x.Path, x.Query, x.Upgrade = "", nil, nil, nil, nil, nil, nil
	x.Principal, x.Alternative, x.WholeBody, x.streamed = nil, 0, false, false
	clear(x.Charges)
	x.Charges, x.Complexity = x.Charges[:0], 0
	x.Login, x.Proven, x.Signals = Login{}, false, 0
	clear(x.Principals)
	x.Principals = x.Principals[:0]
	x.Intake, x.Body, x.BodyJSON, x.AnswerJSON, x.Upstream, x.Holds = Intake{}, nil, nil, nil, nil, [2]uint32{}
	x.AnswerIntake, x.AnswerBody, x.OutAnswer, x.AnswerWhole, x.Trimmed = Intake{}, nil, nil, false, 0
}

func (x *Exchange) resetEnd() {
	x.Refusal, x.Refused, x.Granted, x.Guard, x.Aborted, x.Audit = Refusal{}, false, false, "", false, nil
	x.Rules, x.Shares, x.Assumed = x.Rules[:0], x.Shares[:0], false
	x.Would, x.noted, x.notedBy = x.Would[:0], Refusal{}, ""
	x.Unremoved = false
	x.OutTarget, x.OutBody, x.OutFields, x.AddFields = nil, nil, x.OutFields[:0], x.AddFields[:0]
	x.Sent, x.Answered, x.Ended, x.SentTo, x.Tries = time.Time{}, time.Time{}, time.Time{}, "", 0
	x.BodyBytes, x.AnswerBytes = 0, 0
	x.gate, x.asked, x.failed, x.reader, x.reserved = nil, nil, 0, 0, 0
	x.event, x.bound, x.over, x.trace = Event{}, bounded{}, overflow{}, trace{}
}

func keep(b []byte) []byte {
	if cap(b) > maxKept {
		give(b)
		return nil
	}
	return b[:0]
}
