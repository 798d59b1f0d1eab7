package config

// Words returns the modes.
func (Mode) Words() []string { return []string{string(Enforce), string(Observe)} }

// Words returns the treatments.
func (Treatment) Words() []string { return []string{string(Refuse), string(Drop), string(Allow)} }

// Words returns what may become of properties that may not be written.
func (OnWrite) Words() []string { return []string{string(RefuseWrite), string(DropWrite)} }

// Words returns who may verify credentials.
func (Authentication) Words() []string { return []string{string(ByUpstream), string(Public)} }

// Words returns what may become of undeclared errors.
func (Errors) Words() []string { return []string{string(Problem), string(Keep)} }

// Words returns the sets of fields.
func (SecurityHeaders) Words() []string { return []string{string(ForAPI), string(NoSecurity)} }

// Words returns what may become of unknown names.
func (UnknownNames) Words() []string { return []string{string(FirstCertificate), string(RefuseNames)} }

// Words returns the versions of TLS.
func (TLSVersion) Words() []string { return []string{string(TLS13), string(TLS12)} }

// Words returns what a check may do that cannot be made.
func (OnFailure) Words() []string { return []string{string(FailClosed), string(FailOpen)} }

// Words returns where HTTP/2 may be spoken.
func (HTTP2) Words() []string {
	return []string{string(NoHTTP2), string(HTTP2InTLS), string(HTTP2Plain)}
}

// Words returns what may be spoken to an API.
func (Protocol) Words() []string { return []string{string(SpeakHTTP1), string(SpeakHTTP2)} }

// Words returns how proxies may ask.
func (Asking) Words() []string {
	return []string{string(AskNginx), string(AskForwardAuth), string(AskEnvoyHTTP), string(AskEnvoyGRPC)}
}

// Words returns who may connect to a Unix socket.
func (SocketAccess) Words() []string {
	return []string{string(ByOwner), string(ByGroup), string(ByAll)}
}

// Words returns the types of claims.
func (ClaimType) Words() []string {
	return []string{string(ClaimString), string(ClaimLong), string(ClaimBool), string(ClaimDecimal), string(ClaimStrings), string(ClaimIP), string(ClaimDatetime)}
}
