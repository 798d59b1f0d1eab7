package serve

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
)

// key makes one sum of settings, which tells them apart. Secrets go into it
// and stay there.
type key struct{ hash.Hash }

func newKey() key { return key{sha256.New()} }

// text adds a text with its length, so that two never read like one.
func (k key) text(s string) {
	k.Write(binary.BigEndian.AppendUint64(nil, uint64(len(s))))
	k.Write([]byte(s))
}

// value adds settings that hold neither secrets nor pointers.
func (k key) value(list ...any) {
	for _, v := range list {
		k.text(fmt.Sprintf("%#v", v))
	}
}

func (k key) sum() sum { return sum(k.Sum(nil)) }
