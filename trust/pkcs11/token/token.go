//go:build darwin || freebsd || linux

// Package token loads the library of a PKCS#11 module and seals with a key in
// its token (OASIS PKCS #11 version 2.40). Only the program gatehouse-pkcs11
// imports it, since it links what loads libraries: the gate itself stays a static
// binary. It knows nothing of what is sealed.
package token

import (
	"crypto/rand"
	"runtime"
	"strings"
	"unsafe"

	"github.com/ebitengine/purego"

	"github.com/gatehouse-api/gatehouse/trust/pkcs11"
)

// ulong is CK_ULONG of systems where a C long is as wide as a pointer.
type ulong = uintptr

// The functions that are called, by their place behind the version in
// CK_FUNCTION_LIST.
const (
	cInitialize       = 0
	cFinalize         = 1
	cGetSlotList      = 4
	cGetTokenInfo     = 6
	cOpenSession      = 12
	cCloseSession     = 13
	cLogin            = 18
	cFindObjectsInit  = 26
	cFindObjects      = 27
	cFindObjectsFinal = 28
	cEncryptInit      = 29
	cEncrypt          = 30
	cDecryptInit      = 33
	cDecrypt          = 34
	cGenerateKey      = 58
)

// Return values that are told apart.
const (
	ckrOK               = 0
	ckrPinIncorrect     = 0xa0
	ckrPinLocked        = 0xa4
	ckrAlreadyLoggedIn  = 0x100
	ckrMechanismInvalid = 0x70
	ckrDeviceRemoved    = 0x32
	ckrDeviceError      = 0x30
	ckrTokenNotPresent  = 0xe0
)

const (
	ckmAESKeyGen = 0x1080
	ckmAESGCM    = 0x1087
	ckkAES       = 0x1f
	ckoSecretKey = 4

	ckaClass       = 0x0
	ckaToken       = 0x1
	ckaPrivate     = 0x2
	ckaLabel       = 0x3
	ckaKeyType     = 0x100
	ckaSensitive   = 0x103
	ckaEncrypt     = 0x104
	ckaDecrypt     = 0x105
	ckaValueLen    = 0x161
	ckaExtractable = 0x162

	serialSession = 4
	rwSession     = 2
	user          = 1
)

// attribute is CK_ATTRIBUTE.
type attribute struct {
	kind  ulong
	value unsafe.Pointer
	size  ulong
}

// mechanism is CK_MECHANISM.
type mechanism struct {
	kind  ulong
	value unsafe.Pointer
	size  ulong
}

// gcmParams is CK_GCM_PARAMS of version 2.40.
type gcmParams struct {
	iv      unsafe.Pointer
	ivLen   ulong
	ivBits  ulong
	ad      unsafe.Pointer
	adLen   ulong
	tagBits ulong
}

// A wrapped key is 1, the nonce, the text and the tag.
const (
	mark   = 1
	nonce  = 12
	tag    = 16
	maxOut = pkcs11.MaxMessage / 2
)

// module is a library that is loaded and initialized, with a session.
type module struct {
	calls   *[68]uintptr
	pin     runtime.Pinner // of memory that the library is shown
	session ulong
}

// Do carries one request out.
func Do(r pkcs11.Request) pkcs11.Answer {
	m := &module{}
	defer m.pin.Unpin()
	if a := m.open(r.Module); a.Wrong != "" {
		return a
	}
	defer m.call(cFinalize, 0)
	if a := m.login(r); a.Wrong != "" {
		return a
	}
	defer m.call(cCloseSession, m.session)
	key, found, a := m.find(r.Key)
	switch {
	case a.Wrong != "":
		return a
	case r.Do == pkcs11.Make && found:
		return wrong("the token has a key of this label already", "choose another label, or use this one")
	case r.Do == pkcs11.Make:
		return m.make(r.Key)
	case !found:
		return wrong("the token has no AES key of this label", "gatehouse-pkcs11 make-key makes one")
	case r.Do == pkcs11.Wrap:
		iv := make([]byte, nonce)
		rand.Read(iv)
		text, a := m.seal(cEncryptInit, cEncrypt, key, iv, r.AD, r.Text)
		if a.Wrong == "" {
			a.Text = append(append([]byte{mark}, iv...), text...)
		}
		return a
	case r.Do == pkcs11.Unwrap && len(r.Text) > 1+nonce+tag && r.Text[0] == mark:
		text, a := m.seal(cDecryptInit, cDecrypt, key, r.Text[1:1+nonce], r.AD, r.Text[1+nonce:])
		a.Text = text
		return a
	case r.Do == pkcs11.Unwrap:
		return wrong("the wrapped key was not sealed by a module", "")
	}
	return wrong("it is asked for what it does not know", "install gatehouse and gatehouse-pkcs11 of one version")
}

func wrong(text, hint string) pkcs11.Answer { return pkcs11.Answer{Wrong: text, Hint: hint} }

// open loads the library.
func (m *module) open(path string) pkcs11.Answer {
	library, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return wrong("the library "+path+" cannot be loaded", "is it there, for this processor, and may this user read it?")
	}
	list, err := purego.Dlsym(library, "C_GetFunctionList")
	if err != nil {
		return wrong(path+" is no library of PKCS#11", "")
	}
	if rv, _, _ := purego.SyscallN(list, m.ref(unsafe.Pointer(&m.calls))); rv != ckrOK || m.calls == nil {
		return failed("the library gives no functions", rv)
	}
	if rv := m.call(cInitialize, 0); rv != ckrOK {
		return failed("the library does not start", rv)
	}
	return pkcs11.Answer{}
}

// call calls a function; the first entry of the list is its version.
func (m *module) call(function int, args ...uintptr) uintptr {
	rv, _, _ := purego.SyscallN(m.calls[1+function], args...)
	return rv
}

// ref pins memory of ours and returns its address for the library.
func (m *module) ref(p unsafe.Pointer) uintptr {
	m.pin.Pin(p)
	return uintptr(p)
}

// bytes pins a text and returns where it begins; nil for none.
func (m *module) bytes(b []byte) unsafe.Pointer {
	if len(b) == 0 {
		return nil
	}
	m.pin.Pin(&b[0])
	return unsafe.Pointer(&b[0])
}

// login opens a session with the token of a label.
func (m *module) login(r pkcs11.Request) pkcs11.Answer {
	slots, n := make([]ulong, 64), new(ulong)
	*n = ulong(len(slots))
	if rv := m.call(cGetSlotList, 1, m.ref(unsafe.Pointer(&slots[0])), m.ref(unsafe.Pointer(n))); rv != ckrOK {
		return failed("the module says nothing of its tokens", rv)
	}
	for _, slot := range slots[:min(*n, ulong(len(slots)))] {
		info := make([]byte, 512) // CK_TOKEN_INFO begins with the label, padded with blanks
		if m.call(cGetTokenInfo, slot, m.ref(unsafe.Pointer(&info[0]))) != ckrOK || strings.TrimRight(string(info[:32]), " \x00") != r.Token {
			continue
		}
		flags := ulong(serialSession)
		if r.Do == pkcs11.Make {
			flags |= rwSession
		}
		if rv := m.call(cOpenSession, slot, flags, 0, 0, m.ref(unsafe.Pointer(&m.session))); rv != ckrOK {
			return failed("the token opens no session", rv)
		}
		pin := []byte(r.PIN)
		defer clear(pin)
		if rv := m.call(cLogin, m.session, user, uintptr(m.bytes(pin)), ulong(len(pin))); rv != ckrOK && rv != ckrAlreadyLoggedIn {
			return failed("the token does not let the gate in", rv)
		}
		return pkcs11.Answer{}
	}
	return wrong("the module has no token of this label", "gatehouse finds a token by the label that it was given when it was made")
}

// find looks for the AES key of a label.
func (m *module) find(label string) (key ulong, found bool, a pkcs11.Answer) {
	template := []attribute{m.number(ckaClass, ckoSecretKey), m.number(ckaKeyType, ckkAES), {ckaLabel, m.bytes([]byte(label)), ulong(len(label))}}
	if rv := m.call(cFindObjectsInit, m.session, m.attributes(template), ulong(len(template))); rv != ckrOK {
		return 0, false, failed("the token does not look for keys", rv)
	}
	keys, n := make([]ulong, 2), new(ulong)
	rv := m.call(cFindObjects, m.session, m.ref(unsafe.Pointer(&keys[0])), ulong(len(keys)), m.ref(unsafe.Pointer(n)))
	m.call(cFindObjectsFinal, m.session)
	switch {
	case rv != ckrOK:
		return 0, false, failed("the token does not look for keys", rv)
	case *n > 1:
		return 0, false, wrong("the token has more than one key of this label", "give each a label of its own")
	}
	return keys[0], *n == 1, pkcs11.Answer{}
}

// make makes a key of 256 bits that never leaves the token.
func (m *module) make(label string) pkcs11.Answer {
	template := []attribute{m.number(ckaClass, ckoSecretKey), m.number(ckaKeyType, ckkAES), m.number(ckaValueLen, 32),
		{ckaLabel, m.bytes([]byte(label)), ulong(len(label))}, m.truth(ckaToken, 1), m.truth(ckaPrivate, 1), m.truth(ckaSensitive, 1),
		m.truth(ckaExtractable, 0), m.truth(ckaEncrypt, 1), m.truth(ckaDecrypt, 1)}
	how, key := &mechanism{kind: ckmAESKeyGen}, new(ulong)
	if rv := m.call(cGenerateKey, m.session, m.ref(unsafe.Pointer(how)), m.attributes(template), ulong(len(template)), m.ref(unsafe.Pointer(key))); rv != ckrOK {
		return failed("the token makes no key", rv)
	}
	return pkcs11.Answer{}
}

func (m *module) number(kind, value ulong) attribute {
	p := new(ulong)
	*p = value
	m.pin.Pin(p)
	return attribute{kind, unsafe.Pointer(p), unsafe.Sizeof(value)}
}

func (m *module) truth(kind ulong, value byte) attribute {
	return attribute{kind, m.bytes([]byte{value}), 1}
}

func (m *module) attributes(list []attribute) uintptr { return m.ref(unsafe.Pointer(&list[0])) }

// seal encrypts or decrypts with AES-GCM.
func (m *module) seal(begin, end int, key ulong, iv, ad, text []byte) ([]byte, pkcs11.Answer) {
	params := &gcmParams{m.bytes(iv), ulong(len(iv)), ulong(len(iv) * 8), m.bytes(ad), ulong(len(ad)), tag * 8}
	m.pin.Pin(params)
	how := &mechanism{ckmAESGCM, unsafe.Pointer(params), unsafe.Sizeof(*params)}
	if rv := m.call(begin, m.session, m.ref(unsafe.Pointer(how)), key); rv != ckrOK {
		return nil, failed("the key does not seal with AES-GCM", rv)
	}
	out, n := make([]byte, maxOut), new(ulong)
	*n = ulong(len(out))
	if rv := m.call(end, m.session, uintptr(m.bytes(text)), ulong(len(text)), m.ref(unsafe.Pointer(&out[0])), m.ref(unsafe.Pointer(n))); rv != ckrOK {
		return nil, failed("the key does not open this, or does not seal", rv)
	}
	return out[:min(*n, ulong(len(out)))], pkcs11.Answer{}
}
