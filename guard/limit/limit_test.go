package limit_test

import (
	"net/netip"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/limit"
)

func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlay(t, limit.About{}, limit.Limit{Kind: limit.Rate, Amount: 10, Per: time.Second, Burst: 3})
		want(t, "a burst", p.passed(5, home, nil), 3)
		want(t, "of somebody else", p.passed(5, office, nil), 3)
		want(t, "over it", p.once(home, nil), "limit-exceeded 1")
		time.Sleep(99 * time.Millisecond)
		want(t, "too early", p.passed(1, home, nil), 0)
		time.Sleep(time.Millisecond)
		want(t, "one is back", p.passed(2, home, nil), 1)
		time.Sleep(time.Hour)
		want(t, "all are back, and no more", p.passed(9, home, nil), 3)
		passed := 0
		for range 10_000 { // ten seconds of a call each millisecond
			time.Sleep(time.Millisecond)
			passed += p.passed(1, home, nil)
		}
		want(t, "in the long run", passed, 100)
	})
}

func TestRateOfOddNumbers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, n := range []int64{1, 3, 7, 999, 1_000_003} {
			p := newPlay(t, limit.About{}, limit.Limit{Kind: limit.Rate, Amount: n, Per: 7 * time.Second})
			want(t, "a burst of "+strconv.FormatInt(n, 10), p.passed(int(min(n, 2000))+1, home, nil), int(min(n, 2001)))
		}
	})
}

func TestWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlay(t, limit.About{}, limit.Limit{Kind: limit.Window, Amount: 100, Per: time.Minute})
		want(t, "a window", p.passed(150, home, nil), 100)
		x := call(home, nil)
		want(t, "over it", p.begin(x), "limit-exceeded 61") // the first of them leaves as the next window goes on
		time.Sleep(90 * time.Second)
		want(t, "half of the one before is out of reach", p.passed(150, home, nil), 50)
		time.Sleep(30 * time.Second)
		if n := p.passed(150, home, nil); n != 50 {
			t.Errorf("the next: %d", n)
		}
		// In any minute there are at most a hundred, but for what the weighing forgets.
		var at []time.Time
		for range 6000 {
			time.Sleep(100 * time.Millisecond)
			if p.passed(1, home, nil) == 1 {
				at = append(at, time.Now())
			}
		}
		for i := range at {
			n := 0
			for _, other := range at[i:] {
				if other.Sub(at[i]) < time.Minute {
					n++
				}
			}
			if n > 101 {
				t.Fatalf("%d within a minute", n)
			}
		}
	})
}

// TestWindowWait: whoever waits as long as is said is let through.
func TestWaitIsEnough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, l := range []limit.Limit{
			{Kind: limit.Rate, Amount: 7, Per: 13 * time.Second, Burst: 5},
			{Kind: limit.Window, Amount: 7, Per: 13 * time.Second},
			{Kind: limit.Quota, Amount: 7, Period: limit.Day},
			{Kind: limit.Quota, Amount: 7, Period: limit.Month},
		} {
			p := newPlay(t, limit.About{}, l)
			for range 40 {
				x := call(home, nil)
				if p.begin(x) != "ok" {
					p.end(x)
					time.Sleep(time.Duration(x.Refusal.Retry) * time.Second)
					want(t, l.Kind.String()+" after the wait", p.once(home, nil), "ok")
					continue
				}
				p.end(x)
				time.Sleep(700 * time.Millisecond)
			}
		}
	})
}

func TestQuota(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) { // it begins at midnight UTC of 2000-01-01, 1 o'clock in Berlin
		day := newPlay(t, limit.About{}, limit.Limit{Name: "day", Kind: limit.Quota, Amount: 5, Period: limit.Day})
		there := newPlay(t, limit.About{}, limit.Limit{Name: "there", Kind: limit.Quota, Amount: 5, Period: limit.Day, Zone: berlin})
		month := newPlay(t, limit.About{}, limit.Limit{Name: "month", Kind: limit.Quota, Amount: 5, Period: limit.Month})
		for name, p := range map[string]*play{"day": day, "there": there, "month": month} {
			want(t, name, p.passed(9, home, nil), 5)
		}
		want(t, "until midnight", day.once(home, nil), "limit-exceeded 86400")
		want(t, "until midnight there", there.once(home, nil), "limit-exceeded 82800")
		want(t, "until February", month.once(home, nil), "limit-exceeded 2678400")
		time.Sleep(23*time.Hour - time.Second)
		want(t, "a second too early there", there.passed(9, home, nil), 0)
		time.Sleep(time.Second)
		want(t, "a new day there", there.passed(9, home, nil), 5)
		want(t, "the same day here", day.passed(9, home, nil), 0)
		time.Sleep(time.Hour)
		want(t, "a new day here", day.passed(9, home, nil), 5)
		time.Sleep(30*24*time.Hour - time.Nanosecond)
		want(t, "the last moment of the month", month.passed(9, home, nil), 0)
		time.Sleep(time.Nanosecond)
		want(t, "February", month.passed(9, home, nil), 5)
	})
}

// TestSummerTime: a day has 23 hours when the clocks go forward.
func TestSummerTime(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	l := limit.Limit{Period: limit.Day, Zone: berlin}
	noon := time.Date(2026, 3, 29, 12, 0, 0, 0, berlin)
	want(t, "the day", l.Ends(noon).Sub(l.Began(noon)), 23*time.Hour)
	noon = time.Date(2026, 10, 25, 12, 0, 0, 0, berlin)
	want(t, "the other", l.Ends(noon).Sub(l.Began(noon)), 25*time.Hour)
}

func TestConcurrency(t *testing.T) {
	p := newPlay(t, limit.About{}, limit.Limit{Kind: limit.Concurrency, Amount: 2})
	first, second, third := call(home, nil), call(home, nil), call(home, nil)
	want(t, "one", p.begin(first), "ok")
	want(t, "two", p.begin(second), "ok")
	want(t, "three", p.begin(third), "limit-exceeded 1")
	p.end(third)
	want(t, "of somebody else", p.passed(1, office, nil), 1)
	first.Aborted = true
	p.end(first)
	want(t, "when one went away", p.passed(5, home, nil), 5)
	p.end(second)
	p.end(second) // twice is once
	fourth, fifth, sixth := call(home, nil), call(home, nil), call(home, nil)
	want(t, "four", p.begin(fourth), "ok")
	want(t, "five", p.begin(fifth), "ok")
	want(t, "six", p.begin(sixth), "limit-exceeded 1")
}

func TestWeights(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := limit.Limit{Kind: limit.Quota, Amount: 10, Period: limit.Day}
		s := limit.NewState(limit.StateOptions{})
		search, get := more(t, s, limit.About{Operation: "search", Weight: 4}, l), more(t, s, limit.About{Operation: "get"}, l)
		want(t, "heavy calls", search.passed(9, home, nil), 2)
		want(t, "light ones", get.passed(9, home, nil), 2)
	})
}

func TestBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlay(t, limit.About{}, limit.Limit{Kind: limit.Rate, Amount: 1000, Per: time.Second, Unit: limit.AnswerBytes})
		x := call(home, nil)
		want(t, "the first", p.begin(x), "ok")
		x.AnswerBytes = 1500
		p.end(x)
		want(t, "behind a long answer", p.once(home, nil), "limit-exceeded 1")
		time.Sleep(600 * time.Millisecond)
		want(t, "when it is paid", p.once(home, nil), "ok")

		p = newPlay(t, limit.About{}, limit.Limit{Kind: limit.Window, Amount: 1 << 30, Per: time.Minute, Unit: limit.RequestBytes})
		x = call(home, nil)
		x.BodyLength = 1<<30 + 1
		want(t, "too much at once", p.begin(x), "limit-exceeded 120")
		want(t, "says so", x.Refusal.Detail != "", true)
		p.end(x)
		x = call(home, nil)
		x.BodyLength = 1 << 29
		want(t, "half", p.begin(x), "ok")
		p.end(x) // the body never came
		x = call(home, nil)
		x.BodyLength = 1<<30 - 1<<10
		want(t, "what did not come was given back", p.begin(x), "ok")
		x.BodyBytes = x.BodyLength
		p.end(x)
		x = call(home, nil)
		x.BodyLength = -1
		want(t, "of an unknown length", p.begin(x), "ok")
		x.BodyBytes = 1 << 20
		p.end(x)
		want(t, "when it is known", p.once(home, nil)[:14], "limit-exceeded")
	})
}

func TestComplexity(t *testing.T) {
	p := newPlay(t, limit.About{}, limit.Limit{Kind: limit.Quota, Amount: 100, Period: limit.Day, Unit: limit.Complexity})
	for _, row := range []struct {
		cost int64
		want string
	}{{60, "ok"}, {0, "ok"}, {41, "limit-exceeded"}, {40, "ok"}, {1, "limit-exceeded"}} {
		x := call(home, nil)
		x.Complexity = row.cost
		if got := p.begin(x); got != row.want && got[:min(14, len(got))] != row.want {
			t.Errorf("%d: %s, want %s", row.cost, got, row.want)
		}
		p.end(x)
	}
}

func TestKeys(t *testing.T) {
	alice := &gate.Principal{ID: "https://id.example|alice", Issuer: "https://id.example", Credential: "staff", Serial: "1", Client: "web", Tenant: "acme",
		Attributes: map[string]any{"plan": "gold", "level": int64(3), "rate": 1.5, "trial": true, "list": []any{"a"}}}
	bob := &gate.Principal{ID: "https://id.example|bob", Issuer: "https://id.example", Credential: "staff", Serial: "2", Client: "web", Tenant: "acme",
		Attributes: map[string]any{"plan": "gold", "level": int64(4), "rate": 1.5, "trial": true}}
	carol := &gate.Principal{ID: "other|carol", Issuer: "other", Credential: "keys", Serial: "1"}
	parts := func(list ...limit.Part) []limit.Part { return list }
	of := func(w limit.What) limit.Part { return limit.Part{What: w} }
	from := func(a netip.Addr, country string) *gate.Exchange {
		x := call(a, nil)
		x.Country = country
		return x
	}
	claim := func(name string) limit.Part { return limit.Part{What: limit.Claim, Name: name} }
	for name, row := range map[string]struct {
		key    []limit.Part
		calls  []*gate.Exchange
		absent limit.Absent
		want   string // x is refused
	}{
		"address":                    {parts(of(limit.Address)), []*gate.Exchange{call(home, alice), call(home, bob), call(office, alice)}, 0, ".x."},
		"an-address-in-another-form": {parts(of(limit.Address)), []*gate.Exchange{call(home, nil), call(netip.MustParseAddr("::ffff:192.0.2.1"), nil)}, 0, ".x"},
		"one-network":                {parts(of(limit.Address)), []*gate.Exchange{call(netip.MustParseAddr("2001:db8::1"), nil), call(netip.MustParseAddr("2001:db8::2%eth0"), nil), call(netip.MustParseAddr("2001:db8:0:1::1"), nil)}, 0, ".x."},
		"no-address":                 {parts(of(limit.Address)), []*gate.Exchange{call(netip.Addr{}, nil), call(netip.Addr{}, nil), call(home, nil)}, 0, ".x."},
		"country":                    {parts(of(limit.Country)), []*gate.Exchange{from(home, "DE"), from(office, "DE"), from(home, "AT")}, 0, ".x."},
		"nobody-knows-the-country":   {parts(of(limit.Country)), []*gate.Exchange{from(home, ""), from(office, ""), from(home, "")}, 0, "..x"},
		"no-country-is-no-limit":     {parts(of(limit.Country)), []*gate.Exchange{from(home, ""), from(home, "")}, limit.Skip, ".."},
		"principal":                  {parts(of(limit.Principal)), []*gate.Exchange{call(home, alice), call(office, alice), call(home, bob)}, 0, ".x."},
		"both":                       {parts(of(limit.Principal), of(limit.Address)), []*gate.Exchange{call(home, alice), call(office, alice), call(home, bob), call(home, alice)}, 0, "...x"},
		"nobody-is-an-address":       {parts(of(limit.Principal)), []*gate.Exchange{call(home, nil), call(home, nil), call(office, nil), call(home, alice)}, 0, ".x.."},
		"nobody-passes":              {parts(of(limit.Principal)), []*gate.Exchange{call(home, nil), call(home, nil), call(home, alice), call(home, alice)}, limit.Skip, "...x"},
		"nobody-is-refused":          {parts(of(limit.Principal)), []*gate.Exchange{call(home, nil), call(home, alice)}, limit.Refuse, "x."},
		"key":                        {parts(of(limit.Key)), []*gate.Exchange{call(home, alice), call(home, bob), call(home, carol), call(office, alice)}, 0, "...x"},
		"tenant":                     {parts(of(limit.Tenant)), []*gate.Exchange{call(home, alice), call(office, bob), call(home, carol), call(home, carol)}, 0, ".x.x"},
		"program":                    {parts(of(limit.Program)), []*gate.Exchange{call(home, alice), call(office, bob)}, 0, ".x"},
		"partner":                    {parts(of(limit.Partner)), []*gate.Exchange{call(home, alice), call(office, bob), call(home, carol), call(office, carol)}, 0, ".x.x"},
		"claim":                      {parts(claim("plan")), []*gate.Exchange{call(home, alice), call(office, bob)}, 0, ".x"},
		"claim-of-a-number":          {parts(claim("level")), []*gate.Exchange{call(home, alice), call(home, bob)}, 0, ".."},
		"claim-of-a-fraction":        {parts(claim("rate")), []*gate.Exchange{call(home, alice), call(office, bob)}, 0, ".x"},
		"claim-of-a-truth":           {parts(claim("trial")), []*gate.Exchange{call(home, alice), call(office, bob)}, 0, ".x"},
		"claim-that-is-no-value":     {parts(claim("list")), []*gate.Exchange{call(home, alice), call(office, alice)}, 0, ".."},
		"claim-that-is-not-there":    {parts(claim("none")), []*gate.Exchange{call(home, alice), call(home, bob)}, 0, ".x"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlay(t, limit.About{API: "shop", Operation: "get"}, limit.Limit{Key: row.key, Absent: row.absent, Kind: limit.Quota, Period: limit.Month, Amount: 1})
			got := ""
			for _, x := range row.calls {
				switch p.begin(x) {
				case "ok":
					got += "."
				default:
					got += "x"
				}
				p.end(x)
			}
			want(t, "calls", got, row.want)
		})
	}
}

// TestOperations: what calls share is said by the key.
func TestOperations(t *testing.T) {
	for what, row := range map[limit.What]string{limit.API: ".xx.", limit.Operation: "....", limit.Tag: ".x.."} {
		s := limit.NewState(limit.StateOptions{})
		l := limit.Limit{Key: []limit.Part{{What: what}}, Kind: limit.Quota, Period: limit.Month, Amount: 1}
		got := ""
		for _, a := range []limit.About{{API: "shop", Operation: "get", Tag: "orders"}, {API: "shop", Operation: "put", Tag: "orders"}, {API: "shop", Operation: "orders"}, {API: "other", Operation: "get", Tag: "orders"}} {
			if p := more(t, s, a, l); p.once(home, nil) == "ok" {
				got += "."
			} else {
				got += "x"
			}
		}
		want(t, strconv.Itoa(int(what)), got, row)
	}
}
