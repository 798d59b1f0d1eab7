package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/internal/fake"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/pkcs11"
	"github.com/gatehouse-api/gatehouse/trust/wrap"
)

// TestMain is the program itself where a test starts it.
func TestMain(m *testing.M) {
	if os.Getenv("GATEHOUSE_PKCS11_TEST") != "" {
		main()
	}
	os.Exit(m.Run())
}

const (
	pin     = "planted-1234"
	library = "/usr/lib/softhsm/libsofthsm2.so"
)

// softToken makes a token of SoftHSM and returns how to use it.
func softToken(t *testing.T) pkcs11.Options {
	t.Helper()
	tool := testdata.Program(t, "softhsm2-util", "softhsm2")
	folder := t.TempDir()
	conf := filepath.Join(folder, "softhsm2.conf")
	if err := os.Mkdir(filepath.Join(folder, "tokens"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(conf, []byte("directories.tokendir = "+filepath.Join(folder, "tokens")+"\nobjectstore.backend = file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SOFTHSM2_CONF", conf)
	for _, label := range []string{"other", "gate"} {
		if out, err := exec.Command(tool, "--init-token", "--free", "--label", label, "--pin", pin, "--so-pin", "5678").CombinedOutput(); err != nil {
			t.Fatalf("%s %v", out, err)
		}
	}
	t.Setenv("GATEHOUSE_PKCS11_TEST", "1")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return pkcs11.Options{Helper: self, Module: library, Token: "gate", PIN: trust.NewSecret(pin), Key: "gatehouse", Environment: []string{"SOFTHSM2_CONF", "GATEHOUSE_PKCS11_TEST"}}
}

func wrapper(t *testing.T, o pkcs11.Options) wrap.Wrapper {
	t.Helper()
	w, err := pkcs11.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// makeKey makes a key as an operator does, in a process of its own: SoftHSM
// reads its settings once.
func makeKey(t *testing.T, o pkcs11.Options, key string) (status int, said string) {
	t.Helper()
	cmd := exec.Command(o.Helper, "make-key", "--module", o.Module, "--token", o.Token, "--key", key)
	cmd.Stdin = strings.NewReader(o.PIN.Reveal() + "\n")
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// TestSoftHSM wraps keys in a real module.
func TestSoftHSM(t *testing.T) {
	o := softToken(t)
	if _, err := wrapper(t, o).Wrap(t.Context(), make([]byte, wrap.KeyLength), nil); err == nil || !strings.Contains(err.Error(), "no AES key of this label") {
		t.Error("without a key:", err)
	}
	if status, said := makeKey(t, o, "gatehouse"); status != 0 || !strings.Contains(said, "has a key gatehouse now") {
		t.Fatal(status, said)
	}
	if status, said := makeKey(t, o, "gatehouse"); status != 1 || !strings.Contains(said, "has a key of this label already") {
		t.Error(status, said)
	}
	fake.Conform(t, wrapper(t, o))
	if status, _ := makeKey(t, o, "second"); status != 0 {
		t.Fatal(status)
	}
	wrapped, err := wrapper(t, o).Wrap(t.Context(), bytes.Repeat([]byte{7}, wrap.KeyLength), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		change func(*pkcs11.Options)
		want   string
	}{
		"another-key":   {func(o *pkcs11.Options) { o.Key = "second" }, "does not open this"},
		"no-key":        {func(o *pkcs11.Options) { o.Key = "third" }, "no AES key of this label"},
		"another-token": {func(o *pkcs11.Options) { o.Token = "other" }, "no AES key of this label"},
		"no-token":      {func(o *pkcs11.Options) { o.Token = "nobody" }, "no token of this label"},
		"wrong-pin":     {func(o *pkcs11.Options) { o.PIN = trust.NewSecret("planted-wrong") }, "the PIN is wrong"},
		"no-pin":        {func(o *pkcs11.Options) { o.PIN = trust.Secret{} }, "does not let the gate in"},
		"no-library":    {func(o *pkcs11.Options) { o.Module = "/none.so" }, "cannot be loaded"},
		"other-library": {func(o *pkcs11.Options) { o.Module = libc(t) }, "is no library of PKCS#11"},
		"no-setting":    {func(o *pkcs11.Options) { o.Environment = o.Environment[1:] }, "pkcs11"},
	} {
		other := o
		row.change(&other)
		_, err := wrapper(t, other).Unwrap(t.Context(), wrapped, nil)
		if err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "planted") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// libc is a library that is no module.
func libc(t *testing.T) string {
	t.Helper()
	for _, pattern := range []string{"/lib/*/libc.so.6", "/lib64/libc.so.6", "/usr/lib/*/libc.so.6"} {
		if names, _ := filepath.Glob(pattern); len(names) > 0 {
			return names[0]
		}
	}
	return "/none.so"
}

// TestUsage says how it is used.
func TestUsage(t *testing.T) {
	for _, row := range []struct {
		args []string
		in   string
	}{{nil, ""}, {nil, "{"}, {[]string{"help"}, ""}, {[]string{"make-key"}, pin}, {[]string{"make-key", "--module", "a", "--token", "b", "--key", "c", "d"}, pin}, {[]string{"make-key", "--pin", pin}, ""}} {
		var out, problems bytes.Buffer
		if status := run(row.args, strings.NewReader(row.in), &out, &problems); status != 2 || !strings.Contains(problems.String(), "make-key --module") || strings.Contains(problems.String(), pin) {
			t.Errorf("%q %q: %d %s", row.args, row.in, status, problems.String())
		}
	}
	var out, problems bytes.Buffer
	if status := run([]string{"make-key", "--module", "/none.so", "--token", "b", "--key", "c"}, strings.NewReader(pin), &out, &problems); status != 1 || !strings.Contains(problems.String(), "cannot be loaded") {
		t.Error(status, problems.String())
	}
}
