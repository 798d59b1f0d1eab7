package inspect

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/guard/inspect/detect"
)

func TestPlace(t *testing.T) {
	for value, want := range map[string]bool{
		"https://shop.example":                            true,
		"https://shop.example/":                           true,
		"http://127.0.0.1:8080/a/b-c":                     true,
		"https://shop.example/products?sort=price&page=2": true,
		"https://shop.example/a/?q=&v=1.2":                true,

		"":                       false,
		"https://":               false,
		"ftp://shop.example":     false,
		"https://shop..example":  false,
		"https://shop.example:":  false,
		"https://a:123456/":      false,
		"https://a/.env":         false,
		"https://a/../b":         false,
		"https://a//b":           false,
		"https://a/x?":           false,
		"https://a/x?q=%27":      false,
		"https://a/x?q=a+b":      false,
		"https://a/x?q=<b>":      false,
		"https://a/x?q=1&":       false,
		"https://a/x?q=a--b":     false,
		"https://u@a/":           false,
		"https://a/x#y":          false,
		"https://a/x?q=a=b":      false,
		"https://a/x?q=1&sleep":  false,
		"https://a/x?sleep":      false,
		"https://a/x?q=a.b":      false,
		"https://a/x?q=1\r\nb:1": false,
	} {
		if got := place([]byte(value)); got != want {
			t.Errorf("%q: %v", value, got)
		}
	}
}

// TestPlacesHoldNothing puts parts of addresses together at random, with words
// of shells, queries and systems: grammars find nothing in what passes unread.
func TestPlacesHoldNothing(t *testing.T) {
	parts := strings.Fields(`/ / / ? = = & & - . _ 1.2 b= &c=d // .. a b-c shop.example 127.0.0.1 169.254.169.254 0x7f000001 etc passwd proc self environ windows system32 win.ini id_rsa web.xml wp-config.php .git .env
		select union sleep or and cat id whoami curl sh bin cmd exec base64 eval alert script on onload javascript data file jndi ldap env constructor __proto__ prototype rO0AB gASV O a1 2026-11-28`)
	r := rand.New(rand.NewPCG(3, 4))
	known := 0
	for range 200_000 {
		var b strings.Builder
		b.WriteString([]string{"http://127.0.0.1/", "https://a:80/", "https://shop.example/", "https://shop.example/a?b="}[r.IntN(4)])
		for range 1 + r.IntN(8) {
			b.WriteString(parts[r.IntN(len(parts))])
		}
		value := []byte(b.String())
		if !place(value) {
			continue
		}
		known++
		if v := detect.JudgeAmong(value, detect.Header, detect.URL, inFields); v.Score >= detect.Threshold(detect.URL) {
			t.Errorf("%q: %v", value, v)
		}
	}
	if known < 1000 {
		t.Errorf("only %d were places", known)
	}
}

func BenchmarkPlace(b *testing.B) {
	value := []byte("https://shop.example/products?sort=price&page=2")
	for b.Loop() {
		if !place(value) {
			b.Fatal()
		}
	}
}
