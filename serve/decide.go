package serve

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
)

// decide says by which flags a program decides who verifies credentials.
func decide(*contract.Scheme) string {
	return "--authentication upstream, if the API verifies it itself; --public to let everybody in; or have the gate verify it, by credentials of a gatehouse.yaml (gatehouse init)"
}

// plainName is a name that YAML takes without quotes.
var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// decideInFile says which lines a gatehouse.yaml needs for a scheme.
func decideInFile(s *contract.Scheme) string {
	name := s.Name
	if !plainName.MatchString(name) {
		name = strconv.Quote(name)
	}
	how, more := `keys: {pepper: "${file:pepper.txt}"}`, " and store: {}"
	switch {
	case s.Type == contract.MutualTLS:
		how, more = "certificate: {}", ""
	case s.Type == contract.HTTPAuth && s.Auth == "basic":
		how, more = "basic: {users: users.txt, operations: [...]}", ""
	case s.Type != contract.APIKey:
		issuer, ok := strings.CutSuffix(s.URL, "/.well-known/openid-configuration")
		if !ok || !strings.HasPrefix(issuer, "https://") || !plainURL.MatchString(issuer) {
			issuer = "https://id.example.com"
		}
		how, more = "jwt: {issuer: "+issuer+`, audience: ["https://api.example.com"]}`, ""
	}
	return fmt.Sprintf("add credentials: [{name: %s, %s}]%s; or say authentication: upstream for this API, if it verifies it itself", name, how, more)
}

// plainURL is a URL that a flow of YAML takes without quotes.
var plainURL = regexp.MustCompile(`^[A-Za-z0-9:/._~%-]+$`)
