package main

import (
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/serve"
)

// remedies say what would have to change for a guard to let a call pass: of the
// call, or of what the operator wrote.
var remedies = map[string]string{
	"wire":            "the client must write the request as HTTP has it; no setting lets it pass",
	"route":           "the client must call a path and method of the contract, or the contract must describe this one",
	"origin":          "the page must stand under one of the origins of cors, or cors must name its origin",
	"addresses":       "the client must call from elsewhere, or feeds and countries must let its network pass",
	"overload":        "the call must come when there is less to do, or priority must put it before others",
	"limit":           "the client must call less often, or limits must allow more",
	"url_credentials": "the credential must stand in a header field, not in the URL",
	"challenge":       "the client must send the proof of work that it is asked for, or challenge must not ask it",
	"bots":            "the program must say what it is, or bots must not refuse what it does",
	"authn":           "the client must send a valid credential that the operation takes, or the operation must be public",
	"csrf":            "the page must stand under the API's own origin, or csrf must trust its origin",
	"authz":           "the caller must have the scopes and roles that the operation asks for, or the operation must ask for less",
	"request":         "the client must send what the contract describes, or the contract must describe what it sends",
	"inspect":         "the value must not look like an attack, or inspect must be told that the field takes such texts (thresholds, except)",
	"crs":             "the request must not look like an attack to the Core Rule Set, or crs must be told to pass it",
	"policy":          "a rule must permit the call and none forbid it: gatehouse policy explain says which conditions do not hold",
	"ssrf":            "the URL must lead to a host that ssrf allows, or ssrf must allow that host",
	"graphql":         "the query must keep within depth, cost and fields, or graphql must allow more",
	"answer":          "the API must answer as the contract describes, or the contract must describe this answer",
	"owner":           "the caller must own the object or be one whom a rule shares it with, or the owner must be told to the gate (gatehouse owner import)",
	"fields":          "the caller must leave out properties that are not for its roles, or fields must name its roles",
	"login":           "the client must wait, or logins must allow more guesses",
	"audit":           "the ledger must have room and its disk must answer: the operator looks there",
}

func remedy(e *gate.Event) string {
	if text := remedies[e.Guard]; text != "" {
		return text
	}
	return "see the code in docs/refusals.md"
}

// likeCall is the smallest call that is refused alike, for a shell. It holds
// names of the contract and placeholders, since events have no values.
func likeCall(e *gate.Event, x *serve.Explained) string {
	op := x.Operation
	var query, flags []string
	for _, p := range op.Parameters {
		if !p.Required && !(p.Name == e.Name && p.In.String() == e.In) {
			continue
		}
		switch p.In {
		case contract.Query:
			query = append(query, p.Name+"=<VALUE>")
		case contract.Header:
			flags = append(flags, "-H "+shellWord(p.Name+": <VALUE>"))
		case contract.Cookie:
			flags = append(flags, "-b "+shellWord(p.Name+"=<VALUE>"))
		}
	}
	if e.Code == gate.ParameterUnknown || len(e.Would) > 0 && e.Would[0] == gate.ParameterUnknown {
		query = append(query, "<UNDECLARED>=<VALUE>")
	}
	if len(op.Security) > 0 && e.Code != gate.CredentialMissing {
		for _, use := range op.Security[0] {
			switch s := use.Scheme; {
			case s.Type == contract.APIKey && s.In == contract.Header:
				flags = append(flags, "-H "+shellWord(s.Param+": <CREDENTIAL>"))
			case s.Type == contract.APIKey && s.In == contract.Cookie:
				flags = append(flags, "-b "+shellWord(s.Param+"=<CREDENTIAL>"))
			case s.Type == contract.MutualTLS:
				flags = append(flags, "--cert <CERTIFICATE> --key <KEY>")
			case s.Type == contract.HTTPAuth && s.Auth == "basic":
				flags = append(flags, "-u '<USER>:<PASSWORD>'")
			default:
				flags = append(flags, "-H 'Authorization: Bearer <CREDENTIAL>'")
			}
		}
	}
	if b := op.Body; b != nil && (b.Required || e.In == "body") {
		flags = append(flags, "-H "+shellWord("Content-Type: "+b.Media[0].Type), "--data "+shellWord(likeBody(e)))
	}
	target := x.URL + strings.NewReplacer("{", "<", "}", ">").Replace(x.Path)
	if len(query) > 0 {
		target += "?" + strings.Join(query, "&")
	}
	return strings.Join(append([]string{"curl -i -X " + op.Method, shellWord(target)}, flags...), " ")
}

// likeUnknown is a call of an API that its contract has no operation for.
func likeUnknown(e *gate.Event, x *serve.Explained) string {
	method, path := e.Method, e.Path
	if method == "" || method == "OTHER" { // no method that events name
		method = shellWord("<METHOD>")
	}
	if path == "" {
		path = "/<PATH>"
	}
	return "curl -i -X " + method + " " + shellWord(x.URL+strings.NewReplacer("{", "<", "}", ">").Replace(path))
}

// likeBody is JSON with a placeholder at the place that was refused.
func likeBody(e *gate.Event) string {
	text := "<VALUE>"
	if e.In != "body" || e.Pointer == "" {
		return "<BODY>"
	}
	parts := strings.Split(strings.TrimPrefix(e.Pointer, "/"), "/")
	for i := len(parts) - 1; i >= 0; i-- {
		name := strings.NewReplacer("~1", "/", "~0", "~").Replace(parts[i])
		if strings.Trim(name, "0123456789") == "" {
			text = "[" + text + "]"
			continue
		}
		text = "{" + string(gate.AppendString(nil, name)) + ": " + text + "}"
	}
	return text
}
