-- login_taken is the login of an account that was ever approved, NULL of a
-- sign-up: sign-ups may want one that is taken, and are not told.
CREATE TABLE IF NOT EXISTS user (
  id TEXT NOT NULL PRIMARY KEY,
  locks INTEGER NOT NULL,
  login TEXT NOT NULL,
  login_taken TEXT NULL UNIQUE,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  phone TEXT NOT NULL,
  organisation TEXT NOT NULL,
  certificate TEXT NOT NULL,
  password TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  demo INTEGER NOT NULL,
  wanted TEXT NOT NULL,
  role TEXT NOT NULL,
  hospital TEXT NOT NULL,
  regions TEXT NOT NULL,
  version INTEGER NOT NULL,
  cut TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  decided_at INTEGER NOT NULL,
  decided_by TEXT NOT NULL,
  seen_at INTEGER NOT NULL,
  revision INTEGER NOT NULL
) STRICT;
--bun:split
CREATE INDEX IF NOT EXISTS user_login ON user (login, id);
--bun:split
CREATE INDEX IF NOT EXISTS user_state ON user (state, id);
--bun:split
CREATE TABLE IF NOT EXISTS session (
  id TEXT NOT NULL PRIMARY KEY,
  locks INTEGER NOT NULL,
  account TEXT NOT NULL,
  unit TEXT NOT NULL,
  level INTEGER NOT NULL,
  level_at INTEGER NOT NULL,
  used_level INTEGER NOT NULL,
  version INTEGER NOT NULL,
  cut TEXT NOT NULL,
  ended TEXT NOT NULL,
  origin TEXT NOT NULL,
  agent TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL
) STRICT;
--bun:split
CREATE INDEX IF NOT EXISTS session_account ON session (account, ended, id);
--bun:split
CREATE INDEX IF NOT EXISTS session_used_at ON session (used_at);
--bun:split
-- hash: SHA-256 of a refresh token.
CREATE TABLE IF NOT EXISTS refresh_token (
  session TEXT NOT NULL,
  hash TEXT NOT NULL,
  level INTEGER NOT NULL,
  PRIMARY KEY (session, hash)
) STRICT;
--bun:split
CREATE TABLE IF NOT EXISTS api_key (
  id TEXT NOT NULL PRIMARY KEY,
  locks INTEGER NOT NULL,
  name TEXT NOT NULL,
  hash TEXT NOT NULL,
  scopes TEXT NOT NULL,
  hospital TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  revoked_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL
) STRICT;
--bun:split
-- Tries of passwords; name is a hash.
CREATE TABLE IF NOT EXISTS guess (
  name TEXT NOT NULL PRIMARY KEY,
  tries INTEGER NOT NULL,
  wait_until INTEGER NOT NULL,
  tried_at INTEGER NOT NULL
) STRICT;
--bun:split
CREATE INDEX IF NOT EXISTS guess_tried_at ON guess (tried_at);
