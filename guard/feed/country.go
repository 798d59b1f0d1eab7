package feed

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/oschwald/maxminddb-golang/v2"
)

// readCountries reads a database in the format of MaxMind into a table of
// countries by their numbers. The database itself is let go of: addresses are
// looked up in the table, which holds no bytes of a file that somebody may
// replace. The time is when it was made, by its own word; zero where it does not
// say so.
func readCountries(data []byte) (*table, time.Time, error) {
	none := time.Time{}
	if t := misfit(data); t != nil {
		return nil, none, t
	}
	db, err := maxminddb.OpenBytes(data)
	if err != nil {
		return nil, none, err
	}
	defer db.Close()
	b := &builder{}
	for result := range db.Networks() {
		if err := result.Err(); err != nil {
			return nil, none, err
		}
		var code string
		if err := result.DecodePath(&code, "country", "iso_code"); err != nil {
			return nil, none, err
		}
		if code == "" { // where nobody lives, the one that registered it
			if err := result.DecodePath(&code, "registered_country", "iso_code"); err != nil {
				return nil, none, err
			}
		}
		if n := number(code); n != 0 {
			b.prefix(unmapped(result.Prefix()), n)
		}
		if b.len() > MaxEntries {
			return nil, none, errors.New("it has too many networks")
		}
	}
	if b.len() == 0 {
		return nil, none, trouble(fmt.Sprintf("the database, %.60q, has no countries", db.Metadata.DatabaseType), anotherDatabase)
	}
	return b.build(), made(db.Metadata.BuildEpoch), nil
}

// made is a time as databases write it, zero for one that cannot be.
func made(seconds uint) time.Time {
	if seconds == 0 || seconds > 1<<40 {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}

// number is a country as two letters (ISO 3166-1 alpha-2), 0 for none.
func number(code string) uint16 {
	if len(code) != 2 || code[0] < 'A' || code[0] > 'Z' || code[1] < 'A' || code[1] > 'Z' {
		return 0
	}
	return 1 + uint16(code[0]-'A')*26 + uint16(code[1]-'A')
}

// codes are the names of all numbers, so that none is made for a call.
var codes = func() (t [1 + 26*26]string) {
	for i := range 26 * 26 {
		t[1+i] = string([]byte{byte('A' + i/26), byte('A' + i%26)})
	}
	return t
}()

// unmapped is a network of IPv4 as such.
func unmapped(p netip.Prefix) netip.Prefix {
	if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	return p
}
