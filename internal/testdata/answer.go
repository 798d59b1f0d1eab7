package testdata

import "bytes"

// OpenOrderSchema30 returns the schema of an order as most contracts have it,
// which say nothing of further properties.
func OpenOrderSchema30() []byte {
	return bytes.ReplaceAll(OrderSchema30(), []byte(`"additionalProperties": false,`), nil)
}

// Leaky returns a valid order of at least size bytes with properties that its
// schema does not name, as an API sends them that writes out what its database
// has: one in each item and two more.
func Leaky(size int) []byte {
	for n := size * 2 / 3; ; n += size/32 + 1 {
		doc := bytes.ReplaceAll(Order(n), []byte(`,"price":`), []byte(`,"cost_price":12.5,"price":`))
		doc = bytes.Replace(doc, []byte(`"currency":`), []byte(`"password_hash":"$2a$10$N9qo8uLOickgx2ZMRZoMye","_rev":{"n":7},"currency":`), 1)
		if len(doc) >= size {
			return doc
		}
	}
}
