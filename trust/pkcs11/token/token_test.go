package token_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gatehouse-api/gatehouse/trust/pkcs11"
	"github.com/gatehouse-api/gatehouse/trust/pkcs11/token"
)

// TestNoLibrary answers where there is none. A real module is tested by
// cmd/gatehouse-pkcs11, in processes of their own.
func TestNoLibrary(t *testing.T) {
	text := filepath.Join(t.TempDir(), "text.so")
	if err := os.WriteFile(text, []byte("planted"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"", "/none.so", text, filepath.Dir(text)} {
		if a := token.Do(pkcs11.Request{Do: pkcs11.Wrap, Module: path, PIN: "planted"}); a.Wrong == "" || len(a.Text) > 0 {
			t.Errorf("%q: %+v", path, a)
		}
	}
}
