-- Who owns an object: keyed hashes, so that the table tells nobody which objects
-- there are.
CREATE TABLE owners (
	object BLOB NOT NULL PRIMARY KEY,
	owner BLOB NOT NULL, -- empty: the object is gone
	version INTEGER NOT NULL, -- of the key of the hashes
	changed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX owners_changed ON owners (changed, object);
