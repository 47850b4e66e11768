-- What must outlive a process. One database file, one writer at a time.

-- Ids that were claimed, until they expire.
CREATE TABLE claims (
    id BLOB NOT NULL PRIMARY KEY,
    -- Seconds since 1970-01-01 UTC.
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX claims_by_expiry ON claims (expires);

-- Claims that expire at or before this second may have been removed: they are never fresh again. One row.
CREATE TABLE horizon (
    seconds INTEGER NOT NULL
) STRICT;
INSERT INTO horizon VALUES (0);

-- The audit log, from position 0 on.
CREATE TABLE entries (
    position INTEGER NOT NULL PRIMARY KEY,
    entry BLOB NOT NULL
) STRICT;

-- The checkpoint that was published last. One row; without a note there was none.
CREATE TABLE checkpoint (
    size INTEGER NOT NULL,
    note TEXT
) STRICT;
INSERT INTO checkpoint VALUES (0, NULL);

-- The tiles of that checkpoint (C2SP tlog-tiles).
CREATE TABLE tiles (
    level INTEGER NOT NULL,
    place INTEGER NOT NULL,
    hashes BLOB NOT NULL,
    PRIMARY KEY (level, place)
) STRICT, WITHOUT ROWID;
