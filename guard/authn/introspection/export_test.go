package introspection

import "github.com/gatehouse-api/gatehouse/gate"

// Read makes of an answer who calls, nil for nobody.
func Read(v *Verifier, text []byte) (*gate.Principal, error) {
	said, err := v.read(text)
	if err != nil {
		return nil, err
	}
	return said.principal, nil
}
