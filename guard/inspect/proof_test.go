package inspect

import "testing"

// TestExcludes says of patterns whether they leave no room for an attack.
func TestExcludes(t *testing.T) {
	rows := []struct {
		pattern string
		want    bool
	}{
		{`^[a-z]+$`, true}, {`^[A-Za-z0-9]{1,31}$`, true}, {`^[0-9a-f]{64}$`, true}, {`^[a-z]+(_[a-z]+)*$`, true}, {`^(asc|desc)$`, true}, {`^asc$|^desc$`, true}, {`^\d{4}-\d{2}-\d{2}$`, true},
		{`^[A-Z]{2}-?\d+$`, true}, {`^v\d+\.\d+\.\d+$`, true}, {`^\+?[1-9]\d{1,14}$`, true}, {`^\(?\d{3}\)? \d{3}-\d{4}$`, true}, {`^\d{2}/\d{2}/\d{4}$`, true},
		{`^[a-z]+(?:-[a-z]+)*$`, true}, {`(?i)^[a-z]+$`, false}, // no flags in ECMA-262
		{`^(?=.*[0-9])[A-Z0-9]+$`, true}, {`^(?![0-9]+$)[a-z0-9]+$`, true},
		// what is wrong with each of these is one thing
		{`[a-z]+`, false}, {`^[a-z]+`, false}, {`[a-z]+$`, false}, {`^a|[a-z]+$`, false}, {`^[a-z]+$|x`, false},
		{`^.*$`, false}, {`^[^<>]*$`, false}, {`^[a-z' ]+$`, false}, {`^[a-z ]+$`, false}, {`^[a-z/]+$`, false}, {`^[a-z.]+$`, false}, {`^[a-z-]+$`, false},
		{`^[a-z_]+$`, false}, {`^[A-Za-z0-9]+$`, false}, {`^[A-Za-z0-9]{1,32}$`, false}, {`^([A-Za-z0-9]{8}){4}$`, false}, // __proto__, base64
		{`^\d+\.?\.?\d+$`, false}, {`^\d+-*$`, false}, {`^\S+$`, false}, {`^\p{L}+$`, false}, {`^[a-zß]+$`, false}, {`^\d+ or \d+$`, false},
		{`^(?=.*[a-z])`, false}, {`^[a-z]+\n$`, false}, {`((`, false}, {`^(a)\1$`, false},
	}
	for _, r := range rows {
		if got := excludes(r.pattern); got != r.want {
			t.Errorf("%s: %v", r.pattern, got)
		}
	}
}

func TestByName(t *testing.T) {
	for name, want := range map[string]string{
		"comment": "free-text", "reviewText": "free-text", "shippingNotes": "free-text", "q": "search", "searchQuery": "search", "first_name": "name", "lastName": "name",
		"orderId": "identifier", "ID": "identifier", "userIDs": "unknown", "returnURL": "url", "callback_url": "url", "X-Return-To": "unknown", "return_to": "url", "avatarFile": "filename",
		"file_name": "filename", "filename": "filename", "Content": "free-text", "eMail": "email", "customerEmail": "email", "bodyHTML": "markup", "colour": "unknown", "": "unknown", "é": "unknown",
	} {
		f, _ := byName(name)
		if Words[f] != want {
			t.Errorf("%s is %s, want %s", name, Words[f], want)
		}
	}
}
