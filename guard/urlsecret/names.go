package urlsecret

// secrets are names of fields that hold credentials, in small letters and
// without signs between words.
var secrets = map[string]bool{
	"accesstoken": true, "authtoken": true, "refreshtoken": true, "idtoken": true, "token": true, "bearer": true, "bearertoken": true, "jwt": true, "sessiontoken": true,
	"apikey": true, "apitoken": true, "apisecret": true, "appsecret": true, "appkey": true, "accesskey": true, "secretkey": true, "privatekey": true, "subscriptionkey": true, "sharedkey": true,
	"secret": true, "clientsecret": true, "clientassertion": true, "password": true, "passwd": true, "passwort": true, "pwd": true, "passphrase": true, "passcode": true, "newpassword": true, "oldpassword": true, "userpassword": true,
	"auth": true, "authorization": true, "authkey": true, "credential": true, "credentials": true, "session": true, "sessionid": true, "sessid": true, "sid": true, "jsessionid": true, "phpsessid": true,
	"otp": true, "totp": true, "mfacode": true, "cvv": true, "cvc": true, "cardnumber": true, "ssn": true, "samlresponse": true, "xapikey": true, "xauthtoken": true, "codeverifier": true,
}

// speaks reports whether a name says that its value is a credential.
func speaks(name []byte) bool {
	var short [20]byte
	n := 0
	for _, c := range name {
		switch {
		case c == '_' || c == '-' || c == '.' || c == ' ' || c == '[' || c == ']' || c == '$':
			continue
		case n == len(short):
			return false
		case 'A' <= c && c <= 'Z':
			c |= 0x20
		}
		short[n] = c
		n++
	}
	return secrets[string(short[:n])]
}
