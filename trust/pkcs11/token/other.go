//go:build !(darwin || freebsd || linux)

package token

import "github.com/gatehouse-api/gatehouse/trust/pkcs11"

// Do says that this system cannot.
func Do(pkcs11.Request) pkcs11.Answer {
	return pkcs11.Answer{Wrong: "modules of PKCS#11 are not loaded on this system", Hint: "Linux, FreeBSD and macOS can"}
}
