package config

import (
	"time"

	"github.com/gatehouse-api/gatehouse/trust"
)

// Store is where the gate keeps what outlives it: API keys, revocations, owners of objects. One gate keeps them in a file of SQLite; several share a PostgreSQL. Without any of the two it is SQLite.
type Store struct {
	Place
	// SQLite keeps everything in one file.
	SQLite *SQLiteStore `key:"sqlite,example={path: /var/lib/gatehouse/gatehouse.db}"`
	// Postgres keeps everything in a database that several gates share.
	Postgres *PostgresStore `key:"postgres,example={url: \"${env:GATEHOUSE_DATABASE}\"}"`
	// Timeout bounds each question to the store. One that is not answered in time is refused as one whose answer is not known.
	Timeout time.Duration `key:"timeout,default=5s,min=100ms,max=1m"`
	// MaxStale is how long what was taken back is taken for known while the store cannot be asked. After that no credential can be verified, and calls that need one are refused for the moment.
	MaxStale time.Duration `key:"max_stale,default=5m,min=1s,max=7d"`
	// MaxConnections is how many connections to the store may be open at once.
	MaxConnections int `key:"max_connections,default=8,min=2,max=1000"`
	// MaxObjects is of how many objects the gate knows the owner at once, each in 64 bytes of memory. Nothing is forgotten to make room: further objects are ones that nobody is known to own.
	MaxObjects int `key:"max_objects,default=2000000,min=1000,max=100000000"`
}

// SQLiteStore is a store in one file.
type SQLiteStore struct {
	Place
	// Path is the file. It and its folder are made when they are missing; the folder is the gate's own.
	Path File `key:"path,absent=state/gatehouse.db,example=/var/lib/gatehouse/gatehouse.db"`
}

// PostgresStore is a store in a database of PostgreSQL.
type PostgresStore struct {
	Place
	// URL is that of the database, postgres://user:password@host/database?sslmode=verify-full. It is a secret: refer to it by ${env:NAME} or ${file:PATH}.
	URL trust.Secret `key:"url,required,example=${env:GATEHOUSE_DATABASE}"`
}

// storePath is where SQLite's file is when nothing is said.
const storePath = "state/gatehouse.db"

// store holds what is said of the store together, and fills in where it is.
func (d *decoder) store(c *Config) {
	s := c.Store
	for i := range c.Credentials {
		if k := &c.Credentials[i]; k.Keys != nil && !k.At("keys").has("pepper") && !c.Trust.has("keys_file") {
			d.add("pepper-needed", k.At("keys").node, "add pepper: ${file:pepper.txt}, or have the gate keep keys of its own: trust: {keys_file: ..., key: ...}", "there is no secret to hash keys with")
		}
	}
	if s == nil {
		for i := range c.Credentials {
			if k := &c.Credentials[i]; k.Keys != nil {
				d.add("store-needed", k.At("keys").node, "add store: {} at the top of the file, which keeps them in "+storePath, "API keys are kept in a store, and there is none")
			}
		}
		return
	}
	switch {
	case s.SQLite != nil && s.Postgres != nil:
		d.add("store-twice", s.At("postgres").node, "remove sqlite or postgres", "there is one store, and two are described")
	case s.Postgres == nil && s.SQLite == nil:
		s.SQLite = &SQLiteStore{Place: s.Place}
	}
	if s.SQLite != nil && s.SQLite.Path == "" && !s.SQLite.has("path") {
		s.SQLite.Path = File(d.path(storePath))
	}
}
