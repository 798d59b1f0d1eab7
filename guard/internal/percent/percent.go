// Package percent reads octets that stand as a percent sign and two hexadecimal
// digits (RFC 3986 section 2.1). Guards that look into paths and hosts import it;
// it knows nothing of where the text stands.
package percent

// Octet returns what stands at i of b, and true where it is a percent sign with
// two digits. It allocates nothing.
func Octet[T ~string | ~[]byte](b T, i int) (c byte, ok bool) {
	if i+2 >= len(b) || b[i] != '%' {
		return 0, false
	}
	high, low := digit(b[i+1]), digit(b[i+2])
	return high<<4 | low, high < 16 && low < 16
}

// digit is the value of a digit, 16 for what is none.
func digit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 16
}
