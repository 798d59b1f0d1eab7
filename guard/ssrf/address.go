package ssrf

import "net/netip"

// reserved are networks of IPv4 that are no public host's: what the registry of
// special-purpose addresses (RFC 6890) has, and addresses at which platforms
// answer their own machines.
var reserved = networks(
	"0.0.0.0/8",        // this network (RFC 791 section 3.2)
	"10.0.0.0/8",       // private (RFC 1918)
	"100.64.0.0/10",    // carrier-grade NAT (RFC 6598), with 100.100.100.200 of one cloud's metadata
	"127.0.0.0/8",      // loopback (RFC 1122 section 3.2.1.3)
	"168.63.129.16/32", // another cloud's services for its machines
	"169.254.0.0/16",   // link-local (RFC 3927), with 169.254.169.254 of most clouds' metadata
	"172.16.0.0/12",    // private (RFC 1918)
	"192.0.0.0/24",     // protocol assignments (RFC 6890), with 192.0.0.192 of a cloud's metadata
	"192.0.2.0/24",     // documentation (RFC 5737)
	"192.31.196.0/24",  // AS112 (RFC 7535)
	"192.52.193.0/24",  // AMT (RFC 7450)
	"192.88.99.0/24",   // relays of 6to4 (RFC 7526)
	"192.168.0.0/16",   // private (RFC 1918)
	"192.175.48.0/24",  // AS112 (RFC 7534)
	"198.18.0.0/15",    // benchmarks (RFC 2544)
	"198.51.100.0/24",  // documentation (RFC 5737)
	"203.0.113.0/24",   // documentation (RFC 5737)
	"224.0.0.0/4",      // multicast (RFC 5771)
	"240.0.0.0/4",      // reserved (RFC 1112 section 4), and broadcast
)

// reserved6 are those within the global unicast space of IPv6 (2000::/3, RFC
// 4291 section 2.4). What is not in that space is never public: loopback,
// unspecified, unique local with fd00:ec2::254, link-local, site-local,
// multicast, and IPv4 that is mapped or compatible.
var reserved6 = networks(
	"2001::/23",         // protocol assignments (RFC 2928), with Teredo (RFC 4380) and ORCHID
	"2001:db8::/32",     // documentation (RFC 3849)
	"2002::/16",         // 6to4 (RFC 3056), withdrawn, with IPv4 in it
	"2620:4f:8000::/48", // AS112 (RFC 7534)
	"3fff::/20",         // documentation (RFC 9637)
)

var (
	global = netip.MustParsePrefix("2000::/3")
	nat64  = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052 section 2.1
)

func networks(list ...string) (out []netip.Prefix) {
	for _, text := range list {
		out = append(out, netip.MustParsePrefix(text))
	}
	return out
}

// Public reports whether a is the address of a public host, as far as
// registries tell. What is not known to be public is not.
func Public(a netip.Addr) bool {
	switch {
	case !a.IsValid() || a.Zone() != "":
		return false
	case a.Is4():
		return !within(reserved, a)
	case nat64.Contains(a): // the last 32 bits are where it leads (RFC 6052 section 2.2)
		b := a.As16()
		return Public(netip.AddrFrom4([4]byte(b[12:])))
	}
	return global.Contains(a) && !within(reserved6, a)
}

func within(list []netip.Prefix, a netip.Addr) bool {
	for i := range list {
		if list[i].Contains(a) {
			return true
		}
	}
	return false
}
