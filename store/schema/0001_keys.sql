-- Written for SQLite; package store turns the types into PostgreSQL's words.
-- Times are milliseconds since 1970, 0 for never. Lists are lines of text.

-- The one row whose number grows with every change that others follow. epoch is
-- the name of this store: a restored one has another.
CREATE TABLE changes (
	only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
	number INTEGER NOT NULL,
	epoch TEXT NOT NULL
) STRICT;
INSERT INTO changes (only_row, number, epoch) VALUES (1, 0, '');

CREATE TABLE api_keys (
	id TEXT NOT NULL PRIMARY KEY,
	environment TEXT NOT NULL,
	name TEXT NOT NULL,
	hash BLOB NOT NULL, -- HMAC-SHA-256 of the whole key
	pepper TEXT NOT NULL, -- names the key of the HMAC
	issuer TEXT NOT NULL,
	subject TEXT NOT NULL,
	tenant TEXT NOT NULL,
	client TEXT NOT NULL,
	scopes TEXT NOT NULL,
	roles TEXT NOT NULL,
	operations TEXT NOT NULL,
	addresses TEXT NOT NULL,
	created INTEGER NOT NULL,
	expires INTEGER NOT NULL,
	revoked INTEGER NOT NULL,
	successor TEXT NOT NULL, -- id of the key that took its place
	used INTEGER NOT NULL,
	changed INTEGER NOT NULL
) STRICT;
CREATE INDEX api_keys_changed ON api_keys (changed);

CREATE TABLE revocations (
	kind TEXT NOT NULL, -- token, session, subject, client, credential
	issuer TEXT NOT NULL, -- '' for all
	value TEXT NOT NULL,
	revoked INTEGER NOT NULL, -- what was issued until then is void
	expires INTEGER NOT NULL, -- the row is not needed from then on
	changed INTEGER NOT NULL,
	PRIMARY KEY (kind, issuer, value)
) STRICT;
CREATE INDEX revocations_changed ON revocations (changed);
CREATE INDEX revocations_expires ON revocations (expires);

CREATE TABLE settings (
	name TEXT NOT NULL PRIMARY KEY,
	value BLOB NOT NULL,
	changed INTEGER NOT NULL
) STRICT;
