package testdata

import (
	"bytes"
	"fmt"
	"strings"
)

// orderSchema is the schema of an order: patterns, enumerations, bounds and
// closed objects, as an ordinary API has them. %s stands where the dialects
// differ: how a bound is made exclusive and how null is allowed.
const orderSchema = `{
  "type": "object",
  "additionalProperties": false,
  "required": ["id", "customer", "currency", "status", "items", "total"],
  "properties": {
    "id": {"type": "string", "pattern": "^ord_[0-9a-f]{16}$"},
    "customer": {
      "type": "object",
      "additionalProperties": false,
      "required": ["id", "email"],
      "properties": {
        "id": {"type": "integer", "minimum": 1},
        "email": {"type": "string", "minLength": 3, "maxLength": 254},
        "name": {"type": "string", "maxLength": 80},
        "vip": {"type": "boolean"}
      }
    },
    "currency": {"type": "string", "enum": ["EUR", "USD", "GBP", "CHF"]},
    "status": {"type": "string", "enum": ["new", "paid", "packed", "sent", "done"]},
    "created": {"type": "string", "format": "date-time"},
    "address": {
      "type": "object",
      "additionalProperties": false,
      "required": ["street", "city", "postcode", "country"],
      "properties": {
        "street": {"type": "string", "minLength": 1, "maxLength": 100},
        "city": {"type": "string", "minLength": 1, "maxLength": 60},
        "postcode": {"type": "string", "pattern": "^[0-9A-Z]{3,10}$"},
        "country": {"type": "string", "pattern": "^[A-Z]{2}$"}
      }
    },
    "items": {
      "type": "array",
      "minItems": 1,
      "maxItems": 10000,
      "items": {
        "type": "object",
        "additionalProperties": false,
        "required": ["sku", "quantity", "price"],
        "properties": {
          "sku": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{5}$"},
          "quantity": {"type": "integer", "minimum": 1, "maximum": 999},
          "price": {"type": "number", %s}
        }
      }
    },
    "coupon": {%s, "maxLength": 20},
    "note": {"type": "string", "maxLength": 500},
    "total": {"type": "number", "minimum": 0}
  }
}`

// OrderSchema30 returns the schema of an order in the OpenAPI 3.0 dialect.
func OrderSchema30() []byte {
	return fmt.Appendf(nil, orderSchema, `"minimum": 0, "exclusiveMinimum": true, "maximum": 100000`, `"type": "string", "nullable": true`)
}

// OrderSchema31 returns the same schema in JSON Schema draft 2020-12.
func OrderSchema31() []byte {
	return fmt.Appendf(nil, orderSchema, `"exclusiveMinimum": 0, "maximum": 100000`, `"type": ["string", "null"]`)
}

// Order returns a valid order of at least size bytes and at most one item
// more; 1024 gives 13 items and 55 scalars. The smallest has one item.
func Order(size int) []byte {
	const head = `{"id":"ord_0123456789abcdef","customer":{"id":48213,"email":"ada.lovelace@example.com","name":"Ada Lovelace","vip":true},` +
		`"currency":"EUR","status":"paid","created":"2026-03-01T12:30:45Z",` +
		`"address":{"street":"12 St James's Square","city":"London","postcode":"SW1Y4JH","country":"GB"},"items":[`
	const tail = `],"coupon":null,"note":"Leave it with the porter, who is in from eight to noon; after that please ring at number 14, second floor, on the left.","total":1234.56}`
	var b bytes.Buffer
	b.WriteString(head)
	for i := 0; ; i++ {
		item := fmt.Sprintf(`{"sku":"AB-%05d","quantity":%d,"price":%d.%02d}`, 10000+i*37%90000, 1+i%9, 10+i%80, i*7%100)
		b.WriteString(item)
		if b.Len()+len(tail) >= size {
			break
		}
		b.WriteByte(',')
	}
	b.WriteString(tail)
	return b.Bytes()
}

// Indented returns doc, JSON without blanks, laid out over lines as people do.
func Indented(doc []byte) []byte {
	var b bytes.Buffer
	depth, quoted, escaped := 0, false, false
	line := func() { b.WriteString("\n" + strings.Repeat("  ", depth)) }
	for _, c := range doc {
		switch {
		case quoted:
			quoted = c != '"' || escaped
			escaped = c == '\\' && !escaped
		case c == '"':
			quoted = true
		case c == '}' || c == ']':
			depth--
			line()
		}
		b.WriteByte(c)
		switch {
		case quoted:
		case c == '{' || c == '[':
			depth++
			line()
		case c == ',':
			line()
		case c == ':':
			b.WriteByte(' ')
		}
	}
	return b.Bytes()
}
