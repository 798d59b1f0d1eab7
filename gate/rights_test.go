package gate_test

import (
	"strconv"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

func TestMeets(t *testing.T) {
	var v gate.Vocabulary
	var far gate.Rights
	for i := range 130 {
		far = v.Role(nil, strconv.Itoa(i))
	}
	one, two := v.Role(nil, "1"), v.Role(v.Role(nil, "1"), "2")
	for _, row := range []struct {
		name      string
		have, any gate.Rights
		want      bool
	}{
		{"one", one, two, true}, {"none", v.Role(nil, "3"), two, false}, {"nothing-asked", one, nil, false}, {"nothing-had", nil, one, false},
		{"far", far, v.Role(one, "129"), true}, {"far-asked", one, far, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.have.Meets(row.any) != row.want {
				t.Error(!row.want)
			}
		})
	}
}

func TestExtend(t *testing.T) {
	var v, other gate.Vocabulary
	asked := 0
	v.Extend(func(p *gate.Principal) (scopes, roles []string) {
		asked++
		return []string{"more"}, append(roles, p.Roles[0]+"s", "never asked for")
	})
	need := v.Scope(v.Role(nil, "clerks"), "more")
	p := &gate.Principal{ID: "a", Roles: []string{"clerk"}}
	for range 2 {
		if !p.Rights(&v).Covers(need) || asked != 1 {
			t.Errorf("asked %d times, has %v", asked, p.Rights(&v))
		}
	}
	if p.Rights(&other).Covers(other.Scope(nil, "more")) {
		t.Error("another plan has it as well")
	}
}
