package limit

import (
	"sync/atomic"
	"time"
)

// periods numbers the days or months of a limit's time zone. The calendar is
// asked once a period; calls within it compare two numbers.
type periods struct {
	limit *Limit
	now   atomic.Pointer[period]
}

type period struct {
	number      uint64
	began, ends int64 // seconds since 1970
}

// at returns the number of the period of a time, and how long it lasts from then
// on.
func (p *periods) at(t time.Time) (number uint64, left time.Duration) {
	now := t.Unix()
	at := p.now.Load()
	if at == nil || now < at.began || now >= at.ends {
		at = p.limit.period(t)
		p.now.Store(at)
	}
	return at.number, time.Duration(at.ends-now)*time.Second - time.Duration(t.Nanosecond())
}

func (l *Limit) period(t time.Time) *period {
	y, m, d := t.In(l.Zone).Date()
	p := &period{began: l.Began(t).Unix(), ends: l.Ends(t).Unix()}
	if l.Period == Month {
		p.number = uint64(y*12 + int(m))
	} else {
		p.number = uint64(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
	}
	p.number &= 1<<20 - 1
	return p
}
