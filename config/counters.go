package config

import (
	"time"

	"github.com/gatehouse-api/gatehouse/trust"
)

// Counters is a server of Redis, or of Valkey, in which gates count together what is limited for all of them.
type Counters struct {
	Place
	// Addresses are host:port of the server, and of its replicas if there are any: the gate finds out which is the primary. With sentinel they are those of the sentinels, with cluster those of some nodes of the cluster.
	Addresses []string `key:"addresses,required,min=1,max=16,form=address,example=[\"127.0.0.1:6379\"]"`
	// Sentinel is the name that the sentinels give to the primary which they watch.
	Sentinel string `key:"sentinel,form=name,example=gates"`
	// Cluster says that the servers are a cluster.
	Cluster bool `key:"cluster"`
	// Gates is how many gates share the server, at most. Clients are told what that may let through beyond a limit, and a limit that is degraded while the server does not answer has each gate count its part.
	Gates int `key:"gates,required,min=1,max=1000,example=3"`
	// Pepper is the secret with which the names of counters are hashed, so that the server learns neither addresses nor who calls. It is at least 32 characters long, and the same at all gates.
	Pepper trust.Secret `key:"pepper,required,example=${file:pepper.txt}"`
	// User is the name by which the server knows the gate, where it has several.
	User string `key:"user,form=name,example=gatehouse"`
	// Password is what the gate shows the server.
	Password trust.Secret `key:"password,example=${env:REDIS_PASSWORD}"`
	// TLS has the gate speak TLS with the server. Without it, it speaks in plain text.
	TLS *CountersTLS `key:"tls,example={server_name: redis.internal}"`
	// Database is the number of the database. A cluster has 0 alone.
	Database int `key:"database,default=0,min=0,max=9999"`
	// Prefix is what the names of all keys begin with, which end by themselves. The gates that count together have the same.
	Prefix string `key:"prefix,default=gatehouse,form=name"`
	// Timeout is how long a call waits for the server at most. Most calls do not ask it.
	Timeout time.Duration `key:"timeout,default=5ms,min=1ms,max=1s"`
	// SlicePermille is how much of a limit a gate takes at a time to spend it in memory, in thousandths. With 0 it asks for every call.
	SlicePermille int `key:"slice_permille,default=20,min=0,max=20"`
}

// CountersTLS is how TLS is spoken with the server of counters.
type CountersTLS struct {
	Place
	// CA is a PEM file with the authorities that may vouch for the server's certificate, instead of the system's.
	CA File `key:"ca,example=redis-ca.pem"`
	// ServerName is the name that the server's certificate must have, instead of the host of its address.
	ServerName string `key:"server_name,form=host,example=redis.internal"`
}

// counters holds what is said of the server together.
func (d *decoder) counters(c *Config) {
	s := c.Counters
	if s == nil {
		return
	}
	if s.Sentinel != "" && s.Cluster {
		d.add("counters-kind", s.At("cluster").node, "remove one of them", "sentinels watch a primary, and a cluster has several")
	}
	if s.Cluster && s.Database != 0 {
		d.add("counters-kind", s.At("database").node, "remove it", "a cluster has no database but 0")
	}
	if n := len(s.Pepper.Reveal()); n > 0 && n < leastPepper {
		d.add("pepper-short", s.At("pepper").node, "make one with: openssl rand -base64 32", "the pepper has %d characters, and must have %d", n, leastPepper)
	}
	for i, a := range s.Addresses {
		if host, _, ok := cutPort(a); ok && s.TLS == nil && !loopback(host) {
			d.warn("counters-plain", s.At("addresses").Item(i).node, "add tls: {}, unless the network between is yours alone", "the password and all counts travel in plain text")
			break
		}
	}
}
