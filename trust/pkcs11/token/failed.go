//go:build darwin || freebsd || linux

package token

import (
	"fmt"

	"github.com/gatehouse-api/gatehouse/trust/pkcs11"
)

// failed tells what a function returned, by its number in the standard.
func failed(text string, rv uintptr) pkcs11.Answer {
	a := pkcs11.Answer{Wrong: fmt.Sprintf("%s (CKR 0x%x)", text, rv)}
	switch rv {
	case ckrPinIncorrect:
		a.Hint = "the PIN is wrong: a token locks itself after a few tries"
	case ckrPinLocked:
		a.Hint = "the PIN is locked: whoever made the token can unlock it"
	case ckrMechanismInvalid:
		a.Hint = "the module must know CKM_AES_GCM with a nonce that it is given"
	case ckrDeviceError, ckrDeviceRemoved, ckrTokenNotPresent:
		a.Down = true
	}
	return a
}
