package jose

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// wycheproof is one file of Project Wycheproof.
type wycheproof struct {
	TestGroups []struct {
		Comment         string
		Public, Private json.RawMessage
		Tests           []struct {
			TcID            int
			Comment, Result string
			JWS             json.RawMessage // text, but for tokens in the JSON form
			Flags           []string
		}
	}
}

// differs are tests whose expectation is not ours, and why.
var differs = map[string]string{
	"emptyPayload":                      "nothing is no object of claims",
	"Figure20":                          "the token is PS384 and the key says that it is for PS256",
	"Figure27":                          "the key says that it is for ES521, which is no algorithm",
	"InvalidCharacterInsertedInHeader":  "it holds a character that base64url does not have",
	"InvalidCharacterInsertedInPayload": "the same",
	"invalidBase64Padding":              "the vector is its own valid form: it has no padding",
	"invalidBase64PaddingInPayload":     "the same",
}

// TestWycheproof holds signatures and keys against the vectors of Project
// Wycheproof. Their payloads are no claims: the checks up to the signature are
// made, all but the one of the type.
func TestWycheproof(t *testing.T) {
	folder := testdata.Path(t, "WYCHEPROOF", "wycheproof")
	ran := 0
	for _, name := range []string{"json_web_signature_test.json", "json_web_key_test.json", "json_web_crypto_test.json"} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		var file wycheproof
		if err := json.Unmarshal(text, &file); err != nil {
			t.Fatal(err)
		}
		for _, g := range file.TestGroups {
			set := wycheproofSet(g.Public, g.Private)
			for _, test := range g.Tests {
				if test.JWS == nil { // of encryption
					continue
				}
				ran++
				token := string(test.JWS)
				if token[0] == '"' {
					token = token[1 : len(token)-1]
				}
				why := verifyOnly(token, set)
				_, differ := differs[test.Comment]
				if agrees := (why == nil) == (test.Result == "valid"); agrees == differ {
					t.Errorf("%s %d %s: %v, want %s %v", name, test.TcID, test.Comment, why, test.Result, test.Flags)
				}
			}
		}
	}
	if ran < 476 {
		t.Errorf("%d vectors", ran)
	}
}

// wycheproofSet reads the keys of a group; the zero set when they are refused.
func wycheproofSet(public, private json.RawMessage) *Set {
	read, text := ReadSet, public
	if public == nil {
		read, text = ReadSecretSet, private
	}
	set, _, err := read(text)
	if err != nil {
		return new(Set)
	}
	return set
}

func verifyOnly(token string, set *Set) *Failure {
	v := &Verifier{rules: Rules{Algorithms: Algorithms(), MaxBytes: DefaultBytes}}
	s := state{v: v, raw: []byte(token), keys: set, token: new(Token)}
	for _, step := range steps {
		if step.check == CheckClaims {
			break
		}
		if step.check == CheckType {
			continue
		}
		if why := step.run(&s); why != nil {
			return why
		}
	}
	return nil
}
