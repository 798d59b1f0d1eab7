package detect

import "testing"

// TestSilent: prose with words of a query is not read as one, and a fragment
// with nothing but words still is, where its words can go on with a query.
func TestSilent(t *testing.T) {
	for text, want := range map[string]bool{
		"the shop is open between nine and five, in any case":           true,
		"we ordered the chairs, like the tables, in order of their age": true,
		"a union of two clubs; the group was into music":                true,
		"they put it into the box and let me select a colour":           true,
		`they said "better than before", even 'cheap'.`:                 true,

		"1 or 2 between 1 and 3":            false,
		"price order by 3":                  true, // no name goes on
		"price) order by 3":                 false,
		"price as p order by 3":             false,
		"null group by 1":                   false,
		"order by 4":                        false,
		"x union select password":           false,
		"some text into outfile 7":          false,
		"name; drop table users":            false,
		"drop table users":                  false,
		"name; waitfor delay 5":             false,
		"rows of information_schema":        false,
		`it is "fine" or "good`:             false,
		`she said "or one is one" to him`:   false,
		`a name' and the rest`:              false,
		"text (select password from users)": false,
	} {
		s := []byte(text)
		m := scan(s)
		if got := sqlSilent(s, m, scanProse(s, m)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
