-- By whose clock what was revoked until a time was issued: 1 when the one that
-- says the time says that of the tokens, too.
ALTER TABLE revocations ADD COLUMN same_clock INTEGER NOT NULL DEFAULT 0;
