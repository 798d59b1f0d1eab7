package limit_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-api/gatehouse/guard/limit"
)

// Items of the two fields, as draft-ietf-httpapi-ratelimit-headers-11 has them in
// sections 3.1 and 4.1: q and r are there, whole and not negative; w is more than
// nothing; units are of the draft's registry or have our name in front, and so
// have parameters that the draft does not know. Integers have at most 15 digits
// (RFC 9651 section 3.3.1), keys are in small letters (section 3.1.2).
var (
	policyItem = regexp.MustCompile(`^"([a-z-]+)";q=[0-9]{1,15}(;qu="(content-bytes|concurrent-requests|gatehouse-[a-z]+)")?(;w=[1-9][0-9]{0,14})?(;gatehouse-[a-z]+=[0-9]{1,15})*$`)
	limitItem  = regexp.MustCompile(`^"([a-z-]+)";r=([0-9]{1,15})(;t=([0-9]{1,15}))?$`)
)

// TestDraft holds the fields of every kind and unit to the draft, before and
// behind a refusal.
func TestDraft(t *testing.T) {
	key := []limit.Part{{What: limit.Address}}
	items := 0
	for name, l := range map[string]limit.Limit{
		"rate":             {Kind: limit.Rate, Amount: 2, Per: time.Minute},
		"burst":            {Kind: limit.Rate, Amount: 2, Per: time.Minute, Burst: 3},
		"part-of-a-second": {Kind: limit.Rate, Amount: 2, Per: 300 * time.Millisecond},
		"window":           {Kind: limit.Window, Amount: 2, Per: 90 * time.Second},
		"day":              {Kind: limit.Quota, Amount: 2, Period: limit.Day},
		"month":            {Kind: limit.Quota, Amount: 2, Period: limit.Month},
		"places":           {Kind: limit.Concurrency, Amount: 2},
		"bytes":            {Kind: limit.Window, Amount: 2, Per: time.Minute, Unit: limit.RequestBytes},
		"answers":          {Kind: limit.Window, Amount: 2, Per: time.Minute, Unit: limit.AnswerBytes},
		"work":             {Kind: limit.Window, Amount: 2, Per: time.Minute, Unit: limit.Complexity},
		"huge":             {Kind: limit.Window, Amount: 1 << 42, Per: time.Hour, Unit: limit.AnswerBytes},
	} {
		synctest.Test(t, func(t *testing.T) {
			l.Name, l.Key = name, key
			p := newPlay(t, limit.About{}, l)
			for range 4 {
				x := call(home, nil)
				said := p.begin(x)
				for line := range strings.Lines(told(x)) {
					field, list, _ := strings.Cut(strings.TrimSpace(line), ": ")
					form := map[string]*regexp.Regexp{"RateLimit-Policy": policyItem, "RateLimit": limitItem}[field]
					if form == nil {
						t.Fatalf("%s: a field called %q", name, field)
					}
					for item := range strings.SplitSeq(list, ", ") { // RFC 9651 section 3.1
						items++
						found := form.FindStringSubmatch(item)
						if found == nil || found[1] != name {
							t.Fatalf("%s: %s has %s", name, field, item)
						}
						if form != limitItem || !strings.HasPrefix(said, "limit-exceeded") || found[4] == "" {
							continue
						}
						// Section 6: Retry-After is no earlier than the end of the window.
						if until, _ := strconv.Atoi(found[4]); x.Refusal.Retry < until {
							t.Errorf("%s: Retry-After %d, and %s", name, x.Refusal.Retry, item)
						}
					}
				}
				// Places stay taken, so that they run out, too.
				if l.Kind != limit.Concurrency {
					p.end(x)
				}
			}
		})
	}
	if items < 40 {
		t.Errorf("%d items", items)
	}
}
