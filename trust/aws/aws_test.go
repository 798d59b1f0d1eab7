package aws

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/fake"
	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/wrap"
)

func static(s *fake.AWS) Options {
	return Options{KeyID: fake.AWSKey, Region: fake.AWSRegion, Endpoint: s.URL, STSEndpoint: s.URL, Metadata: s.URL,
		AccessKeyID: trust.NewSecret("AKIAPLANTEDSTATIC"), SecretAccessKey: trust.NewSecret(fake.AWSSecrets["AKIAPLANTEDSTATIC"].Secret)}
}

func wrapper(t testing.TB, o Options) wrap.Wrapper {
	t.Helper()
	w, err := KMS(o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestCredentials wraps with each kind of credentials.
func TestCredentials(t *testing.T) {
	s := fake.NewAWS(t)
	file := filepath.Join(t.TempDir(), "token")
	os.WriteFile(file, []byte(s.JWT+"\n"), 0o600)
	role, machine := static(s), static(s)
	role.AccessKeyID, machine.AccessKeyID = trust.Secret{}, trust.Secret{}
	role.RoleARN, role.TokenFile = "arn:aws:iam::111122223333:role/gate", file
	for name, o := range map[string]Options{"static": static(s), "role": role, "machine": machine} {
		t.Run(name, func(t *testing.T) {
			w := wrapper(t, o)
			fake.Conform(t, w)
			before := len(s.Asked())
			if _, err := w.Wrap(t.Context(), make([]byte, wrap.KeyLength), nil); err != nil || len(s.Asked()) != before+1 {
				t.Error("credentials are not kept:", s.Asked()[before:], err)
			}
		})
	}
	fake.Fail(t, wrapper(t, static(s)), s.Instead)
}

// TestRefused says what AWS calls the reason, and no more.
func TestRefused(t *testing.T) {
	s := fake.NewAWS(t)
	for name, row := range map[string]struct {
		change func(*Options)
		want   string
	}{
		"wrong-secret":  {func(o *Options) { o.SecretAccessKey = trust.NewSecret("planted") }, "SignatureDoesNotMatch"},
		"wrong-id":      {func(o *Options) { o.AccessKeyID = trust.NewSecret("PLANTED") }, "UnrecognizedClientException"},
		"wrong-key":     {func(o *Options) { o.KeyID = "alias/other" }, "NotFoundException"},
		"wrong-region":  {func(o *Options) { o.Region = "us-east-1" }, "SignatureDoesNotMatch"},
		"wrong-session": {func(o *Options) { o.SessionToken = trust.NewSecret("planted") }, "UnrecognizedClientException"},
		"no-token-file": {func(o *Options) { o.AccessKeyID, o.RoleARN, o.TokenFile = trust.Secret{}, "r", "/none" }, "cannot be read"},
	} {
		o := static(s)
		row.change(&o)
		_, err := wrapper(t, o).Wrap(t.Context(), make([]byte, wrap.KeyLength), nil)
		if err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(strings.ToLower(err.Error()), "planted") || wrap.Down(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	o := static(s)
	o.AccessKeyID, o.RoleARN = trust.Secret{}, "r"
	o.TokenFile = filepath.Join(t.TempDir(), "token")
	os.WriteFile(o.TokenFile, []byte("planted wrong"), 0o600)
	if _, err := wrapper(t, o).Wrap(t.Context(), make([]byte, wrap.KeyLength), nil); err == nil || !strings.Contains(err.Error(), "InvalidIdentityToken") || strings.Contains(err.Error(), "planted") {
		t.Error(err)
	}
	for name, fault := range fake.Faults {
		if name == "is-slow" {
			continue
		}
		s.Instead(fault.Handler)
		o := static(s)
		o.AccessKeyID = trust.Secret{}
		if _, err := wrapper(t, o).Wrap(t.Context(), make([]byte, wrap.KeyLength), nil); err == nil || strings.Contains(err.Error(), "planted") {
			t.Errorf("metadata, %s: %v", name, err)
		}
	}
	for _, endpoint := range []string{"http://kms.example.com", "kms", "https://a/b"} {
		o := static(s)
		o.Endpoint = endpoint
		if _, err := KMS(o); err == nil {
			t.Error(endpoint, "is taken")
		}
	}
}

// TestSign is the example of AWS's own reference ("get-vanilla" of its test
// suite for Signature Version 4, with POST and a body of a form).
func TestSign(t *testing.T) {
	c := &credentials{id: "AKIDEXAMPLE", secret: trust.NewSecret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")}
	at := time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)
	for _, row := range []struct{ method, body, kind, want string }{
		{"GET", "", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		{"POST", "", "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
		{"POST", "Param1=value1", "application/x-www-form-urlencoded", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
	} {
		h := http.Header{}
		if row.kind != "" {
			h["Content-Type"] = []string{row.kind}
		}
		sign(h, row.method, "example.amazonaws.com", "/", []byte(row.body), c, "us-east-1", "service", at)
		if got := h["Authorization"][0]; !strings.HasSuffix(got, "Signature="+row.want) {
			t.Errorf("%s %s: %s", row.method, row.body, got)
		}
	}
}

func TestInstant(t *testing.T) {
	for text, want := range map[string]int64{`"2026-01-01T00:00:00Z"`: 1767225600, `1767225600`: 1767225600, `1.7672256E9`: 1767225600, `"x"`: 0, `-1`: 0, `1e99`: 0, `null`: 0} {
		var i instant
		if err := json.Unmarshal([]byte(text), &i); err != nil || want != 0 && time.Time(i).Unix() != want || want == 0 && !time.Time(i).IsZero() {
			t.Errorf("%s: %v %v", text, time.Time(i), err)
		}
	}
}

func FuzzCredentials(f *testing.F) {
	k := &kms{}
	f.Add([]byte(`{"AccessKeyId":"A","SecretAccessKey":"b","Token":"c","Expiration":"2026-01-01T00:00:00Z"}`))
	f.Add([]byte(`{"Expiration":1.7e9}`))
	w, err := KMS(Options{KeyID: "k", Region: "r"})
	if err != nil {
		f.Fatal(err)
	}
	k = w.(*kms)
	f.Fuzz(func(t *testing.T, b []byte) {
		var g given
		if json.Unmarshal(b, &g) != nil {
			return
		}
		c, err := k.taken(k.kms, g)
		if err != nil {
			return
		}
		h := http.Header{}
		sign(h, "POST", "a", "/", nil, c, "r", "kms", time.Now())
		for _, values := range h {
			if slices.ContainsFunc(values, func(v string) bool { return strings.ContainsAny(v, "\r\n") }) {
				t.Fatal("credentials break a field")
			}
		}
	})
}
