package jose

import "math/big"

// rocaPrimes are primes modulo which a random number is seldom a power of
// 65537; moduli of the weak library always are.
var rocaPrimes = []int64{11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157}

// roca reports whether a modulus has the mark of the weak RSA keys of
// CVE-2017-15361 (Nemec and others, "The Return of Coppersmith's Attack",
// section 2.3). A sound key has it by chance once in about 2^27.
func roca(n *big.Int) bool {
	for _, p := range rocaPrimes {
		rest := new(big.Int).Mod(n, big.NewInt(p)).Int64()
		power, found := int64(1), false
		for range p - 1 {
			if found = power == rest; found {
				break
			}
			power = power * 65537 % p
		}
		if !found {
			return false
		}
	}
	return true
}
