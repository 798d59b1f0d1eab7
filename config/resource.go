package config

import (
	"net/url"
	"strings"
)

// ProtectedResource is a document from which clients learn which authorization servers an API trusts (RFC 9728). The gate answers everybody who asks for it, and challenges name it.
type ProtectedResource struct {
	Place
	// Resource is the URL by which clients know the API. The document is found at its host, below /.well-known/oauth-protected-resource and the path of this URL.
	Resource string `key:"resource,required,form=resource,example=https://api.example.com"`
	// AuthorizationServers are the issuers whose tokens the API takes. Without it, those of the credentials that its schemes use.
	AuthorizationServers []string `key:"authorization_servers,form=resource,example=[https://id.example.com]"`
	// Documentation is the URL of a page for developers of clients.
	Documentation string `key:"documentation,form=resource,example=https://developers.example.com/"`
}

func judgeResource(text string) (wrong, hint string) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" || u.RawQuery != "" || strings.ContainsAny(text, "#? \"\\<>") || strings.HasPrefix(u.Path, "//") {
		return quote(text) + " is no plain URL of https", "write it like https://api.example.com"
	}
	return "", ""
}
