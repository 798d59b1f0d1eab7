-- Who changed what. A row is written in the transaction of its change, whose
-- number it has.
CREATE TABLE audit (
	number INTEGER NOT NULL PRIMARY KEY,
	made INTEGER NOT NULL,
	author TEXT NOT NULL,
	operation TEXT NOT NULL,
	subject TEXT NOT NULL
) STRICT;
