package otlp

import (
	"encoding/binary"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// A message is appended field by field, with the numbers of opentelemetry-proto
// 1.x, whose names stand beside them.

// open begins a message in field n; shut ends it.
func open(b []byte, n protowire.Number) (begun []byte, at int) {
	b = append(protowire.AppendTag(b, n, protowire.BytesType), 0)
	return b, len(b)
}

// shut writes the length of the message that began at.
func shut(b []byte, at int) []byte {
	n := len(b) - at
	if more := protowire.SizeVarint(uint64(n)) - 1; more > 0 {
		b = append(b, make([]byte, more)...)
		copy(b[at+more:], b[at:at+n])
	}
	protowire.AppendVarint(b[:at-1], uint64(n))
	return b
}

func addText(b []byte, n protowire.Number, s string) []byte {
	if s == "" {
		return b
	}
	return protowire.AppendString(protowire.AppendTag(b, n, protowire.BytesType), s)
}

func addBytes(b []byte, n protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), v)
}

func addNumber(b []byte, n protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), v)
}

func addFixed64(b []byte, n protowire.Number, v uint64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(b, n, protowire.Fixed64Type), v)
}

func addFixed32(b []byte, n protowire.Number, v uint32) []byte {
	return protowire.AppendFixed32(protowire.AppendTag(b, n, protowire.Fixed32Type), v)
}

func addDouble(b []byte, n protowire.Number, v float64) []byte {
	return addFixed64(b, n, math.Float64bits(v))
}

// addPacked adds a list of numbers of 64 bits.
func addPacked(b []byte, n protowire.Number, list []uint64) []byte {
	b, at := open(b, n)
	for _, v := range list {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return shut(b, at)
}

// attributes adds key and value pairs to the field n of the message that it
// appends to.
type attributes struct {
	b []byte
	n protowire.Number
}

// text adds one of text; none for none.
func (a *attributes) text(key, value string) {
	if value != "" {
		a.value(key, func(b []byte) []byte { return addText(b, 1, value) }) // AnyValue.string_value
	}
}

func (a *attributes) number(key string, value int64) {
	a.value(key, func(b []byte) []byte { return addNumber(b, 3, uint64(value)) }) // AnyValue.int_value
}

func (a *attributes) double(key string, value float64) {
	a.value(key, func(b []byte) []byte { return addDouble(b, 4, value) }) // AnyValue.double_value
}

func (a *attributes) truth(key string, value bool) {
	a.value(key, func(b []byte) []byte { return addNumber(b, 2, protowire.EncodeBool(value)) }) // AnyValue.bool_value
}

// list adds one of several texts; none for none.
func (a *attributes) list(key string, n int, item func(i int) string) {
	if n == 0 {
		return
	}
	a.value(key, func(b []byte) []byte {
		b, at := open(b, 5) // AnyValue.array_value
		for i := range n {
			var value int
			b, value = open(b, 1) // ArrayValue.values
			b = shut(addText(b, 1, item(i)), value)
		}
		return shut(b, at)
	})
}

func (a *attributes) value(key string, add func(b []byte) []byte) {
	b, pair := open(a.b, a.n)
	b, value := open(addText(b, 1, key), 2) // KeyValue.key, value
	a.b = shut(shut(add(b), value), pair)
}
