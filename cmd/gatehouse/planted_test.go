package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/wrap"
)

// Secrets that every script finds in its environment and below planted/: what
// the program writes is searched for them when the script has ended. The quotes
// look different in JSON, in Go and in logs.
var plantedVariables = map[string]string{
	"PLANTED_TOKEN":  `zqx7-planted-"in-env"-9f4c`,
	"PLANTED_CLIENT": `zqx7-planted-by-the-client-77`, // what callers show
	"PLANTED_LINES":  "zqx7-planted-line-5e02\r\nX-Admin: zqx7-planted-line-c8a1",

	// Of people, as callers show it and as APIs answer it.
	"PLANTED_COOKIE":   "zqx7-planted-session-0a4417e2",
	"PLANTED_PASSWORD": `zqx7-planted-pass&word+%3a`,
	"PLANTED_MAIL":     "zqx7-planted.person@example.com",
	"PLANTED_PERSON":   "Zqx7-planted Ångström O'Neill",
	"PLANTED_CARD":     "5555341244441115",
	"PLANTED_PHONE":    "+4915223433333",
	"PLANTED_NAME":     "zqx7_planted_name_51bd", // as words of languages are
}

const plantedFile = "planted/token"

// Secrets in files below planted/.
var plantedFiles = map[string]string{
	plantedFile:            `zqx7-planted-"in-a-file"-b31d`,
	"planted/passphrase":   `zqx7-planted "passphrase" of the gate-77e1`,
	"planted/passphrase-2": `zqx7-planted passphrase of the gate later-0c9d`,
	"planted/pepper":       `zqx7-planted pepper, of at least thirty-two characters-5d21`,
}

// planted is what may be written down nowhere, and where it stands on purpose.
type planted struct {
	mu      sync.Mutex
	secrets []map[string]string // guarded by mu; the forms of each
	sources map[string]bool     // guarded by mu; absolute names of files
}

// plant puts the secrets into a script's folder and environment, and has the
// folder searched at the script's end.
func plant(e *testscript.Env, plants *sync.Map, report func(found string)) *planted {
	p := &planted{sources: map[string]bool{}}
	plants.Store(e.T().(searched).Name(), p)
	for name, value := range plantedVariables {
		e.Setenv(name, value)
		p.add("", value)
	}
	for file, value := range plantedFiles {
		name := filepath.Join(e.WorkDir, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			e.T().Fatal(err)
		}
		if err := os.WriteFile(name, []byte(value+"\n"), 0o600); err != nil {
			e.T().Fatal(err)
		}
		p.add(name, value)
	}
	e.Defer(func() { // before the transcript is searched
		p.addMadeKeys(e.WorkDir)
		phrases := p.addOwnKeys(e.WorkDir, report)
		for _, found := range slices.Concat(p.search(e.WorkDir), p.searchSealed(e.WorkDir, phrases)) {
			report(found)
		}
	})
	return p
}

// add makes a value a secret, whose source is a file unless it is "".
func (p *planted) add(source, value string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.secrets = append(p.secrets, testdata.Forms(value))
	if source != "" {
		p.sources[source] = true
	}
}

// addKey makes a private key in PEM a secret: the middle of it, since all keys
// of a kind begin alike and end in what is public.
func (p *planted) addKey(source string, text []byte) {
	const from, to = 48, 68 // the end of the scalar in a PKCS #8 key of P-256, on one line of PEM
	if block, _ := pem.Decode(text); block != nil && len(block.Bytes) > to {
		p.add(source, string(block.Bytes[from:to]))
	}
}

// addMadeKeys makes the keys that dev-ca has written secrets, where it is to
// write them.
func (p *planted) addMadeKeys(folder string) {
	filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, "-key.pem") {
			return err
		}
		text, err := os.ReadFile(name)
		p.addKey(name, text)
		return err
	})
}

// addOwnKeys makes the gate's own keys secrets, those that wrap them, and what is
// wrapped, where a gate has kept them. It returns the passphrase of each file.
func (p *planted) addOwnKeys(folder string, report func(found string)) map[string]string {
	opened := map[string]string{}
	filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".keys") {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		sealed, err := wrap.ReadText(text)
		if err != nil {
			return nil // damaged on purpose
		}
		p.add(name, string(sealed.Key))
		for _, file := range []string{"planted/passphrase", "planted/passphrase-2"} {
			plain, err := wrap.Open(context.Background(), wrap.Passphrase(trust.NewSecret(plantedFiles[file])), text, "keys of the gate")
			var body struct {
				Keys map[string][]struct{ Key []byte }
				Ring []byte
			}
			if err != nil || json.Unmarshal(plain, &body) != nil {
				continue
			}
			opened[name] = plantedFiles[file]
			p.add(name, string(body.Ring))
			for _, versions := range body.Keys {
				for _, v := range versions {
					if len(v.Key) > 0 { // the middle: keys of a kind begin alike
						p.add(name, string(v.Key[len(v.Key)/4:len(v.Key)/4+20]))
					}
				}
			}
			return nil
		}
		report(name + " opens with no planted passphrase, and what is in it is not searched for")
		return nil
	})
	return opened
}

// search looks into every file below a folder but for the sources.
func (p *planted) search(folder string) (found []string) {
	err := filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || p.sources[name] {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		found = append(found, p.leaks(name, string(text))...)
		return nil
	})
	if err != nil {
		found = append(found, err.Error())
	}
	return found
}

// leaks says which secrets stand in a text, in any of their forms.
func (p *planted) leaks(where, text string) (found []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for n, forms := range p.secrets {
		for form, written := range forms {
			if strings.Contains(text, written) {
				found = append(found, fmt.Sprintf("%s holds planted secret %d as %s", where, n, form))
			}
		}
	}
	return found
}

// searched is a test whose transcript, with all that programs wrote, is searched
// as well. report hears what was found.
type searched struct {
	*testing.T
	plants *sync.Map // *planted by its script's name
	report func(found string)
}

// Run implements testscript.T.
func (s searched) Run(name string, f func(testscript.T)) {
	s.T.Run(name, func(t *testing.T) { f(searched{t, s.plants, s.report}) })
}

// Verbose has testscript keep what programs wrote.
func (searched) Verbose() bool { return true }

// Log takes the transcript.
func (s searched) Log(args ...any) {
	s.Helper()
	text := fmt.Sprint(args...)
	for name, value := range plantedVariables { // testscript begins with the environment
		text = strings.Replace(text, name+"="+value+"\n", "", 1)
	}
	if p, ok := s.plants.Load(s.Name()); ok {
		if found := p.(*planted).leaks("the transcript", text); len(found) > 0 {
			s.report(strings.Join(found, "\n"))
		}
	}
	if s.Failed() || testing.Verbose() {
		s.T.Log(text)
	}
}

// TestPlantedSecretsAreFound runs a script that writes secrets down.
func TestPlantedSecretsAreFound(t *testing.T) {
	var mu sync.Mutex
	var found []string
	t.Run("scripts", func(t *testing.T) {
		runScripts(t, "testdata/leaks", func(what string) {
			mu.Lock()
			defer mu.Unlock()
			found = append(found, what)
		})
	})
	all := strings.Join(found, "\n")
	for _, want := range []string{"the transcript holds", "variable.out holds", "base64.out holds", "copied.key holds", "phrase.out holds", "pepper.out holds", "wrapped.out holds",
		"ledger, opened, holds", "archive, opened, holds", "0, opened, holds", "news.seen, opened, holds", "store.db, opened, holds"} {
		if !strings.Contains(all, want) {
			t.Errorf("not found: %s\n%s", want, all)
		}
	}
	if strings.Contains(all, "pair.key holds") || strings.Contains(all, "gate.keys holds") || strings.Contains(all, plantedFile+" holds") {
		t.Errorf("a source was found: %s", all)
	}
}

// TestFormsOfSecrets finds each form in the midst of something else.
func TestFormsOfSecrets(t *testing.T) {
	p := &planted{}
	for _, secret := range plantedVariables {
		p.add("", secret)
		for form, written := range testdata.Forms(secret) {
			if len(written) < 8 || len(p.leaks("here", "a"+written+"b")) == 0 {
				t.Errorf("%s is not found: %q", form, written)
			}
		}
		for n := range 7 {
			text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("-", n) + "Bearer " + secret + strings.Repeat("-", n)))
			if len(p.leaks("here", text)) == 0 {
				t.Errorf("base64 with %d bytes before is not found", n)
			}
		}
	}
	if found := p.leaks("here", "an event that holds nothing"); found != nil {
		t.Error(found)
	}
}
