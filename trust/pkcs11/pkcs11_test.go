package pkcs11_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/pkcs11"
	"github.com/gatehouse-api/gatehouse/trust/wrap"
)

// TestMain is the program that loads the library, where a test starts it: it
// answers as the variable says.
func TestMain(m *testing.M) {
	switch os.Getenv("PKCS11_TEST_HELPER") {
	case "":
		os.Exit(m.Run())
	case "crashes":
		os.Exit(139)
	case "hangs":
		io.Copy(io.Discard, os.Stdin)
		time.Sleep(time.Hour)
	case "babbles":
		for range 1 << 12 {
			os.Stdout.WriteString(strings.Repeat("planted", 10))
		}
	case "says-nothing":
	case "refuses":
		pkcs11.Serve(os.Stdin, os.Stdout, func(pkcs11.Request) pkcs11.Answer { return pkcs11.Answer{Wrong: "no", Hint: "why not"} })
	case "short":
		pkcs11.Serve(os.Stdin, os.Stdout, func(pkcs11.Request) pkcs11.Answer { return pkcs11.Answer{Text: []byte("short")} })
	case "sees":
		pkcs11.Serve(os.Stdin, os.Stdout, func(pkcs11.Request) pkcs11.Answer {
			return pkcs11.Answer{Text: []byte(strings.Join(os.Environ(), " ") + strings.Join(os.Args[1:], " "))}
		})
	}
}

func helper(t testing.TB, does string) wrap.Wrapper {
	t.Helper()
	t.Setenv("PKCS11_TEST_HELPER", does)
	t.Setenv("PLANTED", "planted in the environment")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w, err := pkcs11.New(pkcs11.Options{Helper: self, Module: "m.so", Token: "gate", Key: "k", PIN: trust.NewSecret("planted-pin"), Environment: []string{"PKCS11_TEST_HELPER"}})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestProgramsThatFail says what is wrong with the program, and nothing of what
// it wrote. The real one is tested in cmd/gatehouse-pkcs11.
func TestProgramsThatFail(t *testing.T) {
	for does, row := range map[string]struct {
		want string
		down bool
	}{
		"crashes": {"ended without an answer", true}, "babbles": {"ended without an answer", true}, "says-nothing": {"ended without an answer", true},
		"refuses": {"no (why not)", false}, "short": {"something that is no key", false},
	} {
		_, err := helper(t, does).Unwrap(t.Context(), []byte("x"), nil)
		if err == nil || !strings.Contains(err.Error(), row.want) || wrap.Down(err) != row.down || strings.Contains(err.Error(), "planted") {
			t.Errorf("%s: %v", does, err)
		}
	}
	w, err := pkcs11.New(pkcs11.Options{Helper: "/no/such/program"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Wrap(t.Context(), nil, nil); err == nil || !strings.Contains(err.Error(), "cannot be started") || wrap.Down(err) {
		t.Error(err)
	}
}

// TestHangs ends a program that does not answer.
func TestHangs(t *testing.T) {
	w := helper(t, "hangs")
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := w.Wrap(ctx, []byte("x"), nil); !wrap.Down(err) || !strings.Contains(err.Error(), "in time") {
		t.Error(err)
	}
}

// TestWhatTheProgramSees is the variables that are named, and no argument.
func TestWhatTheProgramSees(t *testing.T) {
	text, err := helper(t, "sees").Wrap(t.Context(), []byte("x"), nil)
	if err != nil || string(text) != "PKCS11_TEST_HELPER=sees" {
		t.Errorf("%s %v", text, err)
	}
}

func FuzzServe(f *testing.F) {
	text, err := json.Marshal(pkcs11.Request{Do: pkcs11.Wrap, Text: []byte("x")})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte("{"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var out bytes.Buffer
		err := pkcs11.Serve(bytes.NewReader(b), &out, func(r pkcs11.Request) pkcs11.Answer { return pkcs11.Answer{Text: r.Text} })
		if (err == nil) != (out.Len() > 0) {
			t.Fatal(err, out.Len())
		}
	})
}
