package limit

import (
	"encoding/binary"
	"math/bits"
)

// secret is a key of SipHash.
type secret [2]uint64

func secretFrom(b [16]byte) secret {
	return secret{binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:])}
}

// sum is SipHash-2-4 with 128 bits of output (Aumasson and Bernstein, SipHash: a
// fast short-input PRF; the reference code's 128-bit variant). Its key keeps
// clients from choosing values that meet in one counter.
func (k secret) sum(text []byte) (h [2]uint64) {
	v0, v1 := k[0]^0x736f6d6570736575, k[1]^0x646f72616e646f6d^0xee
	v2, v3 := k[0]^0x6c7967656e657261, k[1]^0x7465646279746573
	size := uint64(len(text))
	for len(text) >= 8 {
		m := binary.LittleEndian.Uint64(text)
		text = text[8:]
		v3 ^= m
		v0, v1, v2, v3 = round(v0, v1, v2, v3)
		v0, v1, v2, v3 = round(v0, v1, v2, v3)
		v0 ^= m
	}
	last := size << 56
	for i, c := range text {
		last |= uint64(c) << (8 * i)
	}
	v3 ^= last
	v0, v1, v2, v3 = round(v0, v1, v2, v3)
	v0, v1, v2, v3 = round(v0, v1, v2, v3)
	v0 ^= last
	v2 ^= 0xee
	for range 4 {
		v0, v1, v2, v3 = round(v0, v1, v2, v3)
	}
	h[0] = v0 ^ v1 ^ v2 ^ v3
	v1 ^= 0xdd
	for range 4 {
		v0, v1, v2, v3 = round(v0, v1, v2, v3)
	}
	h[1] = v0 ^ v1 ^ v2 ^ v3
	return h
}

func round(v0, v1, v2, v3 uint64) (uint64, uint64, uint64, uint64) {
	v0 += v1
	v1 = bits.RotateLeft64(v1, 13) ^ v0
	v0 = bits.RotateLeft64(v0, 32)
	v2 += v3
	v3 = bits.RotateLeft64(v3, 16) ^ v2
	v0 += v3
	v3 = bits.RotateLeft64(v3, 21) ^ v0
	v2 += v1
	v1 = bits.RotateLeft64(v1, 17) ^ v2
	v2 = bits.RotateLeft64(v2, 32)
	return v0, v1, v2, v3
}

// asHash writes what sum returns as its bytes.
func asHash(h [2]uint64) (b Hash) {
	binary.LittleEndian.PutUint64(b[:], h[0])
	binary.LittleEndian.PutUint64(b[8:], h[1])
	return b
}
