-- The catalog. It can always be made again from the archives; only runs, checks, damage and episodes are its own.
-- A row of `version` is one state of one path, from the backup of `first_at` to that of `last_at`
-- (seconds since 1970; NULL: still so in the newest backup that collected its source). An unchanged file
-- costs nothing, however many backups list it. A path is stored with NUL instead of '/', so that the key's
-- order is the walk's order.
CREATE TABLE chain (
    id INTEGER PRIMARY KEY,
    computer_id TEXT NOT NULL,
    computer TEXT NOT NULL,
    plan TEXT NOT NULL,
    UNIQUE (computer_id, plan)
);
CREATE TABLE place (
    id INTEGER PRIMARY KEY,
    path BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    home INTEGER NOT NULL
);
CREATE TABLE archive (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    chain INTEGER NOT NULL,
    backup_name TEXT NOT NULL,
    at INTEGER NOT NULL,
    part INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    sha256 BLOB NOT NULL
);
CREATE TABLE copy (
    archive INTEGER NOT NULL,
    place INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (archive, place)
) WITHOUT ROWID;
CREATE TABLE backup (
    id INTEGER PRIMARY KEY,
    chain INTEGER NOT NULL,
    name TEXT NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    time TEXT NOT NULL,
    stored_bytes INTEGER NOT NULL,
    complete INTEGER NOT NULL,
    list_known INTEGER NOT NULL DEFAULT 1,
    problem_count INTEGER NOT NULL,
    sources TEXT NOT NULL,
    problems TEXT NOT NULL,
    UNIQUE (chain, at)
);
CREATE TABLE needs (
    backup INTEGER NOT NULL,
    archive INTEGER NOT NULL,
    PRIMARY KEY (backup, archive)
) WITHOUT ROWID;
CREATE TABLE owner (
    id INTEGER PRIMARY KEY,
    uid INTEGER NOT NULL,
    gid INTEGER NOT NULL,
    user TEXT NOT NULL,
    grp TEXT NOT NULL,
    UNIQUE (uid, gid, user, grp)
);
CREATE TABLE version (
    chain INTEGER NOT NULL,
    path BLOB NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER,
    described_in INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    mode INTEGER NOT NULL,
    owner INTEGER NOT NULL,
    mtime_secs INTEGER NOT NULL,
    mtime_nanos INTEGER NOT NULL,
    ctime_secs INTEGER NOT NULL,
    ctime_nanos INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    size INTEGER NOT NULL,
    archive INTEGER,
    tar_offset INTEGER,
    stored_bytes INTEGER,
    sha256 BLOB,
    target BLOB,
    xattrs BLOB,
    patch BLOB,
    PRIMARY KEY (chain, path, first_at)
) WITHOUT ROWID;
CREATE INDEX version_content ON version (substr(sha256, 1, 8)) WHERE sha256 IS NOT NULL;
CREATE INDEX version_size ON version (size) WHERE size > 1048576;
CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    plan TEXT NOT NULL,
    started INTEGER NOT NULL,
    finished INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    message TEXT NOT NULL,
    backup TEXT
);
CREATE TABLE verified (
    id INTEGER PRIMARY KEY,
    archive TEXT NOT NULL,
    at INTEGER NOT NULL,
    how TEXT NOT NULL,
    good INTEGER NOT NULL
);
CREATE TABLE damage (
    archive TEXT NOT NULL,
    path TEXT NOT NULL,
    tar_offset INTEGER,
    message TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (archive, path)
) WITHOUT ROWID;
CREATE TABLE episode (
    id INTEGER PRIMARY KEY,
    rule TEXT NOT NULL,
    plan TEXT NOT NULL,
    thing TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    closed_at INTEGER,
    state TEXT NOT NULL,
    message TEXT NOT NULL
);
CREATE UNIQUE INDEX episode_open ON episode (rule, plan, thing) WHERE closed_at IS NULL;
