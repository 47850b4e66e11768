-- What must outlive a process. Many processes, one database.

-- Ids that were claimed, until they expire.
CREATE TABLE claims (
    id bytea NOT NULL PRIMARY KEY,
    -- Seconds since 1970-01-01 UTC.
    expires bigint NOT NULL
);
CREATE INDEX claims_by_expiry ON claims (expires);

-- Claims that expire at or before this second may have been removed: they are never fresh again. One row.
CREATE TABLE horizon (
    seconds bigint NOT NULL
);
INSERT INTO horizon VALUES (0);

-- The audit log, from position 0 on.
CREATE TABLE entries (
    position bigint NOT NULL PRIMARY KEY,
    entry bytea NOT NULL
);

-- How many entries there are. One row, whose lock puts the processes that append in order: a sequence would leave gaps.
CREATE TABLE log (
    size bigint NOT NULL
);
INSERT INTO log VALUES (0);

-- The checkpoint that was published last. One row; without a note there was none.
CREATE TABLE checkpoint (
    size bigint NOT NULL,
    note text
);
INSERT INTO checkpoint VALUES (0, NULL);

-- The tiles of that checkpoint (C2SP tlog-tiles).
CREATE TABLE tiles (
    level smallint NOT NULL,
    place bigint NOT NULL,
    hashes bytea NOT NULL,
    PRIMARY KEY (level, place)
);

-- Claims a batch, and tells which ids nobody had claimed, and the horizon.
--
-- Why the horizon is read after the insertion: whoever forgets commits the new horizon first and removes rows only in a later
-- transaction. An id that could be inserted because its row had just been removed was inserted after that horizon was committed.
-- Each statement of a volatile function takes a snapshot of its own under READ COMMITTED, so that the second statement
-- sees this horizon, and the claim is told to be forgotten. No lock is needed, and claims never wait for the removal.
-- That the first statement looks at the horizon too only spares rows.
--
-- Why the ids are sorted: two batches that have two ids in common wait for each other in one direction only.
CREATE FUNCTION claim(offered_ids bytea[], offered_expires bigint[], OUT fresh bytea[], OUT horizon_seconds bigint)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    WITH inserted AS (
        INSERT INTO claims (id, expires)
        SELECT offered.id, offered.expires
        FROM unnest(offered_ids, offered_expires) AS offered (id, expires)
        WHERE offered.expires > (SELECT seconds FROM horizon)
        ORDER BY offered.id
        ON CONFLICT DO NOTHING
        RETURNING claims.id
    )
    SELECT coalesce(array_agg(inserted.id), '{}') INTO fresh FROM inserted;
    SELECT seconds INTO STRICT horizon_seconds FROM horizon;
END
$$;
