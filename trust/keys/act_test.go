package keys_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/trust/keys"
)

// TestActs: whatever is done to keys that are kept stands beside them, with who did
// it, for programs that open them later and for those that have them open.
func TestActs(t *testing.T) {
	f := keys.File(filepath.Join(t.TempDir(), "k"))
	w := &marked{mark: 'w'}
	serving := open(t, f, w)
	tool := open(t, f, w)
	data := func(at int) string { return fmt.Sprint("data ", tool.Ring().Versions()[at]) }
	first := data(0)
	ctx := keys.By(t.Context(), "somebody")
	unused := func(context.Context) (int, error) { return 0, nil }
	began := time.Now()
	for _, err := range []error{
		tool.Rotate(ctx, keys.Pepper, keys.Data),
		tool.Destroy(ctx, keys.Data, uint32(tool.Ring().Versions()[1]), unused),
		tool.Rotate(ctx, keys.Tokens), tool.Rotate(ctx, keys.Tokens), tool.Rotate(ctx, keys.Tokens),
		tool.Rewrap(ctx, &marked{mark: 'x'}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := tool.Destroy(ctx, keys.Pepper, 9, unused); err == nil {
		t.Fatal("a version that is none was destroyed")
	}
	want := []string{
		"1  made pepper 1, owners 1, nonces 1, callers 1, tokens 1, " + first,
		"2 somebody rotated pepper 2, " + data(0),
		"3 somebody destroyed " + first,
		"4 somebody rotated tokens 2", "5 somebody rotated tokens 3",
		"6 somebody rotated tokens 4", "7 somebody destroyed tokens 1",
		"8 somebody rewrapped marked",
	}
	if err := serving.Reopen(t.Context(), &marked{mark: 'x'}); err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]*keys.Keys{"tool": tool, "serving": serving, "later": open(t, f, &marked{mark: 'x'})} {
		var got []string
		for _, a := range k.Acts() {
			got = append(got, fmt.Sprint(a.Number, " ", a.By, " ", a.Did, " ", a.On))
			if a.Number > 1 && (a.At.Before(began.Truncate(time.Millisecond)) || a.At.After(time.Now())) {
				t.Errorf("%s: %s at %s", name, a.On, a.At)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	serving.Acts()[0].By = "changed"
	if serving.Acts()[0].By != "" {
		t.Error("the list is not the caller's")
	}
}

// TestActsAreBounded: the last ones stay, and keys in memory have none.
func TestActsAreBounded(t *testing.T) {
	k := open(t, keys.File(filepath.Join(t.TempDir(), "k")), &marked{mark: 'w'})
	ctx := keys.By(t.Context(), strings.Repeat("ä", 4000))
	for range 300 {
		if err := k.Rewrap(ctx, &marked{mark: 'w'}); err != nil {
			t.Fatal(err)
		}
	}
	list := k.Acts()
	if len(list) != 256 || list[0].Number != 46 || list[255].Number != 301 || len(list[9].By) > 512 {
		t.Errorf("%d from %d on, by %d bytes", len(list), list[0].Number, len(list[9].By))
	}
	if _, err := json.Marshal(list); err != nil {
		t.Error(err)
	}
	m, err := keys.Generate()
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Rotate(ctx, keys.Pepper); err != nil || len(m.Acts()) != 0 {
		t.Error(err, m.Acts())
	}
}
