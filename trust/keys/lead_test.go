package keys_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/trust/keys"
)

// TestLead publishes a key before it signs.
func TestLead(t *testing.T) {
	k := open(t, keys.File(filepath.Join(t.TempDir(), "k")), &marked{mark: 'w'})
	first := k.Signing(time.Now()).ID // the only one signs at once
	if err := k.Rotate(t.Context(), keys.Tokens); err != nil {
		t.Fatal(err)
	}
	second := k.Verifying()[0]
	for after, want := range map[time.Duration]string{0: first, keys.Lead - time.Second: first, keys.Lead: second.ID, time.Hour: second.ID} {
		if got := k.Signing(second.Made.Add(after)).ID; got != want {
			t.Errorf("%v after it was made, %s signs and not %s", after, got, want)
		}
	}
	if err := k.Rotate(t.Context(), keys.Tokens); err != nil {
		t.Fatal(err)
	}
	if k.Signing(second.Made).ID != first || len(k.Verifying()) != 3 {
		t.Error("one that is not published for long signs")
	}
	if err := k.Destroy(t.Context(), keys.Tokens, 1, func(context.Context) (int, error) { return 0, nil }); err != nil {
		t.Fatal(err)
	}
	if k.Signing(second.Made).ID != second.ID {
		t.Error("a key that is gone signs")
	}
}
