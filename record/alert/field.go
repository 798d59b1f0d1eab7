package alert

import (
	"encoding/binary"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Field is what events may be told apart by, or counted.
type Field string

// The fields. An event that has none of one is passed over by rules that name it.
const (
	Address   Field = "address" // the client's network, or the pseudonym of its address
	Caller    Field = "caller"  // by pseudonym, or by the hash of the guard of objects
	Account   Field = "account"
	Country   Field = "country"
	API       Field = "api"
	Operation Field = "operation"
	Code      Field = "code"
	Kind      Field = "kind"
	Class     Field = "class"
	JA4       Field = "ja4"
)

// Fields are all of them.
var Fields = []Field{Address, Caller, Account, Country, API, Operation, Code, Kind, Class, JA4}

// appendKey appends what an event says in a field, so that two that say the same
// are equal. It returns false when the event says nothing there.
func (f Field) appendKey(b []byte, e *gate.Event) ([]byte, bool) {
	text := func(s string) ([]byte, bool) { return append(append(b, s...), 0), s != "" }
	switch f {
	case Address:
		if !e.Address.IsZero() {
			return append(append(b, e.Address[:]...), 255), true
		}
		if !e.Client.IsValid() {
			return b, false
		}
		a := e.Client.Addr().As16()
		return append(append(b, a[:]...), byte(e.Client.Bits())), true
	case Account:
		return append(b, e.Account[:]...), !e.Account.IsZero()
	case Caller:
		if !e.Principal.IsZero() {
			return append(b, e.Principal[:]...), true
		}
		return binary.BigEndian.AppendUint64(b, e.Caller), e.Caller != 0
	case Country:
		return text(e.Country)
	case API:
		return text(e.API)
	case Operation:
		b = append(append(b, e.API...), 0)
		return text(e.Operation)
	case Code:
		return append(b, byte(e.Code)), e.Denied
	case Kind:
		return text(e.Kind)
	case Class:
		return text(e.Finding.Class)
	case JA4:
		return text(e.JA4)
	}
	return b, false
}

// copyTo has an alert say what an event says in a field.
func (f Field) copyTo(to, e *gate.Event) {
	switch f {
	case Address:
		to.Client, to.Address = e.Client, e.Address
	case Caller:
		to.Caller, to.Principal = e.Caller, e.Principal
	case Account:
		to.Account = e.Account
	case Country:
		to.Country = e.Country
	case API:
		to.API = e.API
	case Operation:
		to.API, to.Operation, to.Method, to.Path = e.API, e.Operation, e.Method, e.Path
	case Code:
		to.Denied, to.Code = e.Denied, e.Code
	case Kind:
		to.Kind = e.Kind
	case Class:
		to.Finding.Class = e.Finding.Class
	case JA4:
		to.JA4 = e.JA4
	}
}
