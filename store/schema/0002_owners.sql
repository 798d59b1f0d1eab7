-- Who owns an object: keyed hashes, so that the table tells nobody which objects
-- there are.
CREATE TABLE owners (
	object BLOB NOT NULL PRIMARY KEY,
	owner BLOB NOT NULL,
	learned INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
