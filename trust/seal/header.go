package seal

import (
	"encoding/binary"

	"github.com/tink-crypto/tink-go/v2/aead/aesgcm"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// A sealed value is what Tink writes: 1, the version in four bytes, the nonce
// in twelve, the text, the tag in sixteen.
const (
	headMark   = 1
	headLength = 5
	// Overhead is by how many bytes a value grows when it is sealed.
	Overhead = headLength + 12 + 16
)

// VersionOf says which key sealed a value; ok is false for what is no sealed
// value. It does not say that the value opens.
func VersionOf(sealed []byte) (v Version, ok bool) {
	if len(sealed) < Overhead || sealed[0] != headMark {
		return 0, false
	}
	return Version(binary.BigEndian.Uint32(sealed[1:headLength])), true
}

// isAES256GCM holds a key to the one kind that rings have, whose values name
// their version.
func isAES256GCM(e *keyset.Entry) bool {
	p, ok := e.Key().Parameters().(*aesgcm.Parameters)
	return ok && p.KeySizeInBytes() == 32 && p.Variant() == aesgcm.VariantTink && e.KeyStatus() == keyset.Enabled
}
