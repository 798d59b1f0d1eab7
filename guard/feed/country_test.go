package feed

import "testing"

// TestCountryUnread: what asks for a country hears that nobody can say for now,
// unless that is meant to be as if nobody knew.
func TestCountryUnread(t *testing.T) {
	none := NewSource(Options{Kind: Countries, File: "none"})
	for _, open := range []bool{false, true} {
		if code, x := judge(New(nil, &Geo{Source: none, Open: open}), "2.0.0.1"); code != 0 || x.CountryUnread == open {
			t.Errorf("open %t: %v, %t", open, code, x.CountryUnread)
		}
	}
	there, _ := written(t, Countries, countries(t))
	if _, x := judge(New(nil, &Geo{Source: there}), "10.0.0.1"); x.CountryUnread || x.Country != "" {
		t.Error("nobody knows where it is, and the database was read")
	}
}
