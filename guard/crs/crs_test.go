package crs_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/crs"
)

func exchange(target, media, body string, fields ...string) *gate.Exchange {
	x := &gate.Exchange{Method: []byte("GET"), Target: []byte(target), Host: []byte("shop.example"), Version: "HTTP/1.1", Peer: netip.MustParseAddrPort("203.0.113.7:4711")}
	fields = append(fields, "User-Agent", "shop/1.0", "Accept", "application/json")
	if body != "" {
		x.Method, x.Body, x.BodyLength, x.Intake = []byte("POST"), []byte(body), int64(len(body)), gate.Intake{Mode: gate.Buffer}
		fields = append(fields, "Content-Type", media)
	}
	for i := 0; i < len(fields); i += 2 {
		x.Fields = append(x.Fields, gate.Field{Name: []byte(fields[i]), Value: []byte(fields[i+1])})
	}
	return x
}

func TestRules(t *testing.T) {
	rules, err := crs.New(crs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	without, err := crs.New(crs.Options{Exclude: []int{942100}})
	if err != nil {
		t.Fatal(err)
	}
	const union = "%27%20UNION%20SELECT%20password%20FROM%20users%20--%20"
	for _, r := range []struct {
		name string
		x    *gate.Exchange
		rule string // one that is named; "" lets it pass
	}{
		{"good", exchange("/products?q=kettle", "", ""), ""},
		{"good-body", exchange("/reviews", "application/json", `{"comment":"having friends over is nice"}`), ""},
		{"query", exchange("/products?q="+union, "", ""), "942100"},
		{"body", exchange("/reviews", "application/json", `{"comment":"<script>alert(document.cookie)</script>"}`), "941100"},
		{"scanner", exchange("/products", "", "", "X-Scanner", "nuclei"), ""},
	} {
		t.Run(r.name, func(t *testing.T) {
			if v := rules.Head(r.x); v != gate.Allow {
				t.Fatal("the head alone is judged")
			}
			v := rules.Body(r.x)
			f := r.x.Refusal.Finding
			if (v == gate.Allow) != (r.rule == "") {
				t.Fatalf("%v %+v", v, f)
			}
			if r.rule != "" && (f.Class != "crs" || !strings.Contains(strings.Join(f.Reasons[:], " "), r.rule)) {
				t.Errorf("found %+v", f)
			}
		})
	}
	x := exchange("/products?q="+union, "", "")
	if without.Body(x); strings.Contains(strings.Join(x.Refusal.Finding.Reasons[:], " "), "942100") {
		t.Errorf("a rule that is left out matched: %+v", x.Refusal.Finding)
	}
	x = exchange("/products?q="+union, "", "")
	if x.Intake.Mode, x.BodyLength = gate.Stream, 5; rules.Head(x) != gate.Deny {
		t.Error("a stream is not judged by its head")
	}
}
